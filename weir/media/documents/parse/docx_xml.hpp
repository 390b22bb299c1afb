// Elements of a DOCX by their local names: whatever prefix a program gives the namespaces.
#pragma once

#include <pugixml.hpp>
#include <string_view>

namespace weir::documents::docx {

inline std::string_view local(const char* name) {
  const std::string_view all = name;
  return all.substr(all.rfind(':') + 1);  // none: npos + 1 is 0
}

inline pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  return node.find_child([name](const pugi::xml_node& c) { return local(c.name()) == name; });
}

inline std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
  return node.find_attribute([name](const pugi::xml_attribute& a) { return local(a.name()) == name; }).value();
}

}  // namespace weir::documents::docx
