// The text of one paragraph of a DOCX.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace pugi {
class xml_node;  // NOLINT(readability-identifier-naming): the library's name
}

namespace weir::documents::docx {

// Appends what a reader sees of a w:p: no deleted or hidden text, of a field its result, of two alternatives the first.
// Places are bytes of all the text in the element, of which `before` lie before this one.
// Returns the bytes of text in this one.
std::uint64_t append_text(RawParagraph& paragraph, const pugi::xml_node& element, std::uint64_t before = 0);

// What belongs behind a paragraph.
struct Attached {
  std::vector<std::string> footnotes, endnotes;  // their ids
  std::vector<pugi::xml_node> text_boxes;        // w:txbxContent
  bool has_text = false;                         // of its own
};
void find_attached(const pugi::xml_node& element, Attached& attached);

}  // namespace weir::documents::docx
