// What must be true of every book, whatever its file holds: for the fuzz targets of the formats.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents::fuzz {

inline void expect(bool holds) {
  if (!holds) std::abort();
}

inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = c < 0x80                ? 1
                               : c >= 0xC2 && c < 0xE0 ? 2
                               : c >= 0xE0 && c < 0xF0 ? 3
                               : c >= 0xF0 && c < 0xF5 ? 4
                                                       : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t n = 1; n < length; ++n) {
      if ((static_cast<unsigned char>(text[i + n]) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

inline void expect_sound(const RawParagraph& paragraph) {
  expect(is_utf8(paragraph.text) && is_utf8(paragraph.element) && is_utf8(paragraph.language));
  expect(paragraph.text.size() <= 65536 + 8 && paragraph.level <= 6);
  std::uint32_t at = 0;
  for (const Piece& piece : paragraph.pieces) {
    expect(piece.text.begin >= at && piece.text.begin <= piece.text.end && piece.text.end <= paragraph.text.size());
    expect(!piece.linear || piece.source.end - piece.source.begin == piece.text.end - piece.text.begin);
    at = piece.text.end;
  }
}

inline void expect_one_line(const Error& error) { expect(error.line().find('\n') == std::string::npos); }

inline std::vector<std::string> chapter_of(Book& book, std::uint32_t number) {
  std::vector<std::string> texts;
  if (const auto there = book.seek(number); !there) {
    expect_one_line(there.error());
    return texts;
  }
  while (true) {
    const auto next = book.next();
    if (!next) expect_one_line(next.error());
    if (!next || !*next) return texts;
    expect_sound(**next);
    expect(book.done() >= 0 && book.done() <= 1);
    texts.push_back((*next)->text);
  }
}

// All of it forwards, and a chapter again: the same.
inline void read(OpenBook& open, std::span<const std::byte> file) {
  const auto book = open(file, {"fuzz", ""});
  if (!book) return expect_one_line(book.error());
  const Info& info = (*book)->info();
  expect(is_utf8(info.title) && is_utf8(info.author) && is_utf8(info.language));
  std::vector<std::string> third;
  for (std::uint32_t i = 0; i < 64; ++i) {
    auto texts = chapter_of(**book, i);
    if (i == 2) third = std::move(texts);
  }
  const auto chapters = (*book)->chapters();
  if (!chapters) return expect_one_line(chapters.error());
  for (const Chapter& chapter : *chapters) expect(is_utf8(chapter.title));
  if (chapters->size() > 2) expect(chapter_of(**book, 2) == third);
  (void)(*book)->cover();
}

// Up to so many files from one input.
inline std::vector<std::string> parts_of(std::string_view bytes, std::size_t most) {
  std::vector<std::string> parts;
  while (parts.size() + 1 < most && bytes.find('\xFE') != std::string_view::npos) {
    parts.emplace_back(bytes.substr(0, bytes.find('\xFE')));
    bytes.remove_prefix(bytes.find('\xFE') + 1);
  }
  parts.emplace_back(bytes);
  parts.resize(most);
  return parts;
}

}  // namespace weir::documents::fuzz
