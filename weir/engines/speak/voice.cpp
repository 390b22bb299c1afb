#include "weir/engines/speak/voice.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>
#include <utility>

#include "weir/core/exclusive.hpp"
#include "weir/core/worker/call.hpp"
#include "weir/engines/speak/clean.hpp"
#include "weir/engines/speak/runs.hpp"
#include "weir/engines/speak/voice_wire.hpp"

namespace weir::speak {
namespace {

using wire::Answer;
using wire::Question;
using wire::What;

// A run takes milliseconds; this is for a machine that has other things to do.
constexpr Nanos patience = std::chrono::seconds(60);

// An engine's own name for one of its voices, and the program that it is in.
struct Choice {
  std::string engine, name;
};
Choice choice_of(const std::string& name) {
  constexpr std::string_view flite = "flite:";
  if (name.starts_with(flite)) return {"flite", name.substr(flite.size())};
  return {"espeak-ng", name};
}

Result<std::unique_ptr<worker::Caller>> call_engine(const Choice& choice, const std::string& language,
                                                    const std::string& owner) {
  worker::CallerOptions options;
  options.process.id = owner;
  options.process.owner = owner;
  options.process.executable = worker::worker_executable(choice.engine == "flite" ? "voice-flite" : "voice");
  options.process.memory_max_bytes = std::size_t{256} << 20;
  options.job = wire::job_of(choice.name, language);
  options.request_bytes = wire::max_run_bytes;
  options.answer_bytes = wire::answer_bytes;
  options.answers_held = 2;
  return worker::Caller::make(std::move(options));
}

// Worth another try with a fresh worker: it ended, it hangs, it lied, or its engine did not get through.
bool is_failure(Code code) noexcept {
  return code == Code::failed || code == Code::unreachable || code == Code::corrupt || code == Code::closed;
}

// The worker's own words are the detail.
tl::unexpected<Error> explained(const Error& error, const std::string& voice) {
  const std::string detail = error.detail.empty() ? error.text : error.detail;
  switch (error.code) {
    case Code::invalid: return fail(Code::invalid, "this voice cannot be had", voice, detail);
    case Code::unsupported: return fail(Code::unsupported, "this voice does not speak the language", voice, detail);
    case Code::cancelled:
    case Code::not_found: return tl::unexpected(error);  // not found: the worker itself
    default: return fail(error.code, "the voice failed again and again", voice, detail);
  }
}

Result<void> check(const Utterance& utterance) {
  std::size_t end = 0;
  for (const Range& word : utterance.words) {
    if (word.begin < end || word.end < word.begin || word.end > utterance.text.size()) {
      return fail(Code::invalid, "the words of an utterance are ranges of its text, in order, not overlapping");
    }
    end = word.end;
  }
  return {};
}

// Private memory of a process: its resident pages without those that are a file's or shared.
std::size_t private_bytes(pid_t pid) noexcept {
  std::array<char, 64> path{"/proc/"};
  *std::copy_n("/statm", 7, std::to_chars(path.data() + 6, path.data() + 40, pid).ptr) = 0;
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 128> text{};
  const ssize_t got = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  std::array<std::size_t, 3> pages{};  // all, resident, shared
  const char *at = text.data(), *const end = text.data() + std::max<ssize_t>(got, 0);
  for (std::size_t& count : pages) {
    while (at < end && *at == ' ') ++at;
    at = std::from_chars(at, end, count).ptr;
  }
  return pages[1] > pages[2] ? (pages[1] - pages[2]) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

// Who speaks has it.
struct Line {
  std::uint64_t run = 0;  // the last one
};

class WorkerVoice final : public Voice {
 public:
  WorkerVoice(VoiceOptions options, std::unique_ptr<worker::Caller> caller)
      : options_(std::move(options)), caller_(std::move(caller)), line_("voice/" + options_.owner) {}

  // Learns who speaks, and with that whether anybody does.
  Result<void> open() {
    for (int attempt = 1;; ++attempt) {
      const auto reply = caller_->call<Answer>(Question{}, {}, Clock::real().now() + patience);
      if (reply) {
        identity_ = wire::text_of(reply->payload());
        return {};
      }
      if (attempt >= options_.attempts || !is_failure(reply.error().code)) {
        return explained(reply.error(), options_.name.empty() ? options_.language : options_.name);
      }
    }
  }

  Result<Speech> speak(const Utterance& utterance, const std::stop_token& stop) override {
    if (auto checked = check(utterance); !checked) return tl::unexpected(checked.error());
    auto line = line_.enter_until(never, stop);
    if (!line) return fail(Code::cancelled, "nobody waits for the voice any more", identity_);
    for (int attempt = 1;; ++attempt) {
      auto sound = say(utterance, **line, stop);
      if (sound) {
        if (retained_bytes() > options_.high_water_bytes) caller_->recycle();
        return speech_of(utterance, std::move(*sound));
      }
      if (!is_failure(sound.error().code)) return explained(sound.error(), identity_);
      // Whatever state its engine is in, the next one begins from the beginning.
      caller_->recycle();
      if (attempt >= options_.attempts) return explained(sound.error(), identity_);
    }
  }

  std::size_t retained_bytes() const noexcept override {
    const pid_t pid = caller_->pid();
    return pid == 0 ? 0 : private_bytes(pid);
  }
  const std::string& identity() const noexcept override { return identity_; }

 private:
  Result<wire::Sound> say(const Utterance& utterance, Line& line, const std::stop_token& stop) {
    wire::Sound sound;
    if (utterance.words.empty()) return sound;  // marks alone
    const std::string clean = clean_text(utterance.text);
    const std::string& language = utterance.language.empty() ? options_.language : utterance.language;
    const auto runs = pieces(clean, utterance.words, wire::max_run_bytes);
    for (const Range& run : runs) {
      const auto text = std::string_view(clean).substr(run.begin, run.end - run.begin);
      if (!has_word(utterance.words, run)) continue;
      Question question{.what = What::say, .run = ++line.run};
      question.pause = run.end != clean.size() && stop_at_end(text) != Stop::none ? 1 : 0;
      std::copy_n(language.begin(), std::min(language.size(), question.language.size() - 1), question.language.begin());
      if (auto said = say(question, text, run.begin, sound, stop); !said) return tl::unexpected(said.error());
    }
    return sound;
  }

  Result<void> say(Question question, std::string_view text, std::uint32_t position, wire::Sound& sound,
                   const std::stop_token& stop) {
    const wire::Begin begin{position, sound.samples.size()};
    auto payload = std::as_bytes(std::span(text));
    for (;;) {
      const auto reply = caller_->call<Answer>(question, payload, Clock::real().now() + patience, stop);
      if (!reply) return tl::unexpected(reply.error());
      const Answer answer = reply->head;
      if (auto joined = wire::join(answer, reply->payload(), begin, sound); !joined) return joined;
      if (answer.more == 0) return {};
      question.what = What::more;
      payload = {};
    }
  }

  static bool has_word(const std::vector<Range>& words, const Range& run) {
    const auto behind =
        std::partition_point(words.begin(), words.end(), [&](const Range& w) { return w.end <= run.begin; });
    return behind != words.end() && behind->begin < run.end;
  }

  static Speech speech_of(const Utterance& utterance, wire::Sound sound) {
    const auto samples = static_cast<std::int64_t>(sound.samples.size());
    Speech speech{sound.rate_hz, std::move(sound.samples),
                  reconcile(utterance.text, utterance.words, sound.heard, samples)};
    trim(speech);
    return speech;
  }

  const VoiceOptions options_;
  std::unique_ptr<worker::Caller> caller_;
  Exclusive<Line> line_;
  std::string identity_;
};

}  // namespace

Result<std::unique_ptr<Voice>> open_voice(const VoiceOptions& options) {
  constexpr std::size_t longest = 60;
  for (const std::string& text : {options.name, options.language}) {
    if (text.size() > longest || std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' '; })) {
      return fail(Code::invalid, "that is no name of a voice or a language: they are short and in one line");
    }
  }
  auto caller = call_engine(choice_of(options.name), options.language, options.owner);
  if (!caller) return tl::unexpected(caller.error());
  auto voice = std::make_unique<WorkerVoice>(options, std::move(*caller));
  if (auto opened = voice->open(); !opened) return tl::unexpected(opened.error());
  return voice;
}

Result<std::vector<VoiceInfo>> voices() {
  std::vector<VoiceInfo> all;
  for (const auto& [engine, any] : {std::pair("espeak-ng", ""), std::pair("flite", "kal")}) {
    auto caller = call_engine({engine, any}, {}, "voices");
    if (!caller) return tl::unexpected(caller.error());
    Question question{.what = What::list};
    const auto reply = (*caller)->call<Answer>(question, {}, Clock::real().now() + patience);
    if (!reply) return explained(reply.error(), engine);
    for (VoiceInfo& voice : wire::voices_of(reply->payload(), engine)) all.push_back(std::move(voice));
  }
  return all;
}

}  // namespace weir::speak
