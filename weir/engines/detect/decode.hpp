// Decoders: a network's numbers as candidates, in pixels of the network's input. One for each Form (layout.hpp).
#pragma once

#include "weir/engines/detect/candidates.hpp"
#include "weir/engines/detect/layout.hpp"

namespace weir::detect {

// Numbers in row-major order.
struct Tensor {
  const float* data = nullptr;
  Shape shape;
};

// Whether these outputs have the shapes of the reading; of finished forms the number of rows may differ.
bool fits(const Reading& reading, std::span<const Tensor> outputs) noexcept;

// Adds what is in the outputs, which fit the reading. Any numbers may be in them.
// Thread-safety: any thread.  Allocates: never.  Blocks: never.  Ownership: none.
void decode(const Reading& reading, std::span<const Tensor> outputs, Candidates& into) noexcept;

}  // namespace weir::detect
