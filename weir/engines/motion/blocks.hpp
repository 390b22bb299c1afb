// From a grid of blocks in which something moves to boxes around what moves together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weir::motion {

// Blocks that belong together, in block coordinates, both ends included.
struct Group {
  int left = 0, top = 0, right = 0, bottom = 0;
  std::uint32_t moved = 0;       // pixels
  std::uint32_t difference = 0;  // levels, summed over the moved blocks' pixels
  std::uint32_t blocks = 0;      // that moved
  std::uint32_t first = 0;       // of members(): which those are
};

// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.  Ownership: owns its buffers.
class Grouper {
 public:
  static constexpr std::size_t max_groups = 256;

  Grouper(int columns, int rows);

  // Joins blocks with at least `weak` moved pixels that touch, or are one block apart, into groups; keeps those that
  // have a block with at least `strong` and `least_moved` pixels altogether. Beyond max_groups, those found last go.
  // Valid until the next call.
  std::span<const Group> group(std::span<const std::uint8_t> moved, std::span<const std::uint16_t> difference,
                               unsigned weak, unsigned strong, unsigned least_moved) noexcept;

  // The blocks of a group of the last call, as indices into `moved`.
  std::span<const std::int32_t> members(const Group& group) const noexcept {
    return std::span(members_).subspan(group.first, group.blocks);
  }

 private:
  int columns_, rows_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::int32_t> members_;
  std::vector<Group> groups_;
};

}  // namespace weir::motion
