#include "weir/media/files/part_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace weir::media {
namespace {

tl::unexpected<Error> file_error(const std::filesystem::path& path, int error) {
  const char* said = std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT: return fail(Code::exhausted, "no room on the disk; free some", path, said);
    case EFBIG: return fail(Code::exhausted, "the file may not become larger here; see the limits", path, said);
    case EACCES:
    case EPERM:
    case EROFS: return fail(Code::denied, "may not be written; check its permissions", path, said);
    case EEXIST: return fail(Code::invalid, "is there already and is not overwritten", path);
    case ENOENT: return fail(Code::not_found, "its folder is not there", path);
    default: return fail(Code::failed, "cannot be written", path, said);
  }
}

}  // namespace

int rename_new(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  if (::renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without that flag: a second name is not given either where one is taken.
  if (::linkat(from_folder, from, to_folder, to, 0) == 0) return ::unlinkat(from_folder, from, 0) == 0 ? 0 : errno;
  if (errno == EEXIST) return errno;
  // Nor with second names: nobody but us writes here, so that looking first does.
  if (::faccessat(to_folder, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  return ::renameat(from_folder, from, to_folder, to) == 0 ? 0 : errno;
}

Result<PartFile> PartFile::open(const std::filesystem::path& path, Existing existing) {
  std::filesystem::path part = path;
  part += part_suffix;
  struct stat found{};
  const bool taken = ::fstatat(AT_FDCWD, path.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
  if (taken && existing == Existing::kept) return file_error(path, EEXIST);
  if (taken && !S_ISREG(found.st_mode))
    return fail(Code::invalid, "is no file that can be replaced; choose another name", path);
  const int only_new = existing == Existing::kept ? O_EXCL : 0;
  const int descriptor = ::open(part.c_str(), O_RDWR | O_CREAT | only_new | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) return file_error(path, errno);
  // Where there are no locks, its leftovers are taken for those of a crash by a second program in the same folder.
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (existing == Existing::kept) ::unlink(part.c_str());  // it was made here
    ::close(descriptor);
    return fail(Code::invalid, "is being written by another program; wait for it, or choose another name", path);
  }
  PartFile file(path, std::move(part), descriptor, existing);
  if (existing == Existing::kept) return file;
  // Another program may have finished with it between the opening and the lock.
  struct stat named{};
  if (::fstat(descriptor, &found) != 0 || ::lstat(file.part_.c_str(), &named) != 0 || found.st_ino != named.st_ino ||
      found.st_dev != named.st_dev || !S_ISREG(found.st_mode)) {
    file.part_.clear();
    return fail(Code::invalid, "is being written by another program; wait for it, or choose another name", path);
  }
  if (auto emptied = file.truncate(0); !emptied) return tl::unexpected(emptied.error());
  return file;
}

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::exchange(other.part_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      existing_(other.existing_),
      bytes_(other.bytes_) {}

PartFile::~PartFile() {
  if (!part_.empty()) ::unlink(part_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

tl::unexpected<Error> PartFile::failed(int error) const { return file_error(path_, error); }

Result<void> PartFile::write(std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<void> PartFile::append(std::span<const std::byte> bytes) {
  if (auto written = write(bytes, bytes_); !written) return written;
  bytes_ += bytes.size();
  return {};
}

Result<void> PartFile::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  WEIR_CHECK(offset <= bytes_ && bytes.size() <= bytes_ - offset, "PartFile::overwrite beyond what was written");
  return write(bytes, offset);
}

Result<void> PartFile::truncate(std::uint64_t bytes) {
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) return failed(errno);
  bytes_ = bytes;
  return {};
}

Result<void> PartFile::commit() {
  // A disk that is full, or gone, may say so only here.
  if (::fdatasync(descriptor_) != 0) return failed(errno);
  const int error = existing_ == Existing::kept ? rename_new(AT_FDCWD, part_.c_str(), AT_FDCWD, path_.c_str())
                    : ::rename(part_.c_str(), path_.c_str()) == 0 ? 0
                                                                  : errno;
  if (error != 0) return failed(error);
  part_.clear();
  return {};
}

Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  auto file = PartFile::open(path);
  if (!file) return tl::unexpected(file.error());
  if (auto written = file->append(bytes); !written) return written;
  return file->commit();
}

}  // namespace weir::media
