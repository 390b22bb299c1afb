// Loader memory: the anonymous memory that the dynamic loader and the libraries' constructors mapped for themselves.
#pragma once

#include <vector>

#include "weir/core/range_table.hpp"

namespace weir::detail {

// Where it lay when the program's own constructors ran; the allocator's first extents are among it, so what knows its
// owner better belongs on top. Sorted; tag: 0. Half a megabyte for 150 libraries: it is part of loading them.
// Thread-safety: any thread.  Allocates: once, before main.  Blocks: never.  Ownership: names memory, owns none.
const std::vector<Range>& loader_memory();

}  // namespace weir::detail
