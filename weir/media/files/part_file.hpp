// PartFile: a file that is there whole or not at all. It is written as NAME.part and gets its name at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "weir/core/result.hpp"

namespace weir::media {

// What happens to a file that has the name already.
enum class Existing {
  kept,      // it is an error
  replaced,  // by the new one at once when that is whole; until then it stays as it is
};

// What is appended to a file's name while it is written.
constexpr std::string_view part_suffix = ".part";

// While it lives, its NAME.part is locked (flock): what is found unlocked was left by a program that crashed.
// Errors: `exhausted`: no room on the disk, over a quota or a size limit. `denied`: permissions, read-only.
// `invalid`: the name is taken, by a file that is kept, a folder, or one that is being written. `not_found`: no such
// folder.
// Thread-safety: used by one thread.  Allocates: in errors and names.  Blocks: on the disk.
// Ownership: owns the descriptor; a file that was not committed is removed.
class PartFile {
 public:
  // Where files are replaced, a NAME.part that a crash left behind is taken over.
  static Result<PartFile> open(const std::filesystem::path& path, Existing existing = Existing::kept);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  Result<void> append(std::span<const std::byte> bytes);
  // Over bytes that are there already.
  Result<void> overwrite(std::uint64_t offset, std::span<const std::byte> bytes);
  // Back to its first `bytes`.
  Result<void> truncate(std::uint64_t bytes);
  // Waits until it is on the disk, then gives it its name. Once; after an error it will be removed.
  Result<void> commit();

  // What was written here; not what others wrote to its descriptor.
  std::uint64_t bytes() const noexcept { return bytes_; }
  // For a worker that writes the file in place of the calls above.
  int descriptor() const noexcept { return descriptor_; }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  PartFile(std::filesystem::path path, std::filesystem::path part, int descriptor, Existing existing)
      : path_(std::move(path)), part_(std::move(part)), descriptor_(descriptor), existing_(existing) {}
  Result<void> write(std::span<const std::byte> bytes, std::uint64_t offset);
  tl::unexpected<Error> failed(int error) const;

  std::filesystem::path path_, part_;  // part_ is empty once there is nothing to remove
  int descriptor_ = -1;
  Existing existing_;
  std::uint64_t bytes_ = 0;
};

// A whole file at once, such as a snapshot.
Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

// Gives NAME.part its name without ever taking that of another file. Returns 0 or an errno, EEXIST when it is taken.
int rename_new(int from_folder, const char* from, int to_folder, const char* to) noexcept;

}  // namespace weir::media
