// Any rules and any text, parted by a byte of 0: an error of one line, or words and times in order.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "weir/engines/speak/dictionary.hpp"
#include "weir/engines/speak/skip.hpp"

using namespace weir::speak;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

Utterance utterance(std::string_view text) {
  Utterance made{.text = std::string(text), .words = {}, .language = {}};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (at < end) made.words.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
    at = end + 1;
  }
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t parting = std::min(input.find('\0'), size);
  const auto dictionary = Dictionary::parse(input.substr(0, parting), "rules");
  if (!dictionary) {
    const std::string line = dictionary.error().line();
    require(!line.empty() && line.find('\n') == std::string::npos);
    return 0;
  }
  const Utterance written = utterance(input.substr(std::min(parting + 1, size)));
  const Spoken spoken = dictionary->apply(skip_addresses(as_written(written)));
  std::uint32_t end = 0;
  std::vector<WordTime> said;
  for (const Range& word : spoken.utterance.words) {
    require(end <= word.begin && word.begin < word.end && word.end <= spoken.utterance.text.size());
    said.push_back({word.begin, word.end});
    end = word.end;
  }
  const std::vector<WordTime> times = times_as_written(spoken, said, written.words);
  require(times.size() == written.words.size());
  std::int64_t before = 0;
  for (const WordTime& time : times) {
    require(before <= time.start && time.start <= time.end);
    before = time.end;
  }
  return 0;
}
