#include "weir/server/notify/outbox.hpp"

#include <algorithm>
#include <utility>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"

namespace weir::notify {
namespace {

// At 64 KiB a message 16 MiB at most; in practice a few hundred bytes each.
constexpr std::size_t intake_messages = 256;
// A receiver that refuses for ever new reasons must not fill the log.
constexpr std::size_t max_logged_causes = 16;

std::string messages(std::uint64_t n) { return std::to_string(n) + (n == 1 ? " message" : " messages"); }

}  // namespace

Outbox::Outbox(Options options)
    : options_(std::move(options)),
      intake_(Channel<Message>::bounded(options_.owner + ".intake", intake_messages, Overflow::drop_newest)) {}

Result<std::unique_ptr<Outbox>> Outbox::open(Options options) {
  auto queue = DiskQueue::open({options.queue_dir, options.queue_max_bytes});
  if (!queue) return tl::unexpected(queue.error());
  std::unique_ptr<Outbox> outbox(new Outbox(std::move(options)));
  outbox->queue_ = std::move(*queue);
  outbox->recovered_ = outbox->queue_->size() + outbox->queue_->dropped();
  const std::string& owner = outbox->options_.owner;
  if (outbox->queue_->gaps() > 0) {
    log(Level::warn, owner, "the queue on disk is damaged in " + std::to_string(outbox->queue_->gaps()) + " places");
  }
  if (outbox->recovered_ > 0) log(Level::info, owner, messages(outbox->recovered_) + " wait from an earlier run");
  outbox->thread_ = std::thread([o = outbox.get()] { o->fill(); });
  return outbox;
}

Outbox::~Outbox() { close_intake(); }

void Outbox::announce() {
  news_.fetch_add(1, std::memory_order_release);
  Clock::wake_all(news_);
  if (options_.on_new) options_.on_new();
}

void Outbox::offer(const Message& message) {
  offered_.fetch_add(1, std::memory_order_relaxed);
  if (message.id.size() + message.topic.size() + message.body.size() > max_message_bytes) {
    large_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Message copy = message;
  const Offer offer = intake_->offer(std::move(copy));
  if (offer != Offer::accepted) (offer == Offer::closed ? closed_ : busy_).fetch_add(1, std::memory_order_relaxed);
}

void Outbox::note(const Result<void>& disk) {
  if (disk || disk_error_) return;
  disk_error_ = disk.error();
  log(Level::error, options_.owner, disk.error().line());
}

// The disk may take its time: everybody but this thread has better things to do meanwhile.
void Outbox::fill() {
  AccountBinding binding(Account::open("notify"));
  while (std::optional<Message> message = intake_->take()) {
    {
      std::lock_guard lock(mutex_);
      std::size_t batch = 0;
      do {
        const auto pushed = queue_->push(*message);
        if (!pushed) ++dropped_["failed"];
        note(pushed);
        message = ++batch < intake_messages ? intake_->try_take() : std::nullopt;
      } while (message);
      note(queue_->sync());  // one flush for all that came meanwhile
    }
    announce();
  }
  announce();
}

std::optional<Message> Outbox::front() {
  std::lock_guard lock(mutex_);
  return queue_->front();
}

void Outbox::pop() {
  note(queue_->pop());
  announce();
}

void Outbox::sent() {
  set_up(true);
  std::lock_guard lock(mutex_);
  ++sent_;
  pop();
}

void Outbox::refused(const Error& cause) {
  set_up(true);  // it is there, and says no
  std::lock_guard lock(mutex_);
  ++dropped_["refused"];
  last_error_ = cause.message();
  if (logged_causes_.size() < max_logged_causes && logged_causes_.insert(last_error_).second) {
    log(Level::warn, options_.owner, options_.to + ": " + last_error_ + "; such messages are dropped and counted");
  }
  pop();
}

void Outbox::failed(const Error& error) {
  {
    std::lock_guard lock(mutex_);
    ++failed_;
    up_ = false;
    last_error_ = error.message();
    if (!std::exchange(down_, true)) {
      log(Level::warn, options_.owner, options_.to + ": " + last_error_ + "; messages wait on disk");
    }
  }
  announce();
}

void Outbox::set_up(bool up) {
  std::lock_guard lock(mutex_);
  up_ = up;
  if (up && std::exchange(down_, false)) log(Level::info, options_.owner, options_.to + " is there again");
}

void Outbox::wait(std::uint32_t seen, Instant deadline, const std::stop_token& stop) {
  std::stop_callback wake(stop, [this] { announce(); });
  if (!stop.stop_requested()) options_.clock->wait(news_, seen, deadline);
}

Result<void> Outbox::close_intake() {
  intake_->close();
  if (thread_.joinable()) thread_.join();
  std::lock_guard lock(mutex_);
  if (disk_error_) return tl::unexpected(*disk_error_);
  return {};
}

void Outbox::end() {
  std::lock_guard lock(mutex_);
  queue_->give_back();
}

bool Outbox::idle() const {
  std::lock_guard lock(mutex_);
  return down_ || queue_->size() == 0;
}

SenderReport Outbox::report() const {
  std::lock_guard lock(mutex_);
  SenderReport r;
  r.owner = options_.owner;
  r.to = options_.to;
  r.up = up_;
  r.offered = offered_.load(std::memory_order_relaxed);
  r.recovered = recovered_;
  r.sent = sent_;
  r.failed = failed_;
  r.dropped = dropped_;
  const std::pair<const char*, const std::atomic<std::uint64_t>&> at_the_door[] = {
      {"large", large_}, {"busy", busy_}, {"closed", closed_}};
  for (const auto& [reason, count] : at_the_door) {
    if (const auto n = count.load(std::memory_order_relaxed); n > 0) r.dropped[reason] = n;
  }
  if (queue_->dropped() > 0) r.dropped["full"] = queue_->dropped();
  if (queue_->lost() > 0) r.dropped["corrupt"] = queue_->lost();
  // What is between the caller of offer() and the disk waits as well.
  std::uint64_t gone = r.sent;
  for (const auto& [reason, n] : r.dropped) gone += n;
  r.waiting = std::max(r.offered + r.recovered, gone) - gone;
  r.waiting_bytes = queue_->bytes();
  r.last_error = last_error_;
  return r;
}

}  // namespace weir::notify
