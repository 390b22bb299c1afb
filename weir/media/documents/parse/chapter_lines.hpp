// Lines of plain text that begin a chapter: "CHAPTER I.", "Chapter 12", "PART TWO", "第三章".
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::documents {

enum class ChapterLine : std::uint8_t {
  none,
  part,       // a part of the book, which has chapters
  chapter,    // with its title, or it needs none
  bare_part,  // the title may be on the next line
  bare_chapter
};

// `line` without blanks at its ends.
ChapterLine chapter_line(std::string_view line);

}  // namespace weir::documents
