#include <unistd.h>

#include <array>

#include "weir/core/worker/call_wire.hpp"
#include "weir/core/worker/testing/lies.hpp"
#include "weir/core/worker/testing/test_worker.hpp"
#include "weir/core/worker/wire.hpp"

namespace weir::worker::test {

int hand_over_too_much() {
  const detail::Ready ready{.boxed = 1};
  constexpr std::array<int, 2> descriptors{STDIN_FILENO, STDOUT_FILENO};
  detail::send_datagram(detail::child_socket, std::as_bytes(std::span(&ready, 1)), {}, descriptors);
  ::pause();
  return 6;
}

int serve_lies(Child& child) {
  Message call, earlier;
  while (child.receive(call)) {
    if (call.type != static_cast<std::uint32_t>(detail::CallType::call)) continue;
    const auto asked = call.get<detail::CallBody>();
    Question question;
    std::memcpy(&question, asked.head.data(), sizeof question);
    detail::AnswerBody body;
    body.head_bytes = sizeof(Answer);
    Message answer;
    answer.type = static_cast<std::uint32_t>(detail::CallType::answer);
    answer.pool = detail::answer_pool;
    answer.slot = asked.answer_slot;
    answer.generation = asked.answer_generation;
    answer.sequence = call.sequence;
    switch (static_cast<Lie>(question.number)) {
      case Lie::slot: ++answer.slot; break;
      case Lie::slot_far_away: answer.slot = 0xffffffff; break;
      case Lie::generation: ++answer.generation; break;
      case Lie::earlier_generation: --answer.generation; break;
      case Lie::pool: answer.pool = detail::request_pool; break;
      case Lie::length: body.bytes = std::uint64_t{1} << 40; break;
      case Lie::sequence: --answer.sequence; break;
      case Lie::type: answer.type = 0xffffffff; break;
      case Lie::code:
        body.failed = 1;
        body.code = 0xffffffff;
        break;
      case Lie::head: body.head_bytes = 0xffffffff; break;
      case Lie::twice:
        answer.put(body);
        child.send(answer);
        break;
      default: break;
    }
    answer.put(body);
    child.send(answer);
  }
  return 0;
}

}  // namespace weir::worker::test
