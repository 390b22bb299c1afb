// What a call looks like on the ring. Both sides are of one build; what the child says is checked all the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "weir/core/pool.hpp"
#include "weir/core/worker/message.hpp"

namespace weir::worker::detail {

enum class CallType : std::uint32_t { take_pool = 1, call, cancel, answer };
static_assert(static_cast<std::uint32_t>(CallType::answer) < first_job_type);

enum CallPool : std::uint32_t { request_pool = 1, answer_pool = 2 };

constexpr std::size_t max_call_head = 128;
constexpr std::size_t slot_alignment = 64;

// With a pool's memory: Message::pool says which.
struct TakePool {
  std::uint64_t slot_bytes = 0, capacity = 0;
};
// Message::slot and ::generation: where the request lies.
struct CallBody {
  std::uint32_t answer_slot = 0, answer_generation = 0;  // where the answer may be written
  std::uint32_t head_bytes = 0, reserved = 0;
  std::uint64_t bytes = 0;
  std::array<std::byte, max_call_head> head{};
};
// Message::slot and ::generation: where the answer lies.
struct AnswerBody {
  std::uint32_t failed = 0;  // 1: `code`, and `head` is the text
  std::uint32_t code = 0;
  std::uint32_t head_bytes = 0, reserved = 0;
  std::uint64_t bytes = 0;
  std::array<std::byte, max_call_head> head{};
};

}  // namespace weir::worker::detail
