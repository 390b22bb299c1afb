// Which of the two workers a file is for.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace weir::documents {

// Of any case: "Book.PDF" has the ending ".pdf".
inline bool has_ending(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size()) return false;
  for (std::size_t i = 0; i < ending.size(); ++i) {
    const char c = name[name.size() - ending.size() + i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != ending[i]) return false;
  }
  return true;
}

// By the name's ending; where that is another one, by the first bytes, of which 1024 are enough.
inline bool is_pdf(std::string_view name, std::span<const std::byte> begin) {
  const std::string_view bytes(reinterpret_cast<const char*>(begin.data()), begin.size());
  return has_ending(name, ".pdf") || bytes.substr(0, 1024).find("%PDF-") != std::string_view::npos;
}

}  // namespace weir::documents
