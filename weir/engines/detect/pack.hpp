// Pack: a picture as the planes of floats that networks take.
#pragma once

#include "weir/engines/detect/detector.hpp"

namespace weir::detect {

// Writes 3 · height · width floats: one plane a channel, in the style's order, (byte - offset) · factor.
// Thread-safety: any thread.  Allocates: never.  Blocks: never.  Ownership: none.
void pack(const Picture& picture, const InputStyle& style, float* planes) noexcept;

}  // namespace weir::detect
