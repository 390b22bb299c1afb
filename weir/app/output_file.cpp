#include "weir/app/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

tl::unexpected<Error> cannot(const std::string& flag, const std::filesystem::path& path, int error) {
  return fail(error == EACCES || error == EROFS ? Code::denied : Code::invalid,
              "cannot be written; choose another place", flag + ' ' + printable(path.string()), std::strerror(error));
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::filesystem::path& path, std::string_view flag) {
  OutputFile out(path, std::string(flag));
  if (path.empty()) return cannot(out.flag_, path, ENOENT);
  struct stat existing{};
  const bool replaces = ::stat(path.c_str(), &existing) == 0;
  if (replaces) {
    if (S_ISDIR(existing.st_mode)) return cannot(out.flag_, path, EISDIR);
    // rename() would replace a file that its owner has protected against writing.
    if (::access(path.c_str(), W_OK) != 0) return cannot(out.flag_, path, errno);
    if (!S_ISREG(existing.st_mode)) {
      out.file_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (out.file_ < 0) return cannot(out.flag_, path, errno);
      return out;
    }
  }
  std::string name = path.string() + ".XXXXXX";
  out.file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (out.file_ < 0) return cannot(out.flag_, path, errno);
  out.temporary_ = name;
  // mkostemp makes it for the owner alone; a new one is as readable as any other file, one that is replaced stays as
  // readable as it was: passwords may be in it.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(out.file_, replaces ? existing.st_mode & 0777 : 0666 & ~mask) != 0)
    return cannot(out.flag_, path, errno);
  return out;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      flag_(std::move(other.flag_)),
      file_(std::exchange(other.file_, -1)) {}

OutputFile::~OutputFile() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> OutputFile::commit(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot(flag_, path_, errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  // A full disk may show only here.
  if (::close(std::exchange(file_, -1)) != 0) return cannot(flag_, path_, errno);
  if (temporary_.empty()) return {};
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return cannot(flag_, path_, errno);
  temporary_.clear();
  return {};
}

Result<void> check_writable(const std::filesystem::path& path, std::string_view flag) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return cannot(std::string(flag), path, errno);
  ::close(file);
  return {};
}

}  // namespace weir::app
