#include "weir/media/worker/lent_slots.hpp"

#include "weir/core/pool.hpp"
#include "weir/media/worker/connect_protocol.hpp"

namespace weir::media::connect {

bool LentSlots::take(const worker::Message& message) {
  if (message.type == type::pool) {
    const Result<std::span<std::byte>> memory = child_.map();
    if (!memory) return false;
    const std::lock_guard lock(mutex_);
    // Whoever writes waits for this pool and holds no slot of the former one.
    if (!memory_.empty()) child_.unmap(memory_);
    memory_ = *memory;
    slot_bytes_ = message.get<PoolBody>().slot_bytes;
    stride_ = Pool::stride_bytes(slot_bytes_, slot_alignment);
    serial_ = message.pool;
    free_.clear();
    free_.reserve(memory_.size() / stride_);
  } else if (message.type == type::loan) {
    const std::lock_guard lock(mutex_);
    if (message.pool != serial_) return true;  // on its way when the pool was changed
    if ((message.slot + std::size_t{1}) * stride_ > memory_.size()) return false;
    free_.push_back({message.slot, message.generation});
  } else {
    return false;
  }
  changed_.notify_all();
  return true;
}

std::optional<LentSlots::Slot> LentSlots::wait_for(std::size_t bytes, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  // The first pool comes by itself.
  if (serial_ != 0 && slot_bytes_ < bytes) {
    lock.unlock();
    worker::Message message;
    message.type = type::larger;
    message.put(LargerBody{bytes});
    if (!child_.send(message)) return std::nullopt;
    lock.lock();
  }
  if (!changed_.wait(lock, stop, [&] { return slot_bytes_ >= bytes && !free_.empty(); })) return std::nullopt;
  Slot slot;
  slot.pool = serial_;
  slot.loan = free_.back();
  free_.pop_back();
  slot.bytes = memory_.subspan(slot.loan.slot * stride_, slot_bytes_);
  return slot;
}

bool LentSlots::say(const Slot& slot, worker::Message message) {
  message.pool = slot.pool;
  message.slot = slot.loan.slot;
  message.generation = slot.loan.generation;
  return child_.send(message);
}

}  // namespace weir::media::connect
