// One XHTML file of a book as paragraphs.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

struct Xhtml {
  std::vector<RawParagraph> paragraphs;
  std::map<std::string, std::size_t> ids;  // of those asked for: the paragraph that begins there, or has it
  std::string title;                       // of the head
};

// Strictly as XML; where a file is not well-formed, as browsers read HTML. No DTD and no entity is ever loaded or
// expanded. `name` stands in front of the elements' paths. `corrupt`: nothing of it can be read.
Result<Xhtml> read_xhtml(const std::string& bytes, const std::string& name, const std::set<std::string>& ids);

}  // namespace weir::documents
