// A small number for each running thread, so that counters can be kept per thread and added up when somebody asks.
#pragma once

#include <cstddef>

namespace weir {

// Shard 0 is shared by all threads beyond the others; the rest belong to one running thread each.
constexpr std::size_t thread_shards = 33;

namespace detail {
constexpr std::size_t unassigned = ~std::size_t{0};
extern thread_local constinit std::size_t thread_index_value;
std::size_t assign_thread_index() noexcept;
}  // namespace detail

// 0 to thread_shards - 1. Given at a thread's first call and free for another thread when it ends.
inline std::size_t thread_index() noexcept {
  const std::size_t index = detail::thread_index_value;
  return index != detail::unassigned ? index : detail::assign_thread_index();
}

}  // namespace weir
