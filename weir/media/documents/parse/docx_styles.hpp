// What the styles of a DOCX make of its paragraphs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "weir/media/documents/document.hpp"

namespace pugi {
class xml_node;  // NOLINT(readability-identifier-naming): the library's name
}

namespace weir::documents::docx {

struct Role {
  Kind kind = Kind::text;
  std::uint8_t level = 0;  // of a heading
  bool title = false;      // of the document
};

// Thread-safety: const calls from any thread.  Allocates: yes.  Blocks: never.  Ownership: owns what it has read.
class Styles {
 public:
  // The root of word/styles.xml; none: styles are known by their ids.
  void read(const pugi::xml_node& root);
  // Of a w:p: by its own outline level and numbering, else its style's, else those that style is based on.
  Role role_of(const pugi::xml_node& paragraph) const;
  const std::string& language() const noexcept { return language_; }

 private:
  struct Style {
    std::string name, based_on;
    int outline = -1;
    bool numbered = false;
  };
  Role named(const std::string& id) const;

  std::map<std::string, Style> styles_;
  std::string language_;  // of text that says nothing else
};

}  // namespace weir::documents::docx
