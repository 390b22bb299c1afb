#include "weir/server/notify/disk_queue.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <vector>

namespace weir::notify {
namespace {

constexpr std::uint64_t segments_at_bound = 16;
constexpr std::uint64_t max_segment_bytes = std::uint64_t{1} << 20;
// A segment takes one more record when it is not full yet.
constexpr std::uint64_t max_file_bytes = 2 * max_segment_bytes;
constexpr std::string_view suffix = ".queue";

tl::unexpected<Error> disk_error(const char* text, const std::filesystem::path& path) {
  return fail(errno == EACCES || errno == EPERM ? Code::denied : Code::failed, text, path.string(),
              std::strerror(errno));
}

std::optional<std::uint64_t> number_of(const std::string& name) {
  if (name.size() != 16 + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + 16, number, 16);
  if (error != std::errc() || end != name.data() + 16) return std::nullopt;
  return number;
}

}  // namespace

DiskQueue::DiskQueue(Options options)
    : options_(std::move(options)),
      segment_bytes_(std::min(max_segment_bytes, options_.max_bytes / segments_at_bound)) {}

DiskQueue::~DiskQueue() {
  if (tail_ >= 0) ::close(tail_);
  if (lock_ >= 0) ::close(lock_);
}

Result<std::unique_ptr<DiskQueue>> DiskQueue::open(Options options) {
  if (options.max_bytes < min_max_bytes) {
    return fail(Code::invalid, "a queue on disk needs at least 256 KiB", options.dir.string());
  }
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  if (error) return fail(Code::failed, "the queue's folder cannot be made", options.dir.string(), error.message());
  std::unique_ptr<DiskQueue> queue(new DiskQueue(std::move(options)));
  const auto lock = queue->options_.dir / "lock";
  queue->lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (queue->lock_ < 0) return disk_error("the queue cannot be opened", lock);
  if (::flock(queue->lock_, LOCK_EX | LOCK_NB) != 0) {
    return fail(Code::denied, "another program uses this queue: give each one a folder of its own",
                queue->options_.dir.string());
  }
  if (auto recovered = queue->recover(); !recovered) return tl::unexpected(recovered.error());
  return queue;
}

std::filesystem::path DiskQueue::path_of(std::uint64_t number) const {
  char name[32];
  std::snprintf(name, sizeof name, "%016llx%s", static_cast<unsigned long long>(number), suffix.data());
  return options_.dir / name;
}

// Whatever `content` lacks of the segment; what is missing there is damage like any other.
Result<void> DiskQueue::read(const Segment& segment, std::string& content) const {
  const auto path = path_of(segment.number);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return disk_error("the queue cannot be read", path);
  std::size_t got = content.size();
  content.resize(segment.bytes);
  while (got < content.size()) {
    const ssize_t n = ::pread(fd, content.data() + got, content.size() - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  ::close(fd);
  content.resize(got);
  return {};
}

// ---- open

Result<void> DiskQueue::recover() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.dir, error)) {
    const auto number = number_of(entry.path().filename().string());
    if (!number) continue;
    const std::uint64_t bytes = entry.file_size(error);
    if (error || bytes > max_file_bytes) {
      return fail(Code::corrupt, "this file is no queue of weir: move it away", entry.path().string());
    }
    segments_.push_back({*number, bytes, 0});
  }
  if (error) return fail(Code::failed, "the queue's folder cannot be read", options_.dir.string(), error.message());
  std::sort(segments_.begin(), segments_.end(), [](const Segment& a, const Segment& b) { return a.number < b.number; });

  std::vector<std::vector<std::uint64_t>> sequences(segments_.size());
  std::uint64_t newest = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    std::string content;
    if (auto got = read(segments_[i], content); !got) return got;
    JournalReader reader(std::as_bytes(std::span(content)));
    while (const auto record = reader.next()) {
      newest = std::max(newest, record->sequence);
      if (record->kind == Record::Kind::done) {
        done_ = std::max(done_, record->sequence);
      } else {
        sequences[i].push_back(record->sequence);
      }
    }
    gaps_ += reader.gaps();
    if (reader.end() == segments_[i].bytes) continue;
    // At the end of the last file it is what was being written when the program was killed; elsewhere it is damage.
    if (i + 1 < segments_.size()) {
      ++gaps_;
      continue;
    }
    torn_ = true;
    const auto path = path_of(segments_[i].number);
    if (::truncate(path.c_str(), static_cast<off_t>(reader.end())) != 0) {
      return disk_error("the end of the queue cannot be repaired", path);
    }
    segments_[i].bytes = reader.end();
  }
  next_sequence_ = newest + 1;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    segments_[i].waiting = static_cast<std::uint64_t>(
        std::count_if(sequences[i].begin(), sequences[i].end(), [this](std::uint64_t s) { return s > done_; }));
  }
  if (auto started = segments_.empty() ? start_segment() : open_tail(O_WRONLY | O_APPEND | O_CLOEXEC); !started) {
    return started;
  }
  if (segments_.back().bytes >= segment_bytes_) {
    if (auto started = start_segment(); !started) return started;
  }
  while (bytes() > options_.max_bytes && segments_.size() > 1) drop_first();
  forget_finished();
  return {};
}

// ---- writing

Result<void> DiskQueue::open_tail(int flags) {
  const auto path = path_of(segments_.back().number);
  const int fd = ::open(path.c_str(), flags, 0600);
  if (fd < 0) return disk_error("the queue cannot be written", path);
  if (tail_ >= 0) {
    ::fdatasync(tail_);
    ::close(tail_);
  }
  tail_ = fd;
  return {};
}

Result<void> DiskQueue::start_segment() {
  segments_.push_back({segments_.empty() ? 1 : segments_.back().number + 1, 0, 0});
  if (auto opened = open_tail(O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC); !opened) {
    segments_.pop_back();
    return opened;
  }
  // The name itself must survive a power failure.
  if (const int folder = ::open(options_.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

Result<void> DiskQueue::append(const std::string& record) {
  if (segments_.back().bytes >= segment_bytes_) {
    if (auto started = start_segment(); !started) return started;
    forget_finished();
  }
  while (bytes() + record.size() > options_.max_bytes && segments_.size() > 1) drop_first();
  Segment& last = segments_.back();
  std::size_t written = 0;
  while (written < record.size()) {
    const ssize_t n = ::write(tail_, record.data() + written, record.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      auto error = disk_error("the queue cannot be written", path_of(last.number));
      // Half a record would be read as damage before the next one.
      if (::ftruncate(tail_, static_cast<off_t>(last.bytes)) != 0) last.bytes += written;
      return error;
    }
    written += static_cast<std::size_t>(n);
  }
  last.bytes += record.size();
  return {};
}

Result<void> DiskQueue::push(const Message& message) {
  if (message.id.size() + message.topic.size() + message.body.size() > max_message_bytes) {
    return fail(Code::exhausted, "a message is larger than 64 KiB", message.topic);
  }
  auto appended = append(encode(next_sequence_, message));
  if (!appended) return appended;
  ++next_sequence_;
  ++segments_.back().waiting;
  return {};
}

Result<void> DiskQueue::sync() {
  if (::fdatasync(tail_) == 0) return {};
  return disk_error("the queue cannot be written", path_of(segments_.back().number));
}

// The oldest file goes with everything in it, but not what front() has given out: that is in memory.
void DiskQueue::drop_first() {
  dropped_ += segments_.front().waiting;
  if (front_ && front_on_disk_) {
    --dropped_;
    front_on_disk_ = false;
  }
  ::unlink(path_of(segments_.front().number).c_str());
  segments_.pop_front();
  head_.clear();
  head_at_ = 0;
}

void DiskQueue::forget_finished() {
  while (segments_.size() > 1 && segments_.front().waiting == 0) drop_first();
}

// ---- reading

std::optional<Message> DiskQueue::front() {
  while (!front_) {
    forget_finished();
    Segment& first = segments_.front();
    if (first.waiting == 0) return std::nullopt;
    if (head_.size() < first.bytes) {
      const auto got = read(first, head_);
      if (!got || head_.size() < first.bytes) {  // somebody else has had a hand in it: what was in it is gone
        lost_ += std::exchange(first.waiting, 0);
        if (segments_.size() == 1 && !start_segment()) return std::nullopt;
        continue;
      }
    }
    JournalReader reader(std::as_bytes(std::span(head_)).subspan(head_at_));
    auto record = reader.next();
    while (record && (record->kind != Record::Kind::message || record->sequence <= done_)) record = reader.next();
    if (!record) {
      lost_ += first.waiting;
      first.waiting = 0;
      continue;
    }
    head_at_ += reader.end();
    front_ = std::move(record);
    front_on_disk_ = true;
  }
  return front_->message;
}

Result<void> DiskQueue::pop() {
  if (!front_) return {};
  const Record popped = *std::exchange(front_, std::nullopt);
  if (!std::exchange(front_on_disk_, false)) return {};
  done_ = popped.sequence;
  --segments_.front().waiting;
  // A file that is deleted needs no record of what is done in it.
  if (segments_.front().waiting == 0 && segments_.size() > 1) {
    forget_finished();
    return {};
  }
  return append(encode_done(done_));
}

void DiskQueue::give_back() noexcept {
  if (!front_ || front_on_disk_) return;
  front_.reset();
  ++dropped_;
}

std::uint64_t DiskQueue::size() const noexcept {
  std::uint64_t waiting = front_ && !front_on_disk_ ? 1 : 0;
  for (const Segment& segment : segments_) waiting += segment.waiting;
  return waiting;
}

std::uint64_t DiskQueue::bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.bytes;
  return bytes;
}

}  // namespace weir::notify
