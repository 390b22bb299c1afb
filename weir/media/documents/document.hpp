// The one model of every document: chapters of paragraphs of sentences of words, each with its place in the file.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::documents {

// A part of a text: bytes of its UTF-8, whole characters.
struct Range {
  std::uint32_t begin = 0, end = 0;
  bool operator==(const Range&) const = default;
};

// Where a word stands in the file that it comes from. What a format does not have is 0.
struct Source {
  // Plain text and Markdown: bytes of the file. HTML, EPUB, DOCX: bytes of the text of the element that
  // Paragraph::element names, blanks as they are there.
  std::uint64_t begin = 0, end = 0;
  // PDF: the page from 1, and a box in points from the page's upper left corner.
  std::uint32_t page = 0;
  float left = 0, top = 0, right = 0, bottom = 0;
  bool operator==(const Source&) const = default;
};

// What is said and timed as one: see words.hpp.
struct Word {
  Range text;  // of the paragraph's
  Source source;
  bool operator==(const Word&) const = default;
};

struct Sentence {
  Range text;  // of the paragraph's
  std::uint32_t first_word = 0, words = 0;
  bool operator==(const Sentence&) const = default;
};

enum class Kind : std::uint8_t { text, heading, item, quote, verse, table, code, footnote, caption };

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its text.
struct Paragraph {
  Kind kind = Kind::text;
  std::uint8_t level = 0;  // of a heading: 1 to 6
  bool right_to_left = false;
  std::string text;  // UTF-8 without control characters; blanks are single, and none at the ends
  // BCP 47: what the document says of this paragraph, else of itself; where that is nothing, or a language that is not
  // written like this, the usual language of the script. Empty: Latin script, and nobody says.
  std::string language;
  std::string element;  // HTML, EPUB, DOCX: "OEBPS/chapter_1.xhtml#/html/body/section/p[3]"; else empty
  std::vector<Word> words;
  std::vector<Sentence> sentences;  // in order; together they have every word once
  bool operator==(const Paragraph&) const = default;
};

// Counted from 0. A paragraph without words has no number, as there is none.
struct Position {
  std::uint32_t chapter = 0, paragraph = 0;
  auto operator<=>(const Position&) const = default;
};

struct Chapter {
  std::string title;       // of the table of contents or the heading; empty: it has none
  std::uint8_t level = 1;  // 1: a chapter or part, 2: within that …
  bool operator==(const Chapter&) const = default;
};

// What is known without reading the text.
struct Info {
  std::string format;  // "EPUB 3", "PDF", "Markdown", "plain text, UTF-8": for people
  std::string title, author;
  std::string language;  // BCP 47; empty: the document does not say
  bool operator==(const Info&) const = default;
};

struct Placed {
  Position at;
  Paragraph paragraph;
  bool operator==(const Placed&) const = default;
};

// Some paragraphs in reading order, and where to go on; nothing: this was the end.
struct Batch {
  std::vector<Placed> paragraphs;
  std::optional<Position> next;
  float done = 0;  // how much of the document lies before that, 0 to 1: for showing progress
  bool operator==(const Batch&) const = default;
};

}  // namespace weir::documents
