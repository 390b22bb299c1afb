// Any text with any words, cut into pieces of any length: covered once, in order, none too long. And what cleans it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "weir/engines/speak/ascii.hpp"
#include "weir/engines/speak/clean.hpp"
#include "weir/engines/speak/runs.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::speak;
  if (size < 2) return 0;
  const std::size_t count = data[0] % 32, max_bytes = data[1];
  data += 2, size -= 2;
  std::vector<Range> words;
  for (std::size_t i = 0; i < count && size >= 2; ++i, data += 2, size -= 2) words.push_back({data[0], data[1]});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::uint32_t end = 0;
  for (const Range& piece : pieces(text, words, max_bytes)) {
    if (piece.begin != end || piece.end <= piece.begin) std::abort();
    if (piece.end - piece.begin > std::max<std::size_t>(max_bytes, 4)) std::abort();
    end = piece.end;
  }
  if (end != text.size()) std::abort();
  const std::string clean = clean_text(text);
  if (clean.size() != text.size() || clean_text(clean) != clean) std::abort();
  for (const auto& any : {std::string(text), clean}) {
    const Ascii ascii = to_ascii(any);
    if (ascii.places.size() != ascii.text.size()) std::abort();
    for (std::size_t i = 0; i < ascii.text.size(); ++i) {
      if (static_cast<unsigned char>(ascii.text[i]) >= 0x80 || ascii.places[i] >= text.size()) std::abort();
      if (i > 0 && ascii.places[i] < ascii.places[i - 1]) std::abort();
    }
  }
  return 0;
}
