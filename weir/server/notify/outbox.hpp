// Outbox: what every sender has: the queue on disk, filled by a thread of its own, and the counts.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "weir/core/channel.hpp"
#include "weir/server/notify/disk_queue.hpp"
#include "weir/server/notify/sender.hpp"

namespace weir::notify {

// What a sender does with its outbox, one message at a time: front(), then one of sent(), refused(), failed(). failed()
// keeps the message.
// Thread-safety: front() … failed() from the thread that sends; the others from any.
// Allocates: yes.  Blocks: front() and what follows it for the disk, wait(), close_intake().
// Ownership: owns the queue and the thread that fills it.
class Outbox {
 public:
  struct Options {
    std::string owner;
    std::string to;  // for the report: without secrets
    std::filesystem::path queue_dir;
    std::uint64_t queue_max_bytes = 0;
    Clock* clock = &Clock::real();
    std::function<void()> on_new = {};  // something was put on disk, or the intake ended
  };
  static Result<std::unique_ptr<Outbox>> open(Options options);
  ~Outbox();

  // Waits for nothing.
  void offer(const Message& message);

  std::optional<Message> front();
  void sent();
  // The receiver does not want this one: the queue goes on. `cause` is logged once.
  void refused(const Error& cause);
  void failed(const Error& error);
  // The receiver is there again, or gone, without a message to prove it.
  void set_up(bool up);
  // Until something is put on disk after `seen` (see news()), or the deadline, or the stop.
  void wait(std::uint32_t seen, Instant deadline, const std::stop_token& stop);
  std::uint32_t news() const noexcept { return news_.load(std::memory_order_acquire); }

  // Everything offered before is on disk when this returns; what is offered afterwards is dropped `closed`.
  Result<void> close_intake();
  // Nobody sends any more.
  void end();
  // Nothing waits on disk, or the last attempt failed: there is nothing to wait for.
  bool idle() const;
  SenderReport report() const;

 private:
  explicit Outbox(Options options);
  void fill();
  void announce();
  void note(const Result<void>& disk);
  void pop();

  const Options options_;
  std::unique_ptr<Channel<Message>> intake_;
  std::atomic<std::uint64_t> offered_{0}, large_{0}, busy_{0}, closed_{0};
  std::atomic<std::uint32_t> news_{0};

  mutable std::mutex mutex_;  // of all that follows
  std::unique_ptr<DiskQueue> queue_;
  std::map<std::string, std::uint64_t> dropped_;
  std::set<std::string> logged_causes_;
  std::uint64_t recovered_ = 0, sent_ = 0, failed_ = 0;
  bool up_ = false;
  bool down_ = false;  // the last attempt failed, and that was logged
  std::string last_error_;
  std::optional<Error> disk_error_;  // the first; nothing before it was lost

  std::thread thread_;
};

}  // namespace weir::notify
