// Regions: memory that did not come from the allocator and has an owner all the same: pools, rings, thread stacks.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "weir/core/range_table.hpp"

namespace weir {

// From now on these pages belong to `owner` (an account's name; made if there is none). Whole pages: a first page that
// is shared with something else is left out, a last one is taken in.
// Thread-safety: from any thread.  Allocates: the owner's name, once.  Blocks: short locks.
// Ownership: names memory, owns none; must be taken back before the memory is unmapped.
void register_region(std::string_view owner, std::span<const std::byte> memory);
void unregister_region(std::span<const std::byte> memory) noexcept;

namespace detail {
// Stacks of threads; the kernel names only the first thread's.
void register_stack(std::span<const std::byte> memory) noexcept;
void unregister_stack(std::span<const std::byte> memory) noexcept;

// Tag: account index.
void region_ranges(std::vector<Range>& out);
// Tag: 0.
void stack_ranges(std::vector<Range>& out);
}  // namespace detail

}  // namespace weir
