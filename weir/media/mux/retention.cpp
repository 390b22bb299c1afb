#include "weir/media/mux/retention.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "weir/core/log.hpp"
#include "weir/media/mux/mp4_index.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::media {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  int get() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ >= 0; }

 private:
  int value_;
};

// The folder itself, never where a link of that name leads.
Descriptor open_folder(int parent, const std::string& name) noexcept {
  return Descriptor(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::vector<std::string> names_in(const Descriptor& folder) {
  std::vector<std::string> names;
  DIR* entries = ::fdopendir(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0));
  if (entries == nullptr) return names;
  while (const dirent* entry = ::readdir(entries)) names.emplace_back(entry->d_name);
  ::closedir(entries);
  return names;
}

constexpr std::int64_t ns_per_ms = 1'000'000;

std::int64_t modified_ms(const struct stat& status) {
  return status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / ns_per_ms;
}

tl::unexpected<Error> folder_error(const std::filesystem::path& path, int error) {
  const char* said = std::strerror(error);
  if (error == EACCES || error == EPERM || error == EROFS) {
    return fail(Code::denied, "recordings cannot be written here; check its permissions", path, said);
  }
  if (error == ENOSPC || error == EDQUOT) {
    return fail(Code::exhausted, "no room on the disk; free some, or keep fewer recordings", path, said);
  }
  return fail(Code::invalid, "is no folder for recordings; choose another place", path, said);
}

bool older(const auto& a, const auto& b) { return a.time_ms < b.time_ms; }

void put_last_in_order(auto& files) {
  for (std::size_t i = files.size(); i > 1 && older(files[i - 1], files[i - 2]); --i)
    std::swap(files[i - 1], files[i - 2]);
}

bool is_recordings_folder(const std::string& name) {
  return name == "clips" || name == "snapshots" ||
         read_recording_name("camera/" + name + "/00-00-00.000.mp4").has_value();
}

}  // namespace

std::uint64_t Retention::disk_free_bytes(const std::filesystem::path& dir) {
  struct statvfs disk{};
  // A disk that does not say is not a reason to delete anything.
  if (::statvfs(dir.c_str(), &disk) != 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

Result<std::unique_ptr<Retention>> Retention::open(Options options) {
  std::error_code made;
  std::filesystem::create_directories(options.dir, made);
  if (made) return folder_error(options.dir, made.value());
  std::unique_ptr<Retention> retention(new Retention(std::move(options)));
  if (auto scanned = retention->scan(); !scanned) return tl::unexpected(scanned.error());
  retention->expire();
  (void)(retention->room_for(0));
  return retention;
}

Retention::~Retention() {
  if (folder_ >= 0) ::close(folder_);
}

Result<void> Retention::scan() {
  const std::filesystem::path& dir = options_.dir;
  folder_ = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0 || ::access(dir.c_str(), R_OK | W_OK | X_OK) != 0) return folder_error(dir, errno);
  Descriptor top(::fcntl(folder_, F_DUPFD_CLOEXEC, 0));
  for (const std::string& camera : names_in(top)) {
    if (!is_safe_name(camera)) continue;
    const Descriptor camera_folder = open_folder(folder_, camera);
    if (!camera_folder) continue;
    for (const std::string& folder : names_in(camera_folder)) {
      if (is_recordings_folder(folder)) scan_folder(camera_folder.get(), camera, folder);
    }
  }
  std::sort(segments_.begin(), segments_.end(), [](const auto& a, const auto& b) { return older(a, b); });
  std::sort(others_.begin(), others_.end(), [](const auto& a, const auto& b) { return older(a, b); });
  return {};
}

void Retention::scan_folder(int camera_folder, const std::string& camera, const std::string& folder) {
  const Descriptor opened = open_folder(camera_folder, folder);
  if (!opened) return;
  for (const std::string& file : names_in(opened)) {
    const auto name = read_recording_name(camera + '/' + folder + '/' + file);
    struct stat status{};
    if (!name || ::fstatat(opened.get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) {
      continue;
    }
    if (name->part) {
      finish_part(opened.get(), *name);
    } else {
      keep(*name, static_cast<std::uint64_t>(status.st_size), modified_ms(status));
    }
  }
  if (folder != "clips" && folder != "snapshots") ::unlinkat(camera_folder, folder.c_str(), AT_REMOVEDIR);
}

// What a crash left: fragments that are whole can be played, the rest goes.
void Retention::finish_part(int folder, const RecordingName& name) {
  const Descriptor file(::openat(folder, name.file.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;  // somebody is writing it
  RecordingName whole_name = name;
  whole_name.part = false;
  whole_name.file.resize(name.file.size() - part_suffix.size());
  const std::uint64_t whole = name.kind == RecordingKind::snapshot ? 0 : whole_fragment_bytes(file.get());
  if (whole > 0 && ::ftruncate(file.get(), static_cast<off_t>(whole)) == 0 &&
      rename_new(folder, name.file.c_str(), folder, whole_name.file.c_str()) == 0) {
    ++counts_.salvaged_files;
    keep(whole_name, whole, modified_ms(status));
    return;
  }
  if (::unlinkat(folder, name.file.c_str(), 0) == 0) ++counts_.removed_parts;
}

std::uint64_t Retention::camera_index(const std::string& camera) {
  const auto found = std::find(cameras_.begin(), cameras_.end(), camera);
  if (found != cameras_.end()) return static_cast<std::uint64_t>(found - cameras_.begin());
  cameras_.push_back(camera);
  return cameras_.size() - 1;
}

void Retention::keep(const RecordingName& name, std::uint64_t bytes, std::int64_t time_ms) {
  const std::uint64_t camera = camera_index(name.camera);
  if (name.kind == RecordingKind::segment && camera <= UINT16_MAX && bytes < (std::uint64_t{1} << 48)) {
    segments_.push_back({name.start_ms, bytes, camera, name.copy});
  } else {
    others_.push_back({time_ms, bytes, name.path()});
  }
  bytes_ += bytes;
}

Retention::Victim Retention::take_oldest() {
  if (segments_.empty()) return take_oldest_other();
  const Segment oldest = segments_.front();
  segments_.pop_front();
  bytes_ -= oldest.bytes;
  return {segment_path(cameras_[oldest.camera], oldest.time_ms * 1000, oldest.copy), oldest.bytes};
}

Retention::Victim Retention::take_oldest_other() {
  if (others_.empty()) return {};
  Victim victim{std::move(others_.front().path), others_.front().bytes};
  others_.pop_front();
  bytes_ -= victim.bytes;
  return victim;
}

int Retention::remove(const std::string& path) const noexcept {
  const auto name = read_recording_name(path);
  if (!name) return EINVAL;
  const Descriptor camera = open_folder(folder_, name->camera);
  if (!camera) return errno;
  const Descriptor folder = open_folder(camera.get(), name->folder);
  if (!folder) return errno;
  const int error = ::unlinkat(folder.get(), name->file.c_str(), 0) == 0 ? 0 : errno;
  // Only an empty one goes.
  if (name->kind == RecordingKind::segment) ::unlinkat(camera.get(), name->folder.c_str(), AT_REMOVEDIR);
  return error;
}

std::uint64_t Retention::delete_victim(const Victim& victim, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const int error = remove(victim.path);
  if (error != 0 && error != ENOENT) {
    log(Level::warn, "recordings", victim.path + " cannot be deleted: " + std::strerror(error));
  }
  lock.lock();
  if (error == ENOENT) return 0;  // somebody else was faster
  if (error != 0) {
    ++counts_.errors;
    counts_.last_error = victim.path + ": " + std::strerror(error);
    stuck_bytes_ += victim.bytes;
    return 0;
  }
  ++counts_.deleted_files;
  counts_.deleted_bytes += victim.bytes;
  return victim.bytes;
}

bool Retention::room_for(std::uint64_t bytes) {
  // Outside of the lock: a disk may take its time to answer.
  const std::uint64_t measured = options_.min_free_bytes == 0 ? UINT64_MAX : options_.free_bytes(options_.dir);
  std::unique_lock lock(mutex_);
  std::uint64_t freed = 0;
  const auto missing = [&]() -> std::uint64_t {
    const std::uint64_t used = bytes_ + stuck_bytes_ + open_bytes_ + bytes;
    const std::uint64_t over = options_.max_bytes != 0 && used > options_.max_bytes ? used - options_.max_bytes : 0;
    const std::uint64_t wanted = options_.min_free_bytes + bytes;
    const std::uint64_t there = measured > UINT64_MAX - freed ? UINT64_MAX : measured + freed;
    return std::max(over, options_.min_free_bytes != 0 && there < wanted ? wanted - there : 0);
  };
  while (const std::uint64_t short_of = missing()) {
    // Not even everything would do: then nothing is given for it.
    if (short_of > bytes_) {
      ++counts_.refused;
      return false;
    }
    freed += delete_victim(take_oldest(), lock);
  }
  open_bytes_ += bytes;
  return true;
}

void Retention::give_back(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  open_bytes_ -= std::min(open_bytes_, bytes);
}

void Retention::added(const std::filesystem::path& path, std::uint64_t bytes) {
  const auto name = read_recording_name(path.native());
  std::lock_guard lock(mutex_);
  open_bytes_ -= std::min(open_bytes_, bytes);
  if (!name || name->part) return;
  keep(*name, bytes, options_.wall_ns() / ns_per_ms);
  // It is the newest, unless the clock was set back or another camera's file took longer.
  put_last_in_order(segments_);
  put_last_in_order(others_);
}

void Retention::expire() {
  if (options_.max_age <= Nanos::zero()) return;
  const std::int64_t oldest_ms = (options_.wall_ns() - options_.max_age.count()) / ns_per_ms;
  std::unique_lock lock(mutex_);
  for (;;) {
    Victim victim;
    if (!segments_.empty() && segments_.front().time_ms < oldest_ms) {
      victim = take_oldest();
    } else if (!others_.empty() && others_.front().time_ms < oldest_ms) {
      victim = take_oldest_other();
    } else {
      return;
    }
    delete_victim(victim, lock);
  }
}

Result<void> Retention::make_folder_of(const std::filesystem::path& path) const {
  Descriptor at(::fcntl(folder_, F_DUPFD_CLOEXEC, 0));
  std::filesystem::path so_far = options_.dir;
  for (const std::filesystem::path& component : path.parent_path()) {
    so_far /= component;
    if (::mkdirat(at.get(), component.c_str(), 0777) != 0 && errno != EEXIST) return folder_error(so_far, errno);
    Descriptor next = open_folder(at.get(), component.native());
    if (!next) return folder_error(so_far, errno);
    at = std::move(next);
  }
  return {};
}

RetentionReport Retention::report() const {
  std::lock_guard lock(mutex_);
  RetentionReport report = counts_;
  report.files = segments_.size() + others_.size();
  report.bytes = bytes_ + stuck_bytes_;
  report.open_bytes = open_bytes_;
  return report;
}

}  // namespace weir::media
