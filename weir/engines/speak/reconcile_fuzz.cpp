// Any events of an engine, for any words and any sound: every word gets a time, in order, within the sound.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "weir/engines/speak/reconcile.hpp"

namespace {

using namespace weir::speak;

void expect_sound(const std::vector<WordTime>& times, std::size_t words, std::size_t samples) {
  if (times.size() != words) std::abort();
  std::int64_t before = 0;
  for (const WordTime& time : times) {
    if (time.start < before || time.end < time.start) std::abort();
    before = time.end;
  }
  if (before > static_cast<std::int64_t>(samples)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto take = [&]<class T>(T& value) {
    const std::size_t bytes = std::min(sizeof value, size);
    std::memcpy(&value, data, bytes);
    data += bytes, size -= bytes;
  };
  std::uint8_t word_count = 0, heard_count = 0, length = 0;
  take(word_count), take(heard_count), take(length);
  std::string text(300, 'x');
  std::vector<Range> words;
  std::uint32_t at = 0;
  for (int i = 0; i < word_count % 40 && at + 8 < text.size(); ++i) {
    std::uint8_t byte = 0;
    take(byte);
    const std::uint32_t begin = at + byte % 4;
    words.push_back({begin, at = begin + byte / 4 % 5});
  }
  std::vector<Heard> heard;
  for (int i = 0; i < heard_count % 60; ++i) {
    Heard event;
    std::uint8_t small = 0, place = 0;
    take(small), take(place);
    event = {place, std::int64_t{small} * 4 - 8};
    if (small == 255) take(event.sample), take(event.position);
    heard.push_back(event);
  }
  Speech speech{8000 + 100 * int{length}, std::vector<std::int16_t>(std::size_t{length} * 4), {}};
  if (!speech.samples.empty()) {
    std::memcpy(speech.samples.data(), data, std::min(size, speech.samples.size() * sizeof(std::int16_t)));
  }
  speech.words = reconcile(text, words, heard, static_cast<std::int64_t>(speech.samples.size()));
  expect_sound(speech.words, words.size(), speech.samples.size());
  trim(speech);
  expect_sound(speech.words, words.size(), speech.samples.size());
  return 0;
}
