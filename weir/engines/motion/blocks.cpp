#include "weir/engines/motion/blocks.hpp"

#include <algorithm>

namespace weir::motion {

Grouper::Grouper(int columns, int rows)
    : columns_(columns),
      rows_(rows),
      seen_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)),
      members_(seen_.size()) {
  groups_.reserve(max_groups);
}

std::span<const Group> Grouper::group(std::span<const std::uint8_t> moved, std::span<const std::uint16_t> difference,
                                      unsigned weak, unsigned strong, unsigned least_moved) noexcept {
  constexpr int reach = 2;  // closes gaps of one block
  groups_.clear();
  std::size_t end = 0;  // of members_: those found, looked around from or not yet
  std::fill(seen_.begin(), seen_.end(), std::uint8_t{0});
  for (std::int32_t start = 0; start < static_cast<std::int32_t>(seen_.size()); ++start) {
    if (moved[static_cast<std::size_t>(start)] < strong || seen_[static_cast<std::size_t>(start)] != 0) continue;
    Group group{columns_, rows_, -1, -1};
    group.first = static_cast<std::uint32_t>(end);
    std::size_t next_open = end;
    members_[end++] = start;
    seen_[static_cast<std::size_t>(start)] = 1;
    while (next_open < end) {
      const std::int32_t at = members_[next_open++];
      const int x = at % columns_;
      const int y = at / columns_;
      group.left = std::min(group.left, x);
      group.right = std::max(group.right, x);
      group.top = std::min(group.top, y);
      group.bottom = std::max(group.bottom, y);
      group.moved += moved[static_cast<std::size_t>(at)];
      group.difference += difference[static_cast<std::size_t>(at)];
      ++group.blocks;
      for (int ny = std::max(0, y - reach); ny <= std::min(rows_ - 1, y + reach); ++ny) {
        for (int nx = std::max(0, x - reach); nx <= std::min(columns_ - 1, x + reach); ++nx) {
          const std::int32_t next = ny * columns_ + nx;
          if (moved[static_cast<std::size_t>(next)] < weak || seen_[static_cast<std::size_t>(next)] != 0) continue;
          seen_[static_cast<std::size_t>(next)] = 1;
          members_[end++] = next;
        }
      }
    }
    if (group.moved >= least_moved && groups_.size() < max_groups) groups_.push_back(group);
  }
  return groups_;
}

}  // namespace weir::motion
