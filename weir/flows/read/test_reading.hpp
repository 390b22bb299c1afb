// A document and a voice that tests make up: lines of one sentence each, and speech whose samples say whose they are.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "weir/flows/read/line.hpp"

namespace weir::read::test {

// Line n: chapter n / 100, paragraph n % 100, one sentence "line N" of two words.
inline Line line_of(std::uint32_t n) {
  auto paragraph = std::make_shared<documents::Paragraph>();
  paragraph->text = "line " + std::to_string(n);
  const auto end = static_cast<std::uint32_t>(paragraph->text.size());
  paragraph->words = {{{0, 4}, {}}, {{5, end}, {}}};
  paragraph->sentences = {{{0, end}, 0, 2}};
  Line line{.at = {n / 100, n % 100}, .paragraph = paragraph, .text = {0, end}, .words = {0, 1}, .spoken = {}};
  line.spoken = speak::as_written({.text = paragraph->text, .words = {{0, 4}, {5, end}}, .language = {}});
  return line;
}

inline std::uint32_t number_of(const Line& line) { return line.at.chapter * 100 + line.at.paragraph; }

class Lines final : public LineSource {
 public:
  explicit Lines(std::uint32_t count) : count_(count) {}
  Result<std::optional<Line>> next(const std::stop_token&) override {
    if (next_ >= count_) return std::nullopt;
    return line_of(next_++);
  }
  void seek(documents::Position to) override { next_ = to.chapter * 100 + to.paragraph; }

 private:
  std::uint32_t count_, next_ = 0;
};

// Each line is a tenth of a second at 1 kHz; all its samples are its number. It stops only where an engine would, at
// its callbacks, and says how often it was inside and for how long it was left there after a stop.
class Speaker final : public speak::Voice {
 public:
  explicit Speaker(std::string name = "speaker") : name_(std::move(name)) {}

  Result<speak::Speech> speak(const speak::Utterance& said, const std::stop_token& stop) override {
    ++calls;
    if (!said.language.empty() && said.language != "en") return fail(Code::unsupported, "not spoken", name_);
    if (fails && fails(said.text)) return fail(Code::failed, "the engine broke", name_);
    for (int callback = 0; callback < callbacks; ++callback) {
      if (stop.stop_requested()) {
        ++cancelled;
        return fail(Code::cancelled, "stopped", name_);
      }
      if (callback_time.count() > 0) std::this_thread::sleep_for(callback_time);
    }
    speak::Speech speech{.rate_hz = 1000, .samples = {}, .words = {{0, 40}, {50, static_cast<std::int64_t>(samples)}}};
    speech.samples.assign(samples, static_cast<std::int16_t>(std::stoi(said.text.substr(5))));
    return speech;
  }
  std::size_t retained_bytes() const noexcept override { return 0; }
  const std::string& identity() const noexcept override { return name_; }

  std::size_t samples = 100;
  int callbacks = 1;
  std::chrono::microseconds callback_time{0};
  std::function<bool(const std::string&)> fails;
  std::atomic<int> calls{0}, cancelled{0};

 private:
  std::string name_;
};

}  // namespace weir::read::test
