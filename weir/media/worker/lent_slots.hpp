// LentSlots: the slots that a connector may write to, as its parent lends them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "weir/core/worker/child.hpp"
#include "weir/core/worker/lending.hpp"

namespace weir::media::connect {

// Thread-safety: take() from the thread that receives, the rest from the one that writes.  Allocates: take() of a pool.
// Blocks: wait_for() only.  Ownership: borrows the child, which maps the memory.
class LentSlots {
 public:
  explicit LentSlots(worker::Child& child) : child_(child) {}

  // A pool or a loan from the parent. False: neither, or the memory cannot be mapped.
  bool take(const worker::Message& message);

  struct Slot {
    std::uint32_t pool = 0;
    worker::Loan loan;
    std::span<std::byte> bytes;
  };
  // A slot of at least that size, this thread's until say(). Larger ones are asked for when there are none of that
  // size: then no slot may be held. Waiting for one is what holds a fast source back. Nothing: stopped, or the parent
  // is gone.
  std::optional<Slot> wait_for(std::size_t bytes, const std::stop_token& stop);
  // Gives it to the parent, with what the message says. False: the parent is gone.
  bool say(const Slot& slot, worker::Message message);

 private:
  worker::Child& child_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::span<std::byte> memory_;
  std::size_t slot_bytes_ = 0, stride_ = 0;
  std::uint32_t serial_ = 0;
  std::vector<worker::Loan> free_;
};

}  // namespace weir::media::connect
