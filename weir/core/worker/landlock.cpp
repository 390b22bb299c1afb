#include "weir/core/worker/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include "weir/core/worker/descriptor.hpp"

namespace weir::worker::detail {
namespace {

// What a ruleset handles is what it forbids. Newer kernels know more rights than the headers of this build.
std::uint64_t rights_of(long version) noexcept {
  std::uint64_t rights = (std::uint64_t{1} << 13) - 1;  // version 1: execute, write, read, list, remove and make
  if (version >= 2) rights |= std::uint64_t{1} << 13;   // link and rename between folders
  if (version >= 3) rights |= std::uint64_t{1} << 14;   // truncate
  if (version >= 5) rights |= std::uint64_t{1} << 15;   // ioctl of devices
  return rights;
}

tl::unexpected<Error> refused(const char* what) {
  return fail(Code::failed, "the kernel does not restrict files", {}, std::string(what) + ": " + std::strerror(errno));
}

bool has_other_threads() {
  std::error_code error;
  std::size_t threads = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) threads += task.exists();
  return threads != 1;
}

Result<void> allow_reading(const Descriptor& ruleset, const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return {};
  struct stat about{};
  if (!file || ::fstat(file.get(), &about) != 0) return refused(path.c_str());
  landlock_path_beneath_attr rule{};
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
  if (S_ISDIR(about.st_mode)) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
  rule.parent_fd = file.get();
  if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return refused(path.c_str());
  }
  return {};
}

}  // namespace

Result<void> restrict_files(std::span<const std::filesystem::path> readable) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    return fail(Code::failed, "this kernel has no Landlock, without which no worker may read files: enable it", {},
                version < 0 ? std::strerror(errno) : "version 0");
  }
  if (has_other_threads()) return fail(Code::failed, "files are restricted before a worker has a second thread");
  struct {
    std::uint64_t handled_access_fs;
  } const attributes{rights_of(version)};
  const Descriptor ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset) return refused("landlock_create_ruleset");
  for (const auto& path : readable) {
    if (auto allowed = allow_reading(ruleset, path); !allowed) return allowed;
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return refused("landlock_restrict_self");
  return {};
}

}  // namespace weir::worker::detail
