#include "weir/engines/speak/voice_wire.hpp"

#include <algorithm>
#include <cstring>

#include "weir/engines/speak/clean.hpp"

namespace weir::speak::wire {

std::vector<std::byte> job_of(std::string_view name, std::string_view language) {
  const std::string text = std::string(name) + '\n' + std::string(language);
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Choice choice_of(std::span<const std::byte> job) {
  const std::string_view text(reinterpret_cast<const char*>(job.data()), job.size());
  const std::size_t line = std::min(text.find('\n'), text.size());
  return {std::string(text.substr(0, line)), std::string(text.substr(std::min(line + 1, text.size())))};
}

Result<void> join(const Answer& answer, std::span<const std::byte> payload, Begin begin, Sound& sound) {
  const auto corrupt = [](const char* why) {
    return fail(Code::corrupt, "a voice gave an answer that cannot be", {}, why);
  };
  if (answer.rate_hz < 8000 || answer.rate_hz > 48000) return corrupt("its sample rate");
  if (sound.rate_hz != 0 && sound.rate_hz != answer.rate_hz) return corrupt("another sample rate");
  if (answer.heard > max_heard || answer.samples > answer_bytes / sizeof(std::int16_t) ||
      payload.size() != answer.heard * sizeof(Heard) + answer.samples * sizeof(std::int16_t)) {
    return corrupt("its length");
  }
  if (answer.more > 1 || (answer.more == 1 && answer.samples == 0)) return corrupt("its end");
  const std::size_t there = sound.samples.size();
  if (begin.sample > there || there - begin.sample + answer.samples > max_run_samples) return corrupt("more and more");

  std::vector<Heard> heard(answer.heard);
  if (!heard.empty()) std::memcpy(heard.data(), payload.data(), heard.size() * sizeof(Heard));
  for (const Heard& h : heard) {
    // What lies outside the run is not believed; what is wrong within it is for reconcile().
    if (h.position > max_run_bytes || h.sample < 0 || h.sample > static_cast<std::int64_t>(max_run_samples)) continue;
    sound.heard.push_back({begin.position + h.position, static_cast<std::int64_t>(begin.sample) + h.sample});
  }
  const auto samples = payload.subspan(heard.size() * sizeof(Heard));
  sound.samples.resize(there + answer.samples);
  if (!samples.empty()) std::memcpy(sound.samples.data() + there, samples.data(), samples.size());
  sound.rate_hz = answer.rate_hz;
  return {};
}

std::string text_of(std::span<const std::byte> payload) {
  constexpr std::size_t longest = 200;
  return clean_text({reinterpret_cast<const char*>(payload.data()), std::min(payload.size(), longest)});
}

std::vector<VoiceInfo> voices_of(std::span<const std::byte> payload, std::string_view engine) {
  constexpr std::size_t most = 1000;
  std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  std::vector<VoiceInfo> voices;
  while (!text.empty() && voices.size() < most) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (const std::size_t tab = line.find('\t'); tab != std::string_view::npos && tab > 0) {
      voices.push_back({clean_text(line.substr(0, tab)), clean_text(line.substr(tab + 1)), std::string(engine)});
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return voices;
}

}  // namespace weir::speak::wire
