// Where a name that came over the network may lead: to a file below one folder, and nowhere else.
#pragma once

#include <filesystem>
#include <string_view>

#include "weir/core/result.hpp"

namespace weir::server {

// `relative` below `root`, with symbolic links resolved. It must exist.
// Refused (`denied`): what is absolute, has "..", ".", empty parts, a NUL, a hidden name or an unfinished file (.part),
// in itself or behind a link, and links that lead out of `root`. Missing: `not_found`.
Result<std::filesystem::path> inside(const std::filesystem::path& root, std::string_view relative);

}  // namespace weir::server
