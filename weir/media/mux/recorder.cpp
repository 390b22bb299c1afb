#include "weir/media/mux/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/media/mux/packet_ring.hpp"
#include "weir/media/mux/recording_file.hpp"

namespace weir::media {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr Nanos clip_piece = std::chrono::minutes(10);
constexpr Nanos first_retry = seconds(1), longest_retry = seconds(30);
constexpr Nanos expiry_interval = std::chrono::minutes(1);
// A clip whose stream fell silent ends so much later than it should have.
constexpr Nanos silent_clip = seconds(5);
constexpr std::size_t max_commands = 64;

std::int64_t to_us(Nanos time) { return std::chrono::duration_cast<microseconds>(time).count(); }

}  // namespace

class Recorder::Thread {
 public:
  Thread(RecorderOptions options, Retention& retention, std::unique_ptr<PacketRing> ring)
      : options_(std::move(options)), retention_(retention), ring_(std::move(ring)), clock_(*options_.clock) {
    if (options_.continuous) tracks_.push_back(Track{.cursor = ring_->oldest()});
    thread_ = std::thread([this] { run(); });
  }
  ~Thread() { close(); }

  void packet(const Packet& packet, const StreamInfo& info) {
    if (closing_.load(std::memory_order_acquire)) {
      late_packets_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    ring_->push(packet, info);
  }

  // A clip that begins (`end` is false) or ends.
  struct Command {
    std::string name;
    std::int64_t pts_us = 0;
    bool end = false;
    Instant at = {};
  };
  void command(Command command) {
    {
      std::lock_guard lock(mutex_);
      if (commands_.size() >= max_commands || closing_.load(std::memory_order_acquire)) {
        if (!command.end) ++report_.refused_clips;
        return;
      }
      command.at = clock_.now();
      commands_.push_back(std::move(command));
    }
    ring_->poke();
  }

  void close() {
    std::lock_guard once(close_mutex_);
    if (!thread_.joinable()) return;
    closing_.store(true, std::memory_order_release);
    ring_->poke();
    thread_.join();
    ring_->close();
  }

  RecorderReport report() const {
    const PacketRingReport ring = ring_->report();
    std::lock_guard lock(mutex_);
    RecorderReport report = report_;
    for (std::size_t i = 0; i < drop_count; ++i) report.dropped[i] += ring.dropped[i];
    report.dropped[static_cast<std::size_t>(Drop::closed)] += late_packets_.load(std::memory_order_relaxed);
    report.corrupt = ring.corrupt;
    report.ring_bytes = ring.held_bytes;
    report.ring_packets = ring.held;
    return report;
  }

 private:
  // The segments, or one clip: a place in the ring, and the file that is being written from there.
  struct Track {
    RecordingKind kind = RecordingKind::segment;
    std::string name = {};
    PacketRing::Cursor cursor = {};
    std::int64_t end_us = INT64_MAX;  // of a clip, once it is known
    Instant end_by = never;           // likewise, should the stream fall silent
    std::unique_ptr<RecordingFile> file = nullptr;
    Instant silent_at = never;  // when the file is ended for want of packets
    Instant retry_at = {};
    Nanos retry_in = first_retry;
    RecorderState state = RecorderState::recording;
    bool done = false;
  };

  void run() {
    const AccountBinding binding(Account::open(options_.owner));
    for (;;) {
      const std::uint32_t seen = ring_->version();
      // Read before the ring is: what was pushed until then is written.
      const bool closing = closing_.load(std::memory_order_acquire);
      obey();
      // Before it is looked at what is there: what comes later wakes.
      ring_->listen(!tracks_.empty());
      Instant next = clock_.now() + expiry_interval;
      for (Track& track : tracks_) {
        record(track);
        if (closing) end(track);
        next = std::min({next, track.end_by, track.silent_at});
        // Once it has passed, it is packets that are waited for.
        if (track.retry_at > clock_.now()) next = std::min(next, track.retry_at);
      }
      std::erase_if(tracks_, [](const Track& track) { return track.done; });
      say();
      if (closing) return;
      if (clock_.now() >= expire_at_) {
        retention_.expire();
        expire_at_ = clock_.now() + expiry_interval;
      }
      ring_->wait(seen, next);
    }
  }

  void obey() {
    std::vector<Command> commands;
    {
      std::lock_guard lock(mutex_);
      commands.swap(commands_);
    }
    for (const Command& command : commands) command.end ? end_clip(command) : begin_clip(command);
  }

  void begin_clip(const Command& command) {
    const auto clips = std::count_if(tracks_.begin(), tracks_.end(),
                                     [](const Track& track) { return track.kind == RecordingKind::clip; });
    if (!is_safe_name(command.name) || clips >= static_cast<std::ptrdiff_t>(max_open_clips) ||
        find_clip(command.name) != nullptr) {
      std::lock_guard lock(mutex_);
      ++report_.refused_clips;
      return;
    }
    tracks_.push_back(Track{.kind = RecordingKind::clip,
                            .name = command.name,
                            .cursor = ring_->from_key_before(command.pts_us - to_us(options_.pre))});
  }

  void end_clip(const Command& command) {
    Track* track = find_clip(command.name);
    if (track == nullptr || track->end_us != INT64_MAX) return;
    track->end_us = command.pts_us + to_us(options_.post);
    track->end_by = command.at + options_.post + silent_clip;
  }

  Track* find_clip(const std::string& name) {
    const auto found = std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& track) {
      return track.kind == RecordingKind::clip && track.name == name;
    });
    return found == tracks_.end() ? nullptr : &*found;
  }

  // Everything that is there for it.
  void record(Track& track) {
    while (!track.done && clock_.now() >= track.retry_at) {
      if (!ring_->try_next(track.cursor, packet_)) break;
      take(track);
    }
    if (clock_.now() >= track.end_by) end(track);
    if (clock_.now() >= track.silent_at) close_file(track);
  }

  // After an error it is tried again with the same packet, if the ring still has it then.
  void take(Track& track) {
    // In decoding order: what is shown until the end has come by then.
    if (packet_.dts_us >= track.end_us) return end(track);
    if (track.file != nullptr && (packet_.epoch != track.file->epoch() || (packet_.key && is_long_enough(track)))) {
      close_file(track);
    }
    if (track.file == nullptr) {
      if (!packet_.key) return count(Drop::keyframe, 1);
      auto file = open_file(track);
      if (!file) {
        track.cursor = track.cursor.before_last();
        return fail(track, file.error());
      }
      track.file = std::move(*file);
    }
    if (auto written = track.file->write(packet_); !written) {
      const Error& error = written.error();
      track.cursor = track.cursor.before_last();
      close_file(track);
      return fail(track, error);
    }
    track.silent_at = clock_.now() + options_.segment;
    if (track.state != RecorderState::recording) log(Level::info, options_.owner, "recording goes on");
    track.state = RecorderState::recording;
    track.retry_in = first_retry;
  }

  bool is_long_enough(const Track& track) const {
    return track.file->duration_us() >= to_us(track.kind == RecordingKind::clip ? clip_piece : options_.segment);
  }

  Result<std::unique_ptr<RecordingFile>> open_file(const Track& track) {
    const auto path_of = [&](unsigned copy) {
      return track.kind == RecordingKind::clip ? clip_path(options_.owner, track.name, copy)
                                               : segment_path(options_.owner, packet_.capture_us, copy);
    };
    return RecordingFile::open(track.kind, path_of, *packet_.info, retention_);
  }

  void close_file(Track& track) {
    track.silent_at = never;
    if (track.file == nullptr) return;
    const std::unique_ptr<RecordingFile> file = std::move(track.file);
    auto recorded = file->close();
    // What was in a fragment that did not get whole.
    count(Drop::full, file->packets() - (recorded ? recorded->packets : 0));
    if (!recorded) {
      // A file that broke before its first fragment has been reported already.
      if (recorded.error().code != Code::invalid) note(recorded.error());
      return;
    }
    recorded->name = track.name;
    {
      std::lock_guard lock(mutex_);
      ++(track.kind == RecordingKind::clip ? report_.clips : report_.segments);
      report_.bytes += recorded->bytes;
      report_.packets += recorded->packets;
    }
    if (options_.on_file) options_.on_file(*recorded);
  }

  void end(Track& track) {
    close_file(track);
    track.done = true;
    // What it waited with for better times is not recorded any more.
    if (track.state == RecorderState::recording) return;
    std::uint64_t lost = 0;
    while (ring_->try_next(track.cursor, packet_) && packet_.dts_us < track.end_us) ++lost;
    count(Drop::full, lost);
  }

  void fail(Track& track, const Error& error) {
    note(error);
    const RecorderState state = is_no_room(error) ? RecorderState::no_room : RecorderState::failing;
    if (track.state != state) log(Level::warn, options_.owner, "recording stops: " + error.line());
    track.state = state;
    track.retry_at = clock_.now() + track.retry_in;
    track.retry_in = std::min(2 * track.retry_in, longest_retry);
  }

  void note(const Error& error) {
    std::lock_guard lock(mutex_);
    ++report_.errors;
    report_.last_error = error.line();
  }

  void count(Drop reason, std::uint64_t packets) {
    std::lock_guard lock(mutex_);
    report_.dropped[static_cast<std::size_t>(reason)] += packets;
  }

  void say() {
    std::lock_guard lock(mutex_);
    report_.state = RecorderState::idle;
    report_.open_clips = 0;
    for (const Track& track : tracks_) {
      report_.state = std::max(report_.state, track.state);
      report_.open_clips += track.kind == RecordingKind::clip ? 1 : 0;
    }
  }

  const RecorderOptions options_;
  Retention& retention_;
  const std::unique_ptr<PacketRing> ring_;
  Clock& clock_;
  std::atomic<bool> closing_{false};
  std::atomic<std::uint64_t> late_packets_{0};
  std::mutex close_mutex_;

  // The recorder's thread only.
  std::vector<Track> tracks_;
  MuxPacket packet_;
  Instant expire_at_{};

  mutable std::mutex mutex_;
  std::vector<Command> commands_;
  RecorderReport report_;

  std::thread thread_;
};

Recorder::Recorder(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}
Recorder::~Recorder() = default;

Result<std::unique_ptr<Recorder>> Recorder::make(RecorderOptions options, Retention& retention) {
  if (!is_safe_name(options.owner)) {
    return weir::fail(Code::invalid, "its name cannot be that of a folder for recordings", options.owner);
  }
  if (options.segment <= Nanos::zero() || options.pre < Nanos::zero() || options.post < Nanos::zero()) {
    return weir::fail(Code::invalid, "recordings need a length above 0, and no negative time before and after",
                      options.owner);
  }
  auto ring = PacketRing::make(
      {.id = options.owner + "/recording", .owner = options.owner, .bytes = options.ring_bytes}, *options.clock);
  if (!ring) return tl::unexpected(ring.error());
  return std::unique_ptr<Recorder>(
      new Recorder(std::make_unique<Thread>(std::move(options), retention, std::move(*ring))));
}

void Recorder::packet(const Packet& packet, const StreamInfo& info) noexcept { thread_->packet(packet, info); }
void Recorder::clip_begin(std::string name, std::int64_t pts_us) {
  thread_->command({.name = std::move(name), .pts_us = pts_us, .end = false});
}
void Recorder::clip_end(const std::string& name, std::int64_t pts_us) {
  thread_->command({.name = name, .pts_us = pts_us, .end = true});
}
void Recorder::close() { thread_->close(); }
RecorderReport Recorder::report() const { return thread_->report(); }

}  // namespace weir::media
