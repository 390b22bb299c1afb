// Caller: a worker that answers questions, one at a time; and serve(), which is what such a worker does.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <type_traits>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/exclusive.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"
#include "weir/core/worker/child.hpp"
#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/process.hpp"

namespace weir::worker {

struct CallerOptions {
  ProcessOptions process;
  std::vector<std::byte> job;             // handed to each worker that is started
  std::vector<int> descriptors;           // likewise; they stay the caller's and open
  std::size_t request_bytes = 0;          // the longest payload of a question
  std::size_t answer_bytes = 0;           // the longest of an answer
  std::size_t answers_held = 2;           // how many answers may be held at once, the one that is being made included
  Nanos grace = std::chrono::seconds(1);  // for a worker that is told to give up; then it is ended
};

namespace detail {
struct RawReply {
  std::vector<std::byte> head;
  Lease lease;
  std::size_t bytes = 0;
};
struct RawQuestion {
  std::span<const std::byte> head, payload;
  std::span<std::byte> room;
};
struct RawAnswer {
  std::vector<std::byte> head;
  std::size_t bytes = 0;
};
}  // namespace detail

// What came back. `payload()` lies in a leased slot, without a copy: the worker that wrote it still can, so what is
// checked must be copied first.
template <class Answer>
struct Reply {
  Answer head;
  Lease lease;
  std::size_t bytes = 0;
  std::span<const std::byte> payload() const noexcept {
    return lease ? std::span<const std::byte>(lease.bytes().first(bytes)) : std::span<const std::byte>();
  }
};

// The worker is started at the first call and again at the first one after its end. A question is one trivially
// copyable struct of at most 128 bytes and a payload; so is an answer.
// Thread-safety: call() from any thread; one is served, the others wait in line.  Allocates: yes.  Blocks: call(), the
// destructor, recycle().  Ownership: owns the worker and the pools; replies must not outlive it.
class Caller {
 public:
  static Result<std::unique_ptr<Caller>> make(CallerOptions options);
  ~Caller();

  // The time that a worker takes to start comes on top of the deadline; without one (`never`), a worker that hangs is
  // waited for until the stop. Errors: what the worker answered; unreachable
  // (no answer until the deadline: a worker that does not give up within the grace time is ended for `hang`), cancelled
  // (likewise), failed (it ended: why), exhausted (too many answers are held), invalid (the payload is too long).
  template <class Answer, class Question>
  Result<Reply<Answer>> call(const Question& question, std::span<const std::byte> payload, Instant deadline,
                             const std::stop_token& stop = {}) {
    static_assert(std::is_trivially_copyable_v<Question> && std::is_trivially_copyable_v<Answer>);
    auto raw = call_raw(std::as_bytes(std::span(&question, 1)), payload, sizeof(Answer), deadline, stop);
    if (!raw) return tl::unexpected(raw.error());
    Reply<Answer> reply{{}, std::move(raw->lease), raw->bytes};
    std::memcpy(&reply.head, raw->head.data(), sizeof(Answer));
    return reply;
  }

  // Ends the worker in good order once nobody calls, so that the next call starts a fresh one. Answers that are held
  // stay. It counts as asked.
  void recycle();
  // Of the worker that served last; 0: none runs. One that ended by itself is noticed at the next call.
  pid_t pid() const noexcept { return pid_.load(std::memory_order_relaxed); }

 private:
  // The worker that runs now and what is lent to it.
  struct Engine {
    std::unique_ptr<Process> process;
    std::unique_ptr<Lending> requests, answers;
    std::vector<Loan> free_answers;
    std::uint64_t sequence = 0;
  };
  explicit Caller(CallerOptions options);
  Result<detail::RawReply> call_raw(std::span<const std::byte> head, std::span<const std::byte> payload,
                                    std::size_t answer_head_bytes, Instant deadline, const std::stop_token& stop);
  Result<void> prepare(Engine& engine, const std::stop_token& stop);
  Result<void> lend_pools(Engine& engine);
  Result<Message> ask(Engine& engine, std::span<const std::byte> head, std::span<const std::byte> payload);
  Result<detail::RawReply> await(Engine& engine, const Message& asked, std::size_t answer_head_bytes, Instant deadline,
                                 const std::stop_token& stop);
  // The outer error: the worker lied.
  Result<Result<detail::RawReply>> take(Engine& engine, const Message& asked, const Message& said,
                                        std::size_t answer_head_bytes);
  void bury(Engine& engine) noexcept;

  const CallerOptions options_;
  std::unique_ptr<Pool> request_pool_, answer_pool_;
  Exclusive<Engine> engine_;
  std::atomic<pid_t> pid_{0};
};

// ---- The worker's side

// A question that is being answered.
// Thread-safety: one thread.  Allocates: never.  Blocks: never.  Ownership: borrows.
class Asked {
 public:
  Asked(Child& child, std::uint64_t sequence) noexcept : child_(child), sequence_(sequence) {}
  // True once its caller does not want the answer any more. Cheap: long work asks often.
  bool cancelled() noexcept;

 private:
  Child& child_;
  std::uint64_t sequence_;
  bool cancelled_ = false;
};

template <class Answer>
struct Served {
  Answer head{};
  std::size_t bytes = 0;  // of the payload that was written
};

namespace detail {
using RawHandler = std::function<Result<RawAnswer>(const RawQuestion&, Asked&)>;
Result<void> serve_raw(Child& child, const RawHandler& handler);
}  // namespace detail

// Answers until the parent asks to end. `answer(const Question&, std::span<const std::byte> payload,
// std::span<std::byte> room, Asked&)` gives Result<Served<Answer>>; an error's code and text reach the caller.
template <class Question, class Answer, class F>
Result<void> serve(Child& child, F answer) {
  static_assert(std::is_trivially_copyable_v<Question> && std::is_trivially_copyable_v<Answer>);
  return detail::serve_raw(child, [&](const detail::RawQuestion& raw, Asked& asked) -> Result<detail::RawAnswer> {
    if (raw.head.size() != sizeof(Question)) return fail(Code::corrupt, "a question of another kind");
    Question question;
    std::memcpy(&question, raw.head.data(), sizeof question);
    Result<Served<Answer>> served = answer(question, raw.payload, raw.room, asked);
    if (!served) return tl::unexpected(served.error());
    const auto head = std::as_bytes(std::span(&served->head, 1));
    return detail::RawAnswer{{head.begin(), head.end()}, served->bytes};
  });
}

}  // namespace weir::worker
