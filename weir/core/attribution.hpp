// Attribution: every resident byte of every mapping goes to exactly one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "weir/core/range_table.hpp"
#include "weir/core/smaps.hpp"

namespace weir::detail {

// Owners by number: these, then the accounts from `first_account` on.
enum OwnerNumber : std::uint32_t { unaccounted, file_backed, stack, allocator, first_account };

// Sorted ranges without overlaps: where two lists claim the same addresses, `above` wins.
void overlay(std::vector<Range>& below, std::span<const Range> above);

// How many pages of [begin, end), whole pages, are in memory. May count pages that the mapping's figures do not (pages
// of zeroes that were only read), so shares are taken of it and never sums.
using ResidentPages = std::function<std::uint64_t(std::uintptr_t begin, std::uintptr_t end)>;
// By mincore.
std::uint64_t resident_pages(std::uintptr_t begin, std::uintptr_t end);

// Adds each mapping's proportional share (PSS) to `bytes`, indexed by owner: to the owner of the ranges that cover it,
// by resident pages where there are several, and what no range covers by the mapping's kind. The sum of what is added
// is exactly the sum of the mappings' shares.
// `owned`: sorted, not overlapping, tags are owners below bytes.size(). `mappings`: sorted.
void attribute(std::span<const Mapping> mappings, std::span<const Range> owned, const ResidentPages& pages,
               std::vector<std::uint64_t>& bytes);

}  // namespace weir::detail
