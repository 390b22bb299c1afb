// A Markdown file divided into what is parsed at a time: chapters, and long ones into parts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "weir/media/documents/document.hpp"

namespace weir::documents {

// Title, author and language of the lines between --- at a file's beginning; where the text begins behind them.
std::size_t read_front_matter(std::string_view text, Info& info);

struct Segment {
  std::size_t begin = 0, end = 0;  // bytes of the text
  std::size_t heading_end = 0;     // of the heading that it begins with; `begin`: with none
  bool begins_chapter() const noexcept { return heading_end > begin; }
};

// The one that begins there, up to the next heading of level 1 or 2; a long one ends at a blank line before that.
Segment segment_at(std::string_view text, std::size_t begin);

// All lines that define where links lead to: every part of the text may refer to them.
std::string definitions_of(std::string_view text);

}  // namespace weir::documents
