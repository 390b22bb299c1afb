// The known word that an unknown one was probably meant to be.
#pragma once

#include <span>
#include <string_view>

namespace weir::app {

// The nearest candidate by edits (insert, delete, replace, swap of neighbours), empty if none is near.
// Thread-safety: any thread.  Allocates: yes.  Blocks: never.  Ownership: a view of one of `candidates`.
std::string_view did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace weir::app
