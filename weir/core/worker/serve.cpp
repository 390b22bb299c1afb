#include <algorithm>

#include "weir/core/worker/call.hpp"
#include "weir/core/worker/call_wire.hpp"

namespace weir::worker {
namespace {

using detail::AnswerBody;
using detail::CallBody;
using detail::CallType;

// One of the two pools, as this side sees it.
struct Slots {
  std::span<std::byte> memory;
  std::size_t slot_bytes = 0, capacity = 0;

  std::span<std::byte> at(std::uint32_t slot) const noexcept {
    if (slot >= capacity) return {};
    return memory.subspan(slot * Pool::stride_bytes(slot_bytes, detail::slot_alignment), slot_bytes);
  }
};

AnswerBody failure(const Error& error) {
  AnswerBody body;
  body.failed = 1;
  body.code = static_cast<std::uint32_t>(error.code);
  const std::string text = error.message();
  body.head_bytes = static_cast<std::uint32_t>(std::min(text.size(), body.head.size()));
  std::copy_n(std::as_bytes(std::span(text)).begin(), body.head_bytes, body.head.begin());
  return body;
}

AnswerBody success(const detail::RawAnswer& answer) {
  AnswerBody body;
  body.bytes = answer.bytes;
  body.head_bytes = static_cast<std::uint32_t>(answer.head.size());
  std::copy(answer.head.begin(), answer.head.end(), body.head.begin());
  return body;
}

}  // namespace

bool Asked::cancelled() noexcept {
  Message message;
  while (!cancelled_ && child_.try_receive(message)) {
    // One of an earlier question came after its answer had gone.
    cancelled_ = message.type == static_cast<std::uint32_t>(CallType::cancel) && message.sequence == sequence_;
  }
  return cancelled_;
}

Result<void> detail::serve_raw(Child& child, const RawHandler& handler) {
  std::array<Slots, 3> pools;
  Message message;
  while (child.receive(message)) {
    switch (static_cast<CallType>(message.type)) {
      case CallType::take_pool: {
        if (message.pool >= pools.size()) return fail(Code::corrupt, "a pool that nobody knows");
        auto memory = child.map();
        if (!memory) return tl::unexpected(memory.error());
        const auto shape = message.get<TakePool>();
        pools[message.pool] = {*memory, shape.slot_bytes, shape.capacity};
        break;
      }
      case CallType::call: {
        const auto call = message.get<CallBody>();
        const std::span<const std::byte> payload = pools[request_pool].at(message.slot).first(call.bytes);
        Asked asked(child, message.sequence);
        const Result<RawAnswer> answer = handler(
            {std::span(call.head).first(call.head_bytes), payload, pools[answer_pool].at(call.answer_slot)}, asked);
        Message said;
        said.type = static_cast<std::uint32_t>(CallType::answer);
        said.pool = answer_pool;
        said.slot = call.answer_slot;
        said.generation = call.answer_generation;
        said.sequence = message.sequence;
        said.put(answer ? success(*answer) : failure(answer.error()));
        if (!child.send(said)) return {};
        break;
      }
      default: break;  // a cancellation that came after its answer had gone
    }
  }
  return {};
}

}  // namespace weir::worker
