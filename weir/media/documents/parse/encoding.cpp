#include "weir/media/documents/parse/encoding.hpp"

#include <uchardet/uchardet.h>
#include <unicode/ucnv.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "weir/media/documents/parse/characters.hpp"

namespace weir::documents {
namespace {

struct CloseConverter {
  void operator()(UConverter* c) const noexcept { ucnv_close(c); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter open_converter(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(name.c_str(), &status));
  return U_SUCCESS(status) ? std::move(converter) : nullptr;
}

struct Mark {
  const char* name;
  std::array<unsigned char, 4> bytes;
  std::size_t length, unit;
  bool big_endian;
};
// UTF-32 first: its mark begins with that of UTF-16.
constexpr std::array<Mark, 5> marks{{{"UTF-8", {0xEF, 0xBB, 0xBF}, 3, 1, false},
                                     {"UTF-32LE", {0xFF, 0xFE, 0, 0}, 4, 4, false},
                                     {"UTF-32BE", {0, 0, 0xFE, 0xFF}, 4, 4, true},
                                     {"UTF-16LE", {0xFF, 0xFE}, 2, 2, false},
                                     {"UTF-16BE", {0xFE, 0xFF}, 2, 2, true}}};

// Sequences of more than one byte that are right, and bytes that are not.
struct Counts {
  std::size_t right = 0, wrong = 0;
};

Counts count_utf8(std::span<const std::byte> bytes) {
  const auto* const s = reinterpret_cast<const char*>(bytes.data());
  const auto size = static_cast<std::int32_t>(bytes.size());
  Counts counts;
  for (std::int32_t i = 0; i < size;) {
    std::uint64_t eight = 0;
    if (size - i >= 8 && (std::memcpy(&eight, s + i, 8), (eight & 0x8080808080808080U) == 0)) {
      i += 8;
      continue;
    }
    const std::int32_t begin = i;
    UChar32 c = 0;
    U8_NEXT(s, i, size, c);
    // The last character may be cut off where the sample ends.
    if (c < 0)
      counts.wrong += size - begin > 3 ? 1 : 0;
    else if (c > 0x7F)
      ++counts.right;
  }
  return counts;
}

// UTF-16 without a mark: of Latin text every other byte is 0.
Encoding utf16_without_mark(std::span<const std::byte> sample) {
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < sample.size(); ++i) zeros[i % 2] += sample[i] == std::byte{0} ? 1 : 0;
  const std::size_t half = sample.size() / 2;
  if (half >= 4 && zeros[1] > half * 7 / 10 && zeros[0] < half / 10) return {"UTF-16LE", 0, 2, false};
  if (half >= 4 && zeros[0] > half * 7 / 10 && zeros[1] < half / 10) return {"UTF-16BE", 0, 2, true};
  return {};
}

}  // namespace

std::string known_encoding(const std::string& name) {
  if (name.empty() || name.size() > 64) return {};
  std::string known = name;
  for (const char* standard : {"IANA", "MIME"}) {
    UErrorCode status = U_ZERO_ERROR;
    const char* const found = ucnv_getStandardName(name.c_str(), standard, &status);
    if (U_SUCCESS(status) && found != nullptr) known = found;
  }
  // Pages that say so are what the web takes them for.
  if (known == "ISO-8859-1" || known == "US-ASCII") return "windows-1252";
  return open_converter(known) == nullptr ? std::string() : known;
}

Encoding encoding_of(std::span<const std::byte> file) {
  for (const Mark& mark : marks) {
    if (file.size() >= mark.length && std::memcmp(file.data(), mark.bytes.data(), mark.length) == 0) {
      return {mark.name, mark.length, mark.unit, mark.big_endian};
    }
  }
  constexpr std::size_t looked_at = 4 << 20, guessed_from = 64 << 10;
  if (Encoding wide = utf16_without_mark(file.first(std::min<std::size_t>(file.size(), 4096))); wide.unit_bytes == 2) {
    return wide;
  }
  const Counts counts = count_utf8(file.first(std::min(file.size(), looked_at)));
  if (counts.wrong == 0 || counts.right > 4 * counts.wrong) return {};
  const std::unique_ptr<uchardet, decltype(&uchardet_delete)> detector(uchardet_new(), &uchardet_delete);
  // From the first byte that is not ASCII: what comes before says nothing.
  const auto odd = std::ranges::find_if(file, [](std::byte b) { return b > std::byte{0x7F}; }) - file.begin();
  const std::size_t from = static_cast<std::size_t>(odd) > guessed_from / 2 ? static_cast<std::size_t>(odd) - 1024 : 0;
  const auto sample = file.subspan(from, std::min(file.size() - from, guessed_from));
  uchardet_handle_data(detector.get(), reinterpret_cast<const char*>(sample.data()), sample.size());
  uchardet_data_end(detector.get());
  const std::string name = known_encoding(uchardet_get_charset(detector.get()));
  Encoding found;
  found.name = name.empty() || name == "UTF-8" || name.starts_with("UTF-16") || name.starts_with("UTF-32")
                   ? "windows-1252"
                   : name;
  return found;
}

std::string utf8_of(std::span<const std::byte> bytes, const Encoding& encoding) {
  const auto* const source = reinterpret_cast<const char*>(bytes.data());
  const Converter converter = encoding.is_utf8() ? nullptr : open_converter(encoding.name);
  if (converter == nullptr) return {source, bytes.size()};
  UErrorCode status = U_ZERO_ERROR;
  const auto size = static_cast<std::int32_t>(bytes.size());
  const std::int32_t needed = ucnv_toAlgorithmic(UCNV_UTF8, converter.get(), nullptr, 0, source, size, &status);
  std::string out(static_cast<std::size_t>(std::max(needed, 0)), ' ');
  status = U_ZERO_ERROR;
  ucnv_toAlgorithmic(UCNV_UTF8, converter.get(), out.data(), needed, source, size, &status);
  return out;
}

struct Decoder::State {
  bool utf8 = true;
  Converter converter;
  std::vector<UChar> units;
  std::vector<std::int32_t> offsets;
};

Decoder::Decoder(const Encoding& encoding) : state_(std::make_unique<State>()) {
  state_->utf8 = encoding.is_utf8();
  if (!state_->utf8) state_->converter = open_converter(encoding.name);
  state_->utf8 = state_->converter == nullptr;
}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

namespace {

// One more character of the file: with the last piece, where both count a byte each.
void add_character(std::string& text, std::vector<Piece>& pieces, char32_t c, Source source) {
  const auto begin = static_cast<std::uint32_t>(text.size());
  append_utf8(text, c);
  const auto end = static_cast<std::uint32_t>(text.size());
  const bool plain = end - begin == 1 && source.end - source.begin == 1;
  if (plain && !pieces.empty() && pieces.back().linear && pieces.back().text.end == begin &&
      pieces.back().source.end == source.begin) {
    pieces.back().text.end = end;
    pieces.back().source.end = source.end;
  } else {
    pieces.push_back({{begin, end}, source, plain});
  }
}

}  // namespace

void Decoder::decode(std::span<const std::byte> bytes, std::uint64_t at, std::string& text,
                     std::vector<Piece>& pieces) {
  if (state_->utf8) {
    const auto begin = static_cast<std::uint32_t>(text.size());
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!bytes.empty()) {
      pieces.push_back({{begin, static_cast<std::uint32_t>(text.size())}, {.begin = at, .end = at + bytes.size()}});
    }
    return;
  }
  // No character of any encoding becomes more than three units for each byte.
  auto& [utf8, converter, units, offsets] = *state_;
  units.resize(3 * bytes.size() + 16);
  offsets.resize(units.size());
  const auto* source = reinterpret_cast<const char*>(bytes.data());
  UChar* target = units.data();
  UErrorCode status = U_ZERO_ERROR;
  ucnv_reset(converter.get());
  ucnv_toUnicode(converter.get(), &target, units.data() + units.size(), &source, source + bytes.size(), offsets.data(),
                 1, &status);
  const auto count = static_cast<std::size_t>(target - units.data());
  for (std::size_t i = 0; i < count;) {
    const std::size_t first = i;
    char32_t c = units[i++];
    if (U16_IS_LEAD(c) && i < count && U16_IS_TRAIL(units[i])) {
      c = static_cast<char32_t>(U16_GET_SUPPLEMENTARY(c, units[i++]));
    }
    if (U_IS_SURROGATE(c)) c = U'\uFFFD';
    const auto place = [&](std::int32_t offset) { return at + static_cast<std::uint64_t>(std::max(offset, 0)); };
    // Several characters may come from the same bytes.
    std::size_t next = i;
    while (next < count && offsets[next] <= offsets[first]) ++next;
    const std::uint64_t end = next < count ? place(offsets[next]) : at + bytes.size();
    add_character(text, pieces, c, {.begin = place(offsets[first]), .end = end});
  }
}

}  // namespace weir::documents
