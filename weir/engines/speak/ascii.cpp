#include "weir/engines/speak/ascii.hpp"

#include <algorithm>
#include <array>

#include "weir/engines/speak/clean.hpp"

namespace weir::speak {
namespace {

// From U+00C0 on.
constexpr std::string_view letters =
    "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTsaaaaaaaceeeeiiiidnooooo ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOo"
    "RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(letters.size() == 0x180 - 0xc0);

struct Mark {
  std::string_view from, to;
};
constexpr std::array<Mark, 24> marks{{{"Æ", "AE"}, {"æ", "ae"}, {"ß", "ss"}, {"Œ", "OE"},  {"œ", "oe"}, {"Þ", "Th"},
                                      {"þ", "th"}, {"‘", "'"},  {"’", "'"},  {"ʼ", "'"},   {"′", "'"},  {"“", "\""},
                                      {"”", "\""}, {"„", "\""}, {"«", "\""}, {"»", "\""},  {"–", "-"},  {"‐", "-"},
                                      {"‑", "-"},  {"—", ", "}, {"―", ", "}, {"…", "..."}, {"−", "-"},  {"·", "."}}};

std::string_view ascii_of(std::string_view character) {
  if (character.size() == 1) return character;
  const auto* const mark = std::find_if(marks.begin(), marks.end(), [&](const Mark& m) { return m.from == character; });
  if (mark != marks.end()) return mark->to;
  if (character.size() != 2) return " ";
  const std::size_t point =
      (static_cast<unsigned char>(character[0]) & 0x1fU) << 6 | (static_cast<unsigned char>(character[1]) & 0x3fU);
  if (point >= 0xc0 && point < 0xc0 + letters.size()) return letters.substr(point - 0xc0, 1);
  const bool combining = point >= 0x300 && point < 0x370;
  return combining || point == 0xad ? "" : " ";  // nor is a soft hyphen to be seen
}

}  // namespace

Ascii to_ascii(std::string_view text) {
  Ascii out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = std::max<std::size_t>(character_bytes(text.substr(at)), 1);
    const std::string_view character = text.substr(at, bytes);
    const bool whole = bytes > 1 || static_cast<unsigned char>(character[0]) < 0x80;
    const std::string_view ascii = whole ? ascii_of(character) : " ";
    out.text += ascii;
    out.places.insert(out.places.end(), ascii.size(), static_cast<std::uint32_t>(at));
    at += bytes;
  }
  return out;
}

}  // namespace weir::speak
