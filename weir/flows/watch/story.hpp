// Story: what happened on all cameras, in the order in which it did: who came and went, entered zones, crossed lines.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "weir/core/channel.hpp"
#include "weir/core/result.hpp"
#include "weir/engines/track/box.hpp"

namespace weir::watch {

// When: the frame that shows it.
struct Moment {
  std::uint64_t frame = 0;
  std::int64_t pts_us = 0;
  std::int64_t capture_us = 0;  // wall time at which it was received
};

// One thing that was on a picture for a while.
struct Incident {
  std::string id;  // "front-1763724000123-7": also the name of its clip and snapshot
  std::string camera, label;
  std::uint64_t track = 0;  // 0: movement of no one thing
  Moment start, end;        // end: as far as it is known
  bool over = false;
  float confidence = 0;  // the best, and the box then
  track::Box box, last_box;
  std::vector<std::string> zones;  // that it entered, each once
  std::string snapshot, clip;      // paths below the recordings' folder; empty: none
};

// What happens to it.
enum class Turn { start, end, enter, leave, dwell, line };
std::string_view to_string(Turn turn) noexcept;

// Where, for a turn that has a place.
struct Place {
  std::string name;            // of the zone or line
  bool forward = false;        // line
  std::int64_t inside_us = 0;  // leave, dwell
  track::Box box;              // of the thing then
};

// Keeps what is going on and the last of what is over, and tells everyone who wants to know of each turn.
// Thread-safety: all members from any thread; turns of one camera come from one thread.  Allocates: yes.
// Blocks: short locks, and what its listener does.  Ownership: owns its incidents.
class Story {
 public:
  static constexpr std::size_t max_kept = 1000;  // that are over
  // `json`: one object in one line, as docs/events.md says.
  using Listener = std::function<void(const Incident&, Turn, const Place&, const std::string& json)>;

  struct Options {
    // Runs of files as fast as possible: wall time means nothing, and ids are made of the file's own.
    bool fast = false;
    // Incidents that are over are kept here for the next run; empty: nowhere.
    std::filesystem::path file = {};
    Listener listener = {};
  };
  // What the file holds is the past. One that cannot be read is an error that says so, and loses nothing.
  static Result<std::unique_ptr<Story>> open(Options options);
  ~Story();

  // The name under which the incident goes on.
  std::string begin(const std::string& camera, const std::string& label, std::uint64_t track, const Moment& moment,
                    const track::Box& box, float confidence, bool clip, bool snapshot);
  // It is still there. True if this look at it is clearly better than all before, and worth a new picture.
  bool seen(const std::string& id, const Moment& moment, const track::Box& box, float confidence);
  void turn(const std::string& id, Turn turn, const Moment& moment, const Place& place);
  // `known`: when that it is gone became known. It was last seen before.
  void end(const std::string& id, const Moment& known);

  struct Filter {
    std::string camera = {}, label = {};  // empty: all
    std::string before = {};              // older than this incident; empty: the newest
    std::size_t limit = 50;
  };
  // {"events": [...]}, the newest first.
  std::string list(const Filter& filter) const;
  // One incident; empty: none of that name.
  std::string one(const std::string& id) const;
  std::uint64_t total() const;

 private:
  explicit Story(Options options) : options_(std::move(options)) {}
  Result<void> read_past();
  void keep(const Incident& incident);
  void write();
  void tell(const Incident& incident, Turn turn, const Moment& moment, const Place& place) const;

  const Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, Incident> now_;
  std::deque<Incident> past_;  // the oldest first
  std::uint64_t total_ = 0;
  // To the file, on a thread of its own: whoever tells the story does not wait for a disk.
  std::unique_ptr<Channel<std::string>> kept_;
  std::atomic<bool> full_{false};
  std::thread writer_;
};

}  // namespace weir::watch
