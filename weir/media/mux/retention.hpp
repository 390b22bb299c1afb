// Retention: how much of the recordings is kept. One for all cameras of a folder.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/media/mux/recording_names.hpp"

namespace weir::media {

struct RetentionReport {
  std::uint64_t files = 0, bytes = 0;  // that are kept
  std::uint64_t open_bytes = 0;        // granted to files that are still written
  std::uint64_t deleted_files = 0, deleted_bytes = 0;
  std::uint64_t salvaged_files = 0, removed_parts = 0;  // at the start, of what a crash left behind
  std::uint64_t refused = 0;                            // times there was no room
  std::uint64_t errors = 0;                             // files that cannot be deleted: their bytes still count
  std::string last_error;
};

// The oldest segments go first, then the oldest clips and snapshots, so that all together stay below max_bytes, none
// grows older than max_age, and the file system keeps min_free_bytes. Only what is named as in recording_names.hpp is
// ever counted or deleted, only below the folder, and never through a link.
// Thread-safety: all members from any thread.  Allocates: 24 bytes a segment, some 100 a clip or snapshot.
// Blocks: a short mutex; while files are deleted; open() reads the whole folder.
// Ownership: holds the folder open.
class Retention {
 public:
  struct Options {
    std::filesystem::path dir = {};    // made if it is not there
    std::uint64_t max_bytes = 0;       // 0: as many as there are
    Nanos max_age{0};                  // 0: for ever
    std::uint64_t min_free_bytes = 0;  // 0: all of the disk
    std::function<std::int64_t()> wall_ns = weir::wall_ns;
    std::function<std::uint64_t(const std::filesystem::path&)> free_bytes = disk_free_bytes;
  };
  // Looks at what is there, ends or removes what a crash left unfinished, and makes room. `denied`, `invalid`: the
  // folder cannot be made, read or written.
  static Result<std::unique_ptr<Retention>> open(Options options);
  ~Retention();

  // Whether that many bytes more may be written, which is so once enough is deleted. If it is true they count as used
  // until added() or give_back(). If no deleting would be enough, nothing is deleted.
  bool room_for(std::uint64_t bytes);
  // Of bytes that were granted, some were not needed.
  void give_back(std::uint64_t bytes);
  // A file is whole: so many of the granted bytes are in it from now on. `path`: relative to the folder. What is not
  // named like a recording is not kept account of.
  void added(const std::filesystem::path& path, std::uint64_t bytes);
  // Deletes what has become too old. About once a minute.
  void expire();

  const std::filesystem::path& dir() const noexcept { return options_.dir; }
  // Makes the folder of a recording (relative path of a file), following no links. Errors as PartFile.
  Result<void> make_folder_of(const std::filesystem::path& path) const;
  RetentionReport report() const;

  static std::uint64_t disk_free_bytes(const std::filesystem::path& dir);

 private:
  struct Segment {
    std::int64_t time_ms;  // when it began
    std::uint64_t bytes : 48;
    std::uint64_t camera : 16;
    std::uint16_t copy;
  };
  struct Other {
    std::int64_t time_ms;  // when it was written
    std::uint64_t bytes;
    std::string path;
  };
  struct Victim {
    std::string path;
    std::uint64_t bytes = 0;
  };

  explicit Retention(Options options) : options_(std::move(options)) {}
  Result<void> scan();
  void scan_folder(int camera_folder, const std::string& camera, const std::string& folder);
  void finish_part(int folder, const RecordingName& name);
  void keep(const RecordingName& name, std::uint64_t bytes, std::int64_t time_ms);
  std::uint64_t camera_index(const std::string& camera);
  Victim take_oldest();
  Victim take_oldest_other();
  // Unlocks while it deletes. How much that freed.
  std::uint64_t delete_victim(const Victim& victim, std::unique_lock<std::mutex>& lock);
  int remove(const std::string& path) const noexcept;

  const Options options_;
  int folder_ = -1;

  mutable std::mutex mutex_;
  std::vector<std::string> cameras_;
  std::deque<Segment> segments_;  // the oldest first
  std::deque<Other> others_;      // likewise
  std::uint64_t bytes_ = 0;       // of all of them
  std::uint64_t open_bytes_ = 0, stuck_bytes_ = 0;
  RetentionReport counts_;
};

}  // namespace weir::media
