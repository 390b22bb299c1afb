#include "weir/engines/speak/voice_worker.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>

#include "weir/core/worker/call.hpp"
#include "weir/engines/speak/voice_wire.hpp"

namespace weir::speak {
namespace {

using wire::Answer;
using wire::Question;
using wire::What;
using Served = worker::Served<Answer>;

// Takes what an engine says and gives it in parts that fit the slots of answers.
class Collector final : public Listener {
 public:
  void begin(worker::Asked& asked) {
    samples_.clear();
    if (samples_.capacity() > (std::size_t{1} << 19)) samples_.shrink_to_fit();  // one long run
    heard_.clear();
    done_ = 0;
    too_long_ = false;
    asked_ = &asked;
  }
  bool sound(std::span<const std::int16_t> samples) override {
    too_long_ = too_long_ || samples.size() > wire::max_run_samples - samples_.size();
    if (too_long_ || asked_->cancelled()) return false;
    samples_.insert(samples_.end(), samples.begin(), samples.end());
#ifdef WEIR_TEST_HOOKS
    if (slow) std::this_thread::sleep_for(std::chrono::milliseconds(1));
#endif
    return true;
  }
  void word(std::uint32_t position, std::int64_t sample) override {
    if (heard_.size() < wire::max_heard) heard_.push_back({position, sample});
  }
  bool too_long() const noexcept { return too_long_; }

  Served part(std::span<std::byte> room, int rate_hz) {
    Served served;
    served.head.rate_hz = rate_hz;
    served.head.heard = static_cast<std::uint32_t>(heard_.size());
    put(room, served, std::as_bytes(std::span(heard_)));
    heard_.clear();
    const std::size_t count = std::min(samples_.size() - done_, (room.size() - served.bytes) / sizeof(std::int16_t));
    put(room, served, std::as_bytes(std::span(samples_).subspan(done_, count)));
    done_ += count;
    served.head.samples = static_cast<std::uint32_t>(count);
    served.head.more = done_ < samples_.size() ? 1 : 0;
    return served;
  }

#ifdef WEIR_TEST_HOOKS
  bool slow = false;
#endif

 private:
  static void put(std::span<std::byte> room, Served& served, std::span<const std::byte> bytes) {
    std::copy(bytes.begin(), bytes.end(), room.begin() + static_cast<std::ptrdiff_t>(served.bytes));
    served.bytes += bytes.size();
  }

  std::vector<std::int16_t> samples_;
  std::vector<Heard> heard_;
  std::size_t done_ = 0;
  worker::Asked* asked_ = nullptr;
  bool too_long_ = false;
};

#ifdef WEIR_TEST_HOOKS
// A text that says so does to this process what texts do to engines.
Result<void> obey_tests(std::string_view text, Collector& collector) {
  if (text.find("weir-test-crash") != text.npos) {
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  }
  if (text.find("weir-test-leak") != text.npos) {
    constexpr std::size_t bytes = std::size_t{8} << 20;
    static std::vector<std::vector<char>> kept;  // to be found by a sanitizer, which would call it lost
    kept.emplace_back(bytes, 'x');
  }
  if (text.find("weir-test-refusal") != text.npos) return fail(Code::failed, "the engine does not want to");
  collector.slow = text.find("weir-test-slow") != text.npos;
  return {};
}
#endif

class Worker {
 public:
  Worker(const MakeEngine& make, const wire::Choice& choice) : engine_(make(choice.name, choice.language)) {}

  Result<Served> answer(const Question& question, std::span<const std::byte> payload, std::span<std::byte> room,
                        worker::Asked& asked) {
    if (!engine_) return tl::unexpected(engine_.error());
    switch (question.what) {
      case What::who: return text((*engine_)->identity(), room);
      case What::list: return text(list(), room);
      case What::say: return say(question, payload, room, asked);
      case What::more:
        if (question.run != run_) return fail(Code::failed, "this worker has not begun with that");
        return collector_.part(room, (*engine_)->rate_hz());
    }
    return fail(Code::corrupt, "a question that nobody knows");
  }

 private:
  static Result<Served> text(std::string_view text, std::span<std::byte> room) {
    Served served;
    served.bytes = std::min(text.size(), room.size());
    std::memcpy(room.data(), text.data(), served.bytes);
    return served;
  }
  std::string list() const {
    std::string lines;
    for (const VoiceInfo& voice : (*engine_)->voices()) lines += voice.name + '\t' + voice.language + '\n';
    return lines;
  }
  Result<Served> say(const Question& question, std::span<const std::byte> payload, std::span<std::byte> room,
                     worker::Asked& asked) {
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    const std::string_view language(question.language.data(),
                                    ::strnlen(question.language.data(), question.language.size()));
    run_ = 0;
    collector_.begin(asked);
#ifdef WEIR_TEST_HOOKS
    if (auto obeyed = obey_tests(text, collector_); !obeyed) return tl::unexpected(obeyed.error());
#endif
    if (auto said = (*engine_)->say(text, language, question.pause != 0, collector_); !said) {
      return tl::unexpected(said.error());
    }
    if (asked.cancelled()) return fail(Code::cancelled, "nobody wants it any more");
    if (collector_.too_long()) return fail(Code::exhausted, "the engine speaks for more than ten minutes");
    run_ = question.run;
    return collector_.part(room, (*engine_)->rate_hz());
  }

  Result<std::unique_ptr<Engine>> engine_;
  Collector collector_;
  std::uint64_t run_ = 0;  // whose rest is kept; runs count from 1
};

}  // namespace

int run_worker(const char* program, const std::vector<std::filesystem::path>& readable, const MakeEngine& make) {
  const auto complain = [program](const Error& error, int status) {
    std::fprintf(stderr, "%s: %s\n", program, error.line().c_str());
    return status;
  };
  const auto child = worker::Child::connect();
  if (!child) return complain(child.error(), 2);
  if (auto boxed = (*child)->enter_sandbox({.readable = readable}); !boxed) return complain(boxed.error(), 1);
  Worker inside(make, wire::choice_of((*child)->job()));
  const auto served = worker::serve<Question, Answer>(
      **child, [&](const Question& question, std::span<const std::byte> payload, std::span<std::byte> room,
                   worker::Asked& asked) { return inside.answer(question, payload, room, asked); });
  return served ? 0 : complain(served.error(), 1);
}

}  // namespace weir::speak
