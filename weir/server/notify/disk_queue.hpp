// DiskQueue: messages on disk, oldest first, bounded, and still there after the program was killed.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "weir/core/result.hpp"
#include "weir/server/notify/journal.hpp"

namespace weir::notify {

// A folder of journal files: written at the end of the last, read from the first, deleted when nothing in it waits any
// more. What is done is a record in the journal too, so that nothing is ever rewritten.
// After a kill everything pushed is there, and what was popped does not come back. After a power failure everything
// pushed before the last sync() is there, and what was popped since may come a second time.
// Thread-safety: none.  Allocates: the messages, and a few words per file.
// Blocks: for the disk.  Ownership: owns the files; a lock keeps other programs out.
class DiskQueue {
 public:
  struct Options {
    std::filesystem::path dir;    // made if it is not there
    std::uint64_t max_bytes = 0;  // of all files together; at least min_max_bytes
  };
  static constexpr std::uint64_t min_max_bytes = std::uint64_t{256} << 10;

  // Errors: `invalid` for a bound that is too small, `denied` when another program has it open, `failed`, `corrupt` for
  // a file that cannot be a journal.
  static Result<std::unique_ptr<DiskQueue>> open(Options options);
  ~DiskQueue();
  DiskQueue(const DiskQueue&) = delete;
  DiskQueue& operator=(const DiskQueue&) = delete;

  // At the bound the oldest go, a file full at a time. Errors: `exhausted` for a message over max_message_bytes, and
  // `failed` when the disk does not take it; the queue is then as it was.
  Result<void> push(const Message& message);
  // What was pushed and popped survives a power failure from now on.
  Result<void> sync();

  // The oldest; stays the same until pop(), even if the bound takes it from the disk meanwhile.
  std::optional<Message> front();
  // Done with the front.
  Result<void> pop();
  // Nobody sends any more: a front that is only in memory, because the bound has taken it from the disk, is dropped.
  void give_back() noexcept;

  std::uint64_t size() const noexcept;                         // messages waiting
  std::uint64_t bytes() const noexcept;                        // on disk, of all files
  std::uint64_t dropped() const noexcept { return dropped_; }  // Drop::full: the oldest, at the bound
  std::uint64_t lost() const noexcept { return lost_; }        // known to be there once, and unreadable since
  std::uint64_t gaps() const noexcept { return gaps_; }        // damaged places found at open()
  bool torn() const noexcept { return torn_; }                 // open() has cut a record that was half written

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::uint64_t waiting = 0;  // messages in it that are not done
  };

  explicit DiskQueue(Options options);
  std::filesystem::path path_of(std::uint64_t number) const;
  Result<void> recover();
  Result<void> append(const std::string& record);
  Result<void> open_tail(int flags);
  Result<void> start_segment();
  void drop_first();
  void forget_finished();
  Result<void> read(const Segment& segment, std::string& content) const;

  const Options options_;
  const std::uint64_t segment_bytes_;
  int lock_ = -1, tail_ = -1;
  std::deque<Segment> segments_;  // the last is written; never empty once it is open
  std::uint64_t next_sequence_ = 1, done_ = 0;
  std::uint64_t dropped_ = 0, lost_ = 0, gaps_ = 0;
  bool torn_ = false;

  std::string head_;         // what has been read of the first segment
  std::size_t head_at_ = 0;  // where the next record in it begins
  std::optional<Record> front_;
  bool front_on_disk_ = false;  // counted in the first segment
};

}  // namespace weir::notify
