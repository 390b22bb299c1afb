// Landlock: of all files, a process keeps the right to read some.
#pragma once

#include <filesystem>
#include <span>

#include "weir/core/result.hpp"

namespace weir::worker::detail {

// For this process, for good: files below these paths may be opened for reading and their folders listed, links as
// where they lead to; everything else that opens, makes, changes or removes a file answers EACCES. Paths that do not
// exist are passed over. The process must have no second thread yet: the kernel would leave that one free. No new
// privileges must be set. Failed: a kernel without Landlock, or what it says.
Result<void> restrict_files(std::span<const std::filesystem::path> readable);

}  // namespace weir::worker::detail
