#include "weir/media/documents/wire.hpp"

#include <algorithm>
#include <cmath>

#include "weir/media/documents/pack.hpp"

namespace weir::documents::wire {
namespace {

constexpr std::size_t most_name_bytes = 4096, most_tag_bytes = 64, most_text_bytes = 64 << 10;

// Whole characters, none of them a control character: what may be shown, said and written anywhere.
bool is_clean(std::string_view utf8) {
  const auto at = [&](std::size_t i) { return i < utf8.size() ? static_cast<unsigned char>(utf8[i]) : 0U; };
  for (std::size_t i = 0; i < utf8.size();) {
    const unsigned first = at(i);
    const std::size_t size = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
    if (size == 0) return false;
    char32_t c = size == 1 ? first : first & (0xFFU >> (size + 1));
    for (std::size_t n = 1; n < size; ++n) {
      if ((at(i + n) & 0xC0) != 0x80) return false;
      c = c << 6 | (at(i + n) & 0x3F);
    }
    const bool is_short = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
    if (is_short || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) || c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;
    i += size;
  }
  return true;
}

bool is_tag(std::string_view language) {
  return std::ranges::all_of(language, [](char c) {
    return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

std::string clean_text(Unpacker& in, std::size_t most) {
  std::string text = in.text(most);
  if (!is_clean(text)) in.refuse();
  return text;
}

std::string tag(Unpacker& in) {
  std::string text = in.text(most_tag_bytes);
  if (!is_tag(text)) in.refuse();
  return text;
}

tl::unexpected<Error> lie() { return fail(Code::corrupt, "the reader of documents gave an answer that cannot be"); }
tl::unexpected<Error> too_long() { return fail(Code::exhausted, "a part of the document is too long"); }

void pack_source(Packer& out, const Source& source, const Source& before) {
  const bool boxed = source.page != 0;
  out.number(boxed ? 1 : 0);
  out.difference(source.begin, before.end);
  out.number(source.end - source.begin);
  if (!boxed) return;
  out.number(source.page);
  for (const float v : {source.left, source.top, source.right, source.bottom}) out.real(v);
}

Source unpack_source(Unpacker& in, const Source& before) {
  Source source;
  const bool boxed = in.number(1) != 0;
  source.begin = in.difference(before.end);
  const std::uint64_t bytes = in.number();
  source.end = source.begin + bytes;
  if (source.end < source.begin) in.refuse();
  if (!boxed) return source;
  source.page = static_cast<std::uint32_t>(in.number(0xFFFFFFFF));
  if (source.page == 0) in.refuse();
  for (float* const v : {&source.left, &source.top, &source.right, &source.bottom}) {
    *v = in.real();
    if (!std::isfinite(*v)) in.refuse();
  }
  return source;
}

void pack_paragraph(Packer& out, const Paragraph& p) {
  out.number(static_cast<std::uint64_t>(p.kind));
  out.number(p.level);
  out.number(p.right_to_left ? 1 : 0);
  out.text(p.text);
  out.text(p.language);
  out.text(p.element);
  out.number(p.words.size());
  std::uint32_t at = 0;
  Source before;
  for (const Word& w : p.words) {
    out.number(w.text.begin - at);
    out.number(w.text.end - w.text.begin);
    pack_source(out, w.source, before);
    at = w.text.end;
    before = w.source;
  }
  out.number(p.sentences.size());
  at = 0;
  for (const Sentence& s : p.sentences) {
    out.number(s.text.begin - at);
    out.number(s.text.end - s.text.begin);
    out.number(s.words);
    at = s.text.end;
  }
}

// Within the text, behind the one before, whole characters.
Range range(Unpacker& in, std::string_view text, std::uint32_t& at) {
  const std::uint64_t begin = at + in.number(text.size()), end = begin + in.number(text.size());
  const auto starts = [&](std::uint64_t i) {
    return i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
  };
  if (end > text.size() || end <= begin || !starts(begin) || !starts(end)) {
    in.refuse();
    return {};
  }
  at = static_cast<std::uint32_t>(end);
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

Paragraph unpack_paragraph(Unpacker& in) {
  Paragraph p;
  p.kind = static_cast<Kind>(in.number(static_cast<std::uint64_t>(Kind::caption)));
  p.level = static_cast<std::uint8_t>(in.number(6));
  p.right_to_left = in.number(1) != 0;
  p.text = clean_text(in, most_text_bytes);
  p.language = tag(in);
  p.element = clean_text(in, most_name_bytes);
  std::uint32_t at = 0;
  Source before;
  for (std::size_t n = in.count(); n > 0 && in.ok(); --n) {
    Word w;
    w.text = range(in, p.text, at);
    w.source = unpack_source(in, before);
    before = w.source;
    p.words.push_back(w);
  }
  at = 0;
  std::uint64_t word = 0;
  for (std::size_t n = in.count(); n > 0 && in.ok(); --n) {
    Sentence s;
    s.text = range(in, p.text, at);
    s.first_word = static_cast<std::uint32_t>(word);
    s.words = static_cast<std::uint32_t>(in.number(p.words.size()));
    word += s.words;
    if (!in.ok() || s.words == 0 || word > p.words.size() || p.words[s.first_word].text.begin < s.text.begin ||
        p.words[word - 1].text.end > s.text.end) {
      in.refuse();
      break;
    }
    p.sentences.push_back(s);
  }
  if (word != p.words.size() || p.words.empty()) in.refuse();
  return p;
}

void pack_position(Packer& out, Position at) {
  out.number(at.chapter);
  out.number(at.paragraph);
}

Position unpack_position(Unpacker& in) {
  Position at;
  at.chapter = static_cast<std::uint32_t>(in.number(0xFFFFFFFF));
  at.paragraph = static_cast<std::uint32_t>(in.number(0xFFFFFFFF));
  return at;
}

}  // namespace

std::vector<std::byte> packed(const Job& job) {
  std::vector<std::byte> out(job.name.size() + job.password.size() + 20);
  Packer packer(out);
  packer.text(job.name);
  packer.text(job.password);
  out.resize(packer.size());
  return out;
}

Result<Job> job_of(std::span<const std::byte> bytes) {
  Unpacker in(bytes);
  Job job;
  job.name = in.text(most_name_bytes);
  job.password = in.text(most_name_bytes);
  if (!in.ok()) return fail(Code::invalid, "the job makes no sense");
  return job;
}

Result<std::size_t> pack(const Info& info, std::span<std::byte> room) {
  Packer out(room);
  for (const std::string* text : {&info.format, &info.title, &info.author, &info.language}) out.text(*text);
  if (out.full()) return too_long();
  return out.size();
}

Result<Info> info_of(std::span<const std::byte> payload) {
  Unpacker in(payload);
  Info info;
  for (std::string* text : {&info.format, &info.title, &info.author}) *text = clean_text(in, most_name_bytes);
  info.language = tag(in);
  if (!in.ok() || !in.at_end()) return lie();
  return info;
}

std::size_t pack(std::span<const Chapter> chapters, std::span<std::byte> room, std::size_t& count) {
  std::size_t bytes = 0;
  for (const Chapter& chapter : chapters) {
    Packer out(room.subspan(bytes));
    out.number(chapter.level);
    out.text(chapter.title);
    if (out.full()) break;
    bytes += out.size();
    ++count;
  }
  return bytes;
}

Result<std::vector<Chapter>> chapters_of(std::span<const std::byte> payload) {
  Unpacker in(payload);
  std::vector<Chapter> out;
  while (in.ok() && !in.at_end()) {
    Chapter chapter;
    chapter.level = static_cast<std::uint8_t>(in.number(255));
    chapter.title = clean_text(in, most_name_bytes);
    out.push_back(std::move(chapter));
  }
  if (!in.ok()) return lie();
  return out;
}

std::size_t packed_bytes(const Paragraph& p) noexcept {
  constexpr std::size_t number = 10, box = 16 + 5;
  const bool boxed = !p.words.empty() && p.words.front().source.page != 0;
  // The places of a text's words follow each other: two bytes, and three for a large step.
  return p.text.size() + p.language.size() + p.element.size() + 10 * number +
         p.words.size() * (6 + 1 + 2 * 4 + (boxed ? box : 0)) + p.sentences.size() * 9;
}

Result<std::size_t> pack(const Batch& batch, std::span<std::byte> room) {
  Packer out(room);
  out.real(batch.done);
  out.number(batch.next ? 1 : 0);
  if (batch.next) pack_position(out, *batch.next);
  out.number(batch.paragraphs.size());
  for (const Placed& placed : batch.paragraphs) {
    pack_position(out, placed.at);
    pack_paragraph(out, placed.paragraph);
  }
  if (out.full()) return too_long();
  return out.size();
}

Result<Batch> batch_of(std::span<const std::byte> payload, Position from) {
  Unpacker in(payload);
  Batch batch;
  batch.done = in.real();
  if (!(batch.done >= 0 && batch.done <= 1)) return lie();
  if (in.number(1) != 0) batch.next = unpack_position(in);
  std::optional<Position> before;
  for (std::size_t n = in.count(); n > 0 && in.ok(); --n) {
    Placed placed;
    placed.at = unpack_position(in);
    placed.paragraph = unpack_paragraph(in);
    // In order, and nothing from before what was asked for.
    if (placed.at < from || (before && placed.at <= *before)) return lie();
    before = placed.at;
    batch.paragraphs.push_back(std::move(placed));
  }
  if (!in.ok() || !in.at_end()) return lie();
  // Whoever reads on comes to an end.
  if (batch.next && (!before || *batch.next <= *before)) return lie();
  return batch;
}

}  // namespace weir::documents::wire
