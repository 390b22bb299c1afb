// The character references of XML and HTML 4.
#pragma once

#include <string>
#include <string_view>

namespace weir::documents {

// Valid UTF-8, whatever comes in. References that nobody knows, those to entities that a file declares itself among
// them, are left out: nothing is ever expanded.
std::string without_references(std::string_view text);

// What is no UTF-8 becomes U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace weir::documents
