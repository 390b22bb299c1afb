#include "weir/media/mux/mp4_index.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace weir::media {
namespace {

void put(std::vector<std::byte>& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(value >> shift & 0xff));
}

constexpr std::uint32_t fourcc(const char (&name)[5]) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(name[i]);
  return value;
}

// Fills up to reserved_bytes.
void put_free(std::vector<std::byte>& out) {
  const std::size_t left = FragmentIndex::reserved_bytes - out.size();
  put(out, left, 4);
  put(out, fourcc("free"), 4);
  out.resize(FragmentIndex::reserved_bytes);
}

std::uint64_t big_endian(const std::byte* bytes, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

}  // namespace

void FragmentIndex::key_at(std::uint64_t offset, std::int64_t time) {
  if (seen_++ % stride_ != 0) return;
  if (entries_.size() == max_entries) {
    for (std::size_t i = 0; i < max_entries / 2; ++i) entries_[i] = entries_[2 * i];
    entries_.resize(max_entries / 2);
    stride_ *= 2;
  }
  entries_.push_back({offset, time});
}

std::vector<std::byte> FragmentIndex::placeholder() {
  std::vector<std::byte> out;
  put_free(out);
  return out;
}

std::optional<std::vector<std::byte>> FragmentIndex::box(std::int64_t first_pts, std::uint64_t end_offset,
                                                         std::int64_t end_time) const {
  // The last one may have begun a fragment that did not come to its end.
  std::size_t count = entries_.size();
  while (count > 0 && entries_[count - 1].offset >= end_offset) --count;
  if (count == 0) return std::nullopt;
  std::vector<std::byte> out;
  out.reserve(reserved_bytes);
  const std::size_t box_bytes = 40 + 12 * count;
  put(out, box_bytes, 4);
  put(out, fourcc("sidx"), 4);
  put(out, 1u << 24, 4);  // version 1: 64-bit times; no flags
  put(out, 1, 4);         // the track
  put(out, timescale_, 4);
  put(out, static_cast<std::uint64_t>(first_pts), 8);
  put(out, reserved_bytes - box_bytes, 8);  // from here to the first fragment: the box that fills up
  put(out, count, 4);                       // 16 reserved bits, then the count
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const std::uint64_t bytes = (last ? end_offset : entries_[i + 1].offset) - entries_[i].offset;
    const auto duration = static_cast<std::uint64_t>((last ? end_time : entries_[i + 1].time) - entries_[i].time);
    if (bytes > 0x7fffffff || duration > 0xffffffff) return std::nullopt;
    put(out, bytes, 4);  // the top bit is 0: media, no further index
    put(out, duration, 4);
    put(out, 1u << 31, 4);  // begins with a key frame
  }
  put_free(out);
  return out;
}

std::uint64_t whole_fragment_bytes(int descriptor) noexcept {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::uint64_t at = 0, whole = 0;
  bool header = false, fragment = false;
  // What is no recording of ours at all may look like very many boxes.
  for (int boxes = 0; boxes < 1'000'000 && size - at >= 8; ++boxes) {
    std::array<std::byte, 16> head{};
    if (::pread(descriptor, head.data(), head.size(), static_cast<off_t>(at)) < 8) break;
    std::uint64_t bytes = big_endian(head.data(), 4);
    const auto type = static_cast<std::uint32_t>(big_endian(head.data() + 4, 4));
    if (bytes == 1) bytes = big_endian(head.data() + 8, 8);
    if (bytes < 8 || bytes > size - at) break;
    at += bytes;
    header |= type == fourcc("moov");
    if (type == fourcc("moof")) fragment = true;
    if (type == fourcc("mdat") && header && fragment) {
      fragment = false;
      whole = at;
    }
  }
  return whole;
}

}  // namespace weir::media
