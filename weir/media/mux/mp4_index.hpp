// FragmentIndex: where in a fragmented MP4 a player can begin, as one box before the fragments (sidx, ISO/IEC 14496-12
// 8.16.3). With it a player knows the length and seeks at once; without it, it has to walk through the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weir::media {

// The box's place is reserved before anything is known, so that nothing has to be moved later. When its entries are
// used up, neighbours become one: the index gets coarser, not longer. Thread-safety: used by one thread.  Allocates:
// construction and box().  Blocks: never.  Ownership: value type.
class FragmentIndex {
 public:
  static constexpr std::size_t max_entries = 512;
  static constexpr std::size_t reserved_bytes = 40 + 12 * max_entries + 8;

  explicit FragmentIndex(std::uint32_t timescale) : timescale_(timescale) { entries_.reserve(max_entries); }

  // A fragment that begins with a key frame begins at this place and decoding time.
  void key_at(std::uint64_t offset, std::int64_t time);

  // What the place holds while the file is written: a box that says nothing.
  static std::vector<std::byte> placeholder();
  // The box, reserved_bytes long, for a file whose fragments end at `end_offset` and `end_time`. `first_pts`: of the
  // first picture. Nothing if the file cannot be described: no entry, or 2 GiB between two of them.
  std::optional<std::vector<std::byte>> box(std::int64_t first_pts, std::uint64_t end_offset,
                                            std::int64_t end_time) const;

 private:
  struct Entry {
    std::uint64_t offset;
    std::int64_t time;
  };
  std::uint32_t timescale_;
  std::size_t stride_ = 1;  // every so manieth key is an entry
  std::size_t seen_ = 0;
  std::vector<Entry> entries_;
};

// How much of a fragmented MP4 is whole: up to the end of its last complete fragment. 0: not even one is. For what a
// crash left behind. `descriptor`: at least readable; its position is not used.
std::uint64_t whole_fragment_bytes(int descriptor) noexcept;

}  // namespace weir::media
