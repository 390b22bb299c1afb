// Words and sentences of any text, in any language: sound, and every word once.
#include <array>

#include "weir/media/documents/parse/sound_book.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::documents;
  constexpr std::array<const char*, 8> languages{"", "en", "de", "fr", "ru", "el", "ja", "ar"};
  if (size < 1) return 0;
  RawParagraph raw;
  raw.text.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  raw.language = languages[data[0] % languages.size()];
  const auto half = static_cast<std::uint32_t>(raw.text.size() / 2), end = static_cast<std::uint32_t>(raw.text.size());
  raw.pieces = {{{0, half}, {.begin = 7, .end = 7U + half}}, {{half, end}, {.begin = 3, .end = 4}, false}};
  sound::expect_sound(paragraphs_of(raw, "en"));
  return 0;
}
