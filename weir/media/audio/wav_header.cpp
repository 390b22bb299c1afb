#include "weir/media/audio/wav_header.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace weir::media {
namespace {

constexpr std::uint64_t most_skipped = 16 << 20;
constexpr std::uint32_t unknown_size = 0xFFFFFFFF;

std::uint64_t little(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}

bool says(std::span<const std::byte> bytes, std::size_t at, std::string_view word) {
  return std::equal(word.begin(), word.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

// How programs that cannot go back write "I do not know" (SoX rounds it down).
bool is_unknown(std::uint64_t size) {
  return size == 0 || (size >= 0x7FFFF000 && size <= 0x7FFFFFFF) || size >= 0xFFFFF000;
}

tl::unexpected<Error> corrupt(const char* what) { return fail(Code::corrupt, what); }

class Parser {
 public:
  explicit Parser(const ByteReader& read) : read_(read) {}

  Result<WavHeader> parse();

 private:
  // The next bytes; an error where there are none.
  Result<void> take(std::span<std::byte> bytes);
  Result<void> skip(std::uint64_t bytes);
  Result<void> format(std::uint64_t size);
  Result<void> sizes64(std::uint64_t size);

  const ByteReader& read_;
  WavHeader header_;
  std::uint64_t skipped_ = 0, data_bytes64_ = 0;
  bool has_format_ = false, has_sizes64_ = false;
};

Result<void> Parser::take(std::span<std::byte> bytes) {
  auto got = read_(bytes);
  if (!got) return tl::unexpected(got.error());
  if (!*got) return corrupt("the WAV file ends before its first sample");
  header_.offset += bytes.size();
  return {};
}

Result<void> Parser::skip(std::uint64_t bytes) {
  skipped_ += bytes;
  if (skipped_ > most_skipped) return corrupt("more than 16 MiB before the first sample of the WAV file");
  std::array<std::byte, 4096> away{};
  while (bytes > 0) {
    const std::uint64_t some = std::min<std::uint64_t>(bytes, away.size());
    if (auto taken = take(std::span(away).first(some)); !taken) return taken;
    bytes -= some;
  }
  return {};
}

Result<void> Parser::format(std::uint64_t size) {
  constexpr std::uint64_t plain = 16, extensible = 40;
  if (has_format_ || size < plain) return corrupt("the format of the WAV file's samples is damaged");
  std::array<std::byte, extensible> bytes{};
  const std::uint64_t read = std::min(size, extensible);
  if (auto taken = take(std::span(bytes).first(read)); !taken) return taken;
  std::uint64_t tag = little(bytes, 0, 2);
  if (tag == 0xFFFE && read == extensible) {
    header_.mask = static_cast<std::uint32_t>(little(bytes, 20, 4));
    tag = little(bytes, 24, 2);
  }
  header_.coding = tag == 1   ? WavHeader::Coding::integer
                   : tag == 3 ? WavHeader::Coding::floating
                              : WavHeader::Coding::other;
  header_.channels = static_cast<int>(little(bytes, 2, 2));
  header_.rate_hz = static_cast<std::uint32_t>(little(bytes, 4, 4));
  header_.frame_bytes = static_cast<int>(little(bytes, 12, 2));
  header_.bits = static_cast<int>(little(bytes, 14, 2));
  has_format_ = true;
  return skip(size - read + size % 2);
}

Result<void> Parser::sizes64(std::uint64_t size) {
  std::array<std::byte, 16> bytes{};
  if (size < bytes.size()) return corrupt("the sizes of the RF64 file are damaged");
  if (auto taken = take(bytes); !taken) return taken;
  data_bytes64_ = little(bytes, 8, 8);
  has_sizes64_ = true;
  return skip(size - bytes.size() + size % 2);
}

Result<WavHeader> Parser::parse() {
  std::array<std::byte, 12> head{};
  auto got = read_(head);
  if (!got) return tl::unexpected(got.error());
  const bool is_wav = *got && says(head, 8, "WAVE") && (says(head, 0, "RIFF") || says(head, 0, "RF64"));
  if (!is_wav) return fail(Code::unsupported, "is no WAV file");
  header_.offset = head.size();
  while (true) {
    std::array<std::byte, 8> chunk{};
    if (auto taken = take(chunk); !taken) return tl::unexpected(taken.error());
    const std::uint64_t size = little(chunk, 4, 4);
    if (says(chunk, 0, "data")) {
      if (!has_format_) return corrupt("the WAV file has samples and does not say what they are");
      const std::uint64_t bytes = has_sizes64_ && size == unknown_size ? data_bytes64_ : size;
      if (!is_unknown(bytes) || (has_sizes64_ && bytes != 0)) header_.data_bytes = bytes;
      return header_;
    }
    Result<void> done = says(chunk, 0, "fmt ")   ? format(size)
                        : says(chunk, 0, "ds64") ? sizes64(size)
                                                 : skip(size + size % 2);
    if (!done) return tl::unexpected(done.error());
  }
}

class Bytes {
 public:
  Bytes& word(std::string_view text) {
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  Bytes& number(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<std::byte>(value >> 8 * i & 0xFF));
    return *this;
  }
  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

Bytes format_chunk(const WavHeader& header) {
  const std::uint64_t tag = header.coding == WavHeader::Coding::floating ? 3 : 1;
  const bool extensible = header.mask != 0 || header.channels > 2;
  const auto frame_bytes = static_cast<std::uint64_t>(header.channels * header.bits / 8);
  Bytes out;
  out.word("fmt ").number(extensible ? 40 : 16, 4).number(extensible ? 0xFFFE : tag, 2);
  out.number(static_cast<std::uint64_t>(header.channels), 2).number(header.rate_hz, 4);
  out.number(header.rate_hz * frame_bytes, 4).number(frame_bytes, 2).number(static_cast<std::uint64_t>(header.bits), 2);
  if (!extensible) return out;
  out.number(22, 2).number(static_cast<std::uint64_t>(header.bits), 2).number(header.mask, 4);
  // KSDATAFORMAT_SUBTYPE: the tag, then what is the same for all of them.
  out.number(tag, 4).number(0x00100000, 4).number(0xAA000080, 4).number(0x719B3800, 4);
  return out;
}

}  // namespace

std::vector<std::byte> make_wav_header(const WavHeader& header) {
  constexpr std::uint64_t most32 = 0xFFFFF000;  // what is above may be taken for "unknown"
  constexpr std::uint64_t sizes_bytes = 28, chunk_head = 8;
  const std::uint64_t data = header.data_bytes.value_or(0);
  const std::uint64_t frames = data / static_cast<std::uint64_t>(header.channels * header.bits / 8);
  Bytes format = format_chunk(header);
  const bool has_fact = header.coding == WavHeader::Coding::floating;
  const std::uint64_t head = 4 + chunk_head + sizes_bytes + format.bytes().size() + (has_fact ? 12 : 0) + chunk_head;
  const std::uint64_t all = head + data + data % 2;
  const bool large = all > most32;
  const bool sized = header.data_bytes && !large;

  Bytes out;
  out.word(large ? "RF64" : "RIFF").number(sized ? all : unknown_size, 4).word("WAVE");
  // Room for the large sizes, should they be needed.
  out.word(large ? "ds64" : "JUNK").number(sizes_bytes, 4);
  out.number(large ? all : 0, 8).number(large ? data : 0, 8).number(large ? frames : 0, 8).number(0, 4);
  out.bytes().insert(out.bytes().end(), format.bytes().begin(), format.bytes().end());
  if (has_fact) out.word("fact").number(4, 4).number(sized ? frames : unknown_size, 4);
  out.word("data").number(sized ? data : unknown_size, 4);
  return std::move(out.bytes());
}

Result<WavHeader> read_wav_header(const ByteReader& read) { return Parser(read).parse(); }

}  // namespace weir::media
