// Book: one file, opened by the parser of its format. What weir-worker-document asks the parsers for.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/documents/document.hpp"

namespace weir::documents {

// How bytes begin…end of a RawParagraph's text lie in the file. Where `linear`, the text's byte begin + n is the
// source's `begin` + n; else all of the piece is one place (a word on a page, a character reference).
struct Piece {
  Range text;
  Source source;
  bool linear = true;
};

// A paragraph as its format gives it, before blanks are put in order, and words and sentences are looked for.
struct RawParagraph {
  Kind kind = Kind::text;
  std::uint8_t level = 0;  // of a heading
  std::string text;        // UTF-8, valid; any blanks
  std::string language;    // empty: the book's
  std::string element;
  std::vector<Piece> pieces;  // in the text's order, not overlapping; what none covers has no place of its own
};

// Chapters are numbered as they are read, from 0. Memory is bounded whatever the file holds: a parser keeps what it
// needs of one chapter, page or block, and gives up with `corrupt` or `exhausted` where a file makes that too much.
// Thread-safety: one thread at a time.  Allocates: yes.  Blocks: never (the file is mapped).
// Ownership: borrows the file's bytes.
class Book {
 public:
  virtual ~Book() = default;
  virtual const Info& info() const noexcept = 0;
  virtual Result<std::vector<Chapter>> chapters() = 0;
  // next() goes on at the beginning of that chapter. `not_found`: there are fewer.
  virtual Result<void> seek(std::uint32_t chapter) = 0;
  // The chapter's next paragraph, in reading order; nothing at its end.
  virtual Result<std::optional<RawParagraph>> next() = 0;
  // How much of the file has been gone through, 0 to 1.
  virtual float done() const noexcept = 0;
  // JPEG or PNG; empty: none.
  virtual Result<std::vector<std::byte>> cover() { return std::vector<std::byte>(); }
};

struct BookOptions {
  std::string name;      // of the file, without its folder, for titles and errors
  std::string password;  // of an encrypted PDF
};

// Errors as DocumentReader::open() has them.
using OpenBook = Result<std::unique_ptr<Book>>(std::span<const std::byte> file, const BookOptions& options);
OpenBook open_text, open_markdown, open_html, open_epub, open_docx, open_pdf;

// By the name's ending; where that says nothing, by the first bytes.
OpenBook open_book;

}  // namespace weir::documents
