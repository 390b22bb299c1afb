// ZipWriter: a ZIP archive, entry by entry, with plain headers as EPUB wants them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::media {

// Without extra fields, data descriptors and dates (libarchive writes the first two always, and EPUB's first entry may
// not have them): the same entries give the same bytes. Names are ASCII. Memory: the longest text and 64 KiB.
// Errors: `exhausted`: no room on the disk; more than 4 GiB or 65,535 entries, which would be ZIP64.
// Thread-safety: one thread at a time.  Allocates: yes.  Blocks: on the disk.  Ownership: owns the file.
class ZipWriter {
 public:
  explicit ZipWriter(PartFile file) : file_(std::move(file)) {}

  Result<void> store(std::string_view name, std::span<const std::byte> bytes);
  Result<void> deflate(std::string_view name, std::string_view text);
  // A file as it is, a piece at a time. Gives its check sum.
  Result<std::uint32_t> store_file(std::string_view name, const std::filesystem::path& path);
  Result<void> commit();

  const std::filesystem::path& path() const noexcept { return file_.path(); }

 private:
  struct Entry {
    std::string name;
    std::uint16_t method = 0;
    std::uint32_t sum = 0, packed_bytes = 0, bytes = 0, offset = 0;
  };
  static std::vector<std::byte> head_of(const Entry& entry);
  Result<void> add(const Entry& entry, std::span<const std::byte> packed);
  Result<void> room_for(std::uint64_t bytes) const;

  PartFile file_;
  std::vector<Entry> entries_;
};

}  // namespace weir::media
