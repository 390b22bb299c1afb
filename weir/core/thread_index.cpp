#include "weir/core/thread_index.hpp"

#include <bit>
#include <cstdint>
#include <mutex>

namespace weir::detail {
namespace {

std::mutex mutex;
std::uint64_t free_indexes = ((std::uint64_t{1} << (thread_shards - 1)) - 1) << 1;  // 1 to thread_shards - 1

// The lock orders what the former owner of an index wrote before what the next one reads.
struct Returner {
  std::size_t index = 0;
  ~Returner() {
    thread_index_value = 0;  // destructors that run later share shard 0
    if (index == 0) return;
    std::lock_guard lock(mutex);
    free_indexes |= std::uint64_t{1} << index;
  }
};

}  // namespace

thread_local constinit std::size_t thread_index_value = unassigned;

std::size_t assign_thread_index() noexcept {
  static thread_local Returner returner;
  std::lock_guard lock(mutex);
  if (free_indexes != 0) {
    returner.index = static_cast<std::size_t>(std::countr_zero(free_indexes));
    free_indexes &= free_indexes - 1;
  }
  return thread_index_value = returner.index;
}

}  // namespace weir::detail
