#include "weir/core/worker/call.hpp"

#include <algorithm>

#include "weir/core/worker/call_wire.hpp"

namespace weir::worker {
namespace {

using detail::AnswerBody;
using detail::CallBody;
using detail::CallType;

std::uint32_t number(CallType type) noexcept { return static_cast<std::uint32_t>(type); }

Result<std::unique_ptr<Pool>> make_pool(const CallerOptions& options, const char* what, std::size_t slot_bytes,
                                        std::size_t capacity) {
  PoolOptions pool;
  pool.id = options.process.id + "/" + what;
  pool.owner = options.process.owner;
  pool.slot_bytes = std::max<std::size_t>(slot_bytes, 1);
  pool.capacity = capacity;
  pool.alignment = detail::slot_alignment;
  pool.shared = true;
  return Pool::make(std::move(pool));
}

// What a child wrote, for a line that people read.
std::string harmless(std::span<const std::byte> text) {
  std::string line(reinterpret_cast<const char*>(text.data()), text.size());
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
  return line;
}

}  // namespace

Caller::Caller(CallerOptions options) : options_(std::move(options)), engine_(options_.process.id) {}

Result<std::unique_ptr<Caller>> Caller::make(CallerOptions options) {
  std::unique_ptr<Caller> caller(new Caller(std::move(options)));
  const CallerOptions& o = caller->options_;
  auto requests = make_pool(o, "questions", o.request_bytes, 1);
  if (!requests) return tl::unexpected(requests.error());
  auto answers = make_pool(o, "answers", o.answer_bytes, o.answers_held);
  if (!answers) return tl::unexpected(answers.error());
  caller->request_pool_ = std::move(*requests);
  caller->answer_pool_ = std::move(*answers);
  return caller;
}

Caller::~Caller() { bury(*engine_.enter()); }

void Caller::recycle() { bury(*engine_.enter()); }

// The worker is dead afterwards, and what it held is back.
void Caller::bury(Engine& engine) noexcept {
  if (engine.process == nullptr) return;
  engine.process->end();
  engine.process->count_revoked(engine.requests->revoke() + engine.answers->revoke());
  engine.free_answers.clear();
  engine.process.reset();
  pid_.store(0, std::memory_order_relaxed);
}

Result<void> Caller::lend_pools(Engine& engine) {
  for (const auto& [serial, pool] :
       {std::pair(detail::request_pool, request_pool_.get()), std::pair(detail::answer_pool, answer_pool_.get())}) {
    Message message;
    message.type = number(CallType::take_pool);
    message.pool = serial;
    message.put(detail::TakePool{pool->slot_bytes(), pool->capacity()});
    if (auto sent = engine.process->send_memory(message, *pool); !sent) return sent;
  }
  // Those that readers still hold follow when they are back.
  while (Lease lease = answer_pool_->try_acquire(Role::source)) {
    engine.free_answers.push_back(engine.answers->lend(std::move(lease)));
  }
  return {};
}

Result<void> Caller::prepare(Engine& engine, const std::stop_token& stop) {
  Message unasked;
  if (engine.process != nullptr) {
    switch (engine.process->receive(unasked, Clock::real().now())) {
      case Received::message:
        engine.process->convict("it spoke without being asked");
        bury(engine);
        break;
      case Received::ended: bury(engine); break;
      case Received::deadline:
      case Received::stopped: return {};
    }
  }
  auto started = Process::start(options_.process, options_.job, options_.descriptors, stop);
  if (!started) return tl::unexpected(started.error());
  engine.process = std::move(*started);
  engine.requests = std::make_unique<Lending>(*request_pool_);
  engine.answers = std::make_unique<Lending>(*answer_pool_);
  if (auto lent = lend_pools(engine); !lent) {
    bury(engine);
    return lent;
  }
  pid_.store(engine.process->pid(), std::memory_order_relaxed);
  return {};
}

Result<Message> Caller::ask(Engine& engine, std::span<const std::byte> head, std::span<const std::byte> payload) {
  const std::string& id = options_.process.id;
  engine.answers->collect([&](Loan loan) { engine.free_answers.push_back(loan); });
  while (Lease lease = answer_pool_->try_acquire(Role::source)) {
    engine.free_answers.push_back(engine.answers->lend(std::move(lease)));
  }
  if (engine.free_answers.empty()) return fail(Code::exhausted, "earlier answers are still held", id);
  Lease request = request_pool_->try_acquire(Role::source);
  WEIR_CHECK(static_cast<bool>(request), "a call was made while another one was under way");
  std::copy(payload.begin(), payload.end(), request.bytes().begin());

  CallBody body;
  body.answer_slot = engine.free_answers.back().slot;
  body.answer_generation = engine.free_answers.back().generation;
  body.head_bytes = static_cast<std::uint32_t>(head.size());
  body.bytes = payload.size();
  std::copy(head.begin(), head.end(), body.head.begin());
  const Loan loan = engine.requests->lend(std::move(request));
  Message message;
  message.type = number(CallType::call);
  message.pool = detail::request_pool;
  message.slot = loan.slot;
  message.generation = loan.generation;
  message.sequence = ++engine.sequence;
  message.put(body);
  // It fails if the worker has just ended, which is told to who waits for its answer.
  engine.process->send(message);
  return message;
}

Result<Result<detail::RawReply>> Caller::take(Engine& engine, const Message& asked, const Message& said,
                                              std::size_t answer_head_bytes) {
  const auto answer = said.get<AnswerBody>();
  const Loan loan = engine.free_answers.back();
  if (said.type != number(CallType::answer) || said.sequence != asked.sequence) {
    return fail(Code::corrupt, "it answered what was not asked");
  }
  if (answer.failed > 1 || answer.code > static_cast<std::uint32_t>(Code::failed) ||
      answer.head_bytes > answer.head.size() || (answer.failed == 0 && answer.head_bytes != answer_head_bytes)) {
    return fail(Code::corrupt, "its answer makes no sense");
  }
  detail::RawReply reply;
  reply.head.assign(answer.head.begin(), answer.head.begin() + answer.head_bytes);
  if (answer.failed == 0) {
    if (said.pool != detail::answer_pool || said.slot != loan.slot || said.generation != loan.generation) {
      return fail(Code::corrupt, "its answer is not in the slot that was lent for it");
    }
    if (answer.bytes > options_.answer_bytes) return fail(Code::corrupt, "its answer is longer than its slot");
    auto shared = engine.answers->share(loan, Role::client);
    if (!shared) return tl::unexpected(shared.error());
    engine.free_answers.pop_back();
    reply.lease = std::move(*shared);
    reply.bytes = answer.bytes;
  }
  if (auto back = engine.requests->take_back({asked.slot, asked.generation}); !back) {
    return tl::unexpected(back.error());
  }
  if (answer.failed == 0) return Result<detail::RawReply>(std::move(reply));
  return Result<detail::RawReply>(
      fail(static_cast<Code>(answer.code), "the worker could not do it", options_.process.id, harmless(reply.head)));
}

Result<detail::RawReply> Caller::await(Engine& engine, const Message& asked, std::size_t answer_head_bytes,
                                       Instant deadline, const std::stop_token& stop) {
  const std::string& id = options_.process.id;
  std::optional<Error> given_up;
  Instant until = deadline;
  for (;;) {
    Message said;
    switch (const Received what = engine.process->receive(said, until, given_up ? std::stop_token() : stop); what) {
      case Received::message: {
        auto reply = take(engine, asked, said, answer_head_bytes);
        if (!reply) {
          engine.process->convict(reply.error().message());
          given_up = Error{Code::failed, "the worker was ended", id, reply.error().message()};
          until = never;
          break;
        }
        if (given_up) return tl::unexpected(*given_up);
        return std::move(*reply);
      }
      case Received::ended: {
        const Error error =
            given_up.value_or(Error{Code::failed, "the worker ended during a call", id, engine.process->end().text});
        bury(engine);
        return tl::unexpected(error);
      }
      case Received::deadline:
      case Received::stopped: {
        if (given_up) {
          engine.process->expect_until(Clock::real().now());
          until = never;
          break;
        }
        given_up = what == Received::stopped ? Error{Code::cancelled, "the call was cancelled", id}
                                             : Error{Code::unreachable, "the worker did not answer in time", id};
        Message cancel;
        cancel.type = number(CallType::cancel);
        cancel.sequence = asked.sequence;
        engine.process->send(cancel);
        until = Clock::real().now() + options_.grace;
        break;
      }
    }
  }
}

Result<detail::RawReply> Caller::call_raw(std::span<const std::byte> head, std::span<const std::byte> payload,
                                          std::size_t answer_head_bytes, Instant deadline,
                                          const std::stop_token& stop) {
  const std::string& id = options_.process.id;
  if (head.size() > detail::max_call_head || answer_head_bytes > detail::max_call_head ||
      payload.size() > options_.request_bytes) {
    return fail(Code::invalid, "the question is longer than was agreed", id);
  }
  auto engine = engine_.enter_until(deadline, stop);
  if (!engine) {
    if (stop.stop_requested()) return fail(Code::cancelled, "the call was cancelled", id);
    return fail(Code::unreachable, "the worker had no time for the call", id);
  }
  if (auto prepared = prepare(**engine, stop); !prepared) return tl::unexpected(prepared.error());
  auto asked = ask(**engine, head, payload);
  if (!asked) return tl::unexpected(asked.error());
  return await(**engine, *asked, answer_head_bytes, deadline, stop);
}

}  // namespace weir::worker
