// BlockBuilder: from the elements of HTML or XHTML, one after the other, to paragraphs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

// In a RawParagraph's text: a blank at which a sentence ends whatever stands before it, as between a table's cells.
inline constexpr std::string_view sentence_end = "\u2029";

// As the file has them, entities resolved. Names of any case, prefixes included.
struct Attribute {
  std::string_view name, value;
};

// Scripts, styles, what is hidden, references to notes and the reading aids of ruby are left out. Bounded: a paragraph
// ends after 64 KiB, and elements deeper than 256 count as their ancestor.
// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: owns what it has built, borrows no argument.
class BlockBuilder {
 public:
  // The file's name stands in front of the elements' paths: "NAME#/html/body/p[3]".
  explicit BlockBuilder(std::string file) : file_(std::move(file)) {}

  // open() and close() in pairs; all text of the file, so that the places of words are right.
  void open(std::string_view name, std::span<const Attribute> attributes);
  void text(std::string_view utf8);
  void close();
  // The paragraph ends here, as it does before a block element; also at the end of the file.
  void end_paragraph();

  // The next one that is complete.
  std::optional<RawParagraph> take();

 private:
  // What an element says of the text in it, inherited.
  struct Context {
    Kind kind = Kind::text;
    std::uint8_t level = 0;
    bool skipped = false, noted = false, in_row = false, preformatted = false;
    bool in_sup = false, in_local_link = false;
    std::string language;
  };
  struct Element {
    std::string name;
    Context context;
    std::string path;              // empty: too long to be told
    std::uint64_t text_begin = 0;  // bytes of text before it
    bool block = false;
    bool cell_has_block = false;                                  // a cell with a paragraph in it
    std::vector<std::pair<std::string, std::uint32_t>> children;  // how many of each name were opened
  };

  Context context_of(std::string_view name, std::span<const Attribute> attributes, const Context& parent) const;
  std::string path_of(std::string_view name);
  bool ends_paragraph(std::string_view name, bool block) noexcept;
  void line_break();
  void append(std::string_view utf8, std::uint64_t at);
  bool begun() const noexcept { return has_text_; }

  const std::string file_;
  std::vector<Element> open_;
  std::size_t too_deep_ = 0;
  std::uint64_t text_bytes_ = 0;  // of the file so far
  RawParagraph paragraph_;
  std::uint64_t paragraph_base_ = 0;  // where its element's text begins
  bool placed_ = false, has_text_ = false;
  std::uint32_t breaks_ = 0, breaks_in_a_row_ = 0;  // by <br>
  bool line_is_blank_ = false;                      // of preformatted text
  std::deque<RawParagraph> ready_;
};

}  // namespace weir::documents
