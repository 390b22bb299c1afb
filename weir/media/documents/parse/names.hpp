// Titles of what has none of its own.
#pragma once

#include <string>
#include <string_view>

namespace weir::documents {

// "moby_dick.txt" is called "moby_dick".
std::string title_of(std::string_view file_name);

// A heading's text as a title: blanks in order, at most 500 bytes.
std::string title_from(const std::string& heading);

}  // namespace weir::documents
