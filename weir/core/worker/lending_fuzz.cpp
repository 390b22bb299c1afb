// A worker that says anything at all, seen from its parent: the bytes scribble over the rings and put messages into
// them; the parent reads and does what they ask for. A model knows which loans are true.
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/message_ring.hpp"

namespace {

using namespace weir;
using namespace weir::worker;

constexpr std::uint32_t capacity = 5, serial = 3;
enum Type : std::uint32_t { give = first_job_type, done, look };

void check(bool holds) {
  if (!holds) std::abort();
}

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  std::uint32_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  std::uint32_t word() { return byte() | byte() << 8 | byte() << 16 | byte() << 24; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

struct Slot {
  enum { ours, lent, given } state = ours;
  std::uint32_t generation = 0;
  Lease reader;
};

// One life of a worker.
class Run {
 public:
  Run(Pool& pool, Bytes bytes) : pool_(pool), bytes_(bytes), lending_(pool) {}

  void go() {
    while (!bytes_.empty()) {
      switch (bytes_.byte() % 8) {
        case 0: scribble(from_child_); break;
        case 1: scribble(to_child_); break;
        case 2: say({bytes_.byte(), bytes_.byte()}); break;
        case 3: say({bytes_.word(), bytes_.word()}); break;
        case 4: {  // a loan that is or was true
          const std::uint32_t slot = bytes_.byte() % capacity;
          say({slot, slots_[slot].generation});
          break;
        }
        case 5: lend(); break;
        case 6: slots_[bytes_.byte() % capacity].reader.release(); break;
        default: listen();
      }
      check_balance();
    }
    check(lending_.revoke() == count_lent());
    for (Slot& slot : slots_) slot.state = Slot::ours;
    check_balance();
    for (Slot& slot : slots_) slot.reader.release();
    check(pool_.outstanding() == 0);
  }

 private:
  // ---- the worker

  void scribble(RingMemory& ring) {
    std::atomic<std::uint32_t>* const words[] = {&ring.written,  &ring.read,      &ring.bell,
                                                 &ring.sleeping, &ring.room_bell, &ring.room_sleeping};
    std::atomic<std::uint32_t>& word = *words[bytes_.byte() % 6];
    const std::uint32_t by = bytes_.byte();
    word = by == 255 ? bytes_.word() : word + by - 100;
  }

  void say(Loan loan) {
    const std::uint32_t kind = bytes_.byte();
    const std::uint32_t at = from_child_.written;
    Message& message = from_child_.messages[at % RingMemory::capacity];
    message.type = first_job_type + kind % 4;
    message.pool = kind < 250 ? serial : kind;
    message.slot = loan.slot;
    message.generation = loan.generation;
    from_child_.written = at + 1;
  }

  // ---- its parent

  void listen() {
    Message message;
    std::uint32_t messages = 0;
    for (auto got = reader_.read(message); got && *got; got = reader_.read(message)) {
      obey(message);
      check(++messages <= RingMemory::capacity);
    }
    reader_.wait(Instant::min());
  }

  void obey(const Message& message) {
    if (message.pool != serial) return;
    const Loan loan{message.slot, message.generation};
    Slot* const slot = loan.slot < capacity ? &slots_[loan.slot] : nullptr;
    const bool right = slot != nullptr && slot->state == Slot::lent && slot->generation == loan.generation;
    switch (message.type) {
      case give: {
        auto lease = lending_.share(loan, Role::client);
        check(lease.has_value() == right && (right || lease.error().code == Code::corrupt));
        if (!right) return;
        check(lease->handle().index == loan.slot && !lease->alone());
        slot->reader = std::move(*lease);
        slot->state = Slot::given;
        return;
      }
      case done: {
        const auto taken = lending_.take_back(loan);
        check(taken.has_value() == right && (right || taken.error().code == Code::corrupt));
        if (right) slot->state = Slot::ours;
        return;
      }
      case look:
        lending_.collect([&](Loan back) {
          check(back.slot < capacity);
          Slot& mine = slots_[back.slot];
          check(mine.state == Slot::given && !mine.reader && back.generation == ++mine.generation);
          mine.state = Slot::lent;
          answer(back);
        });
        for (const Slot& each : slots_) check(each.state != Slot::given || each.reader);
        return;
      default: return;
    }
  }

  void lend() {
    Lease lease = pool_.try_acquire(Role::decoder);
    if (!lease) return;
    Slot& slot = slots_[lease.handle().index];
    check(slot.state == Slot::ours && !slot.reader);
    const Loan loan = lending_.lend(std::move(lease));
    check(&slot == &slots_[loan.slot] && loan.generation == ++slot.generation);
    slot.state = Slot::lent;
    answer(loan);
  }

  void answer(Loan loan) {
    Message message;
    message.type = give;
    message.pool = serial;
    message.slot = loan.slot;
    message.generation = loan.generation;
    const std::uint32_t unread = written_ - to_child_.read;
    check(writer_.write(message) == (unread < RingMemory::capacity));
    if (unread < RingMemory::capacity) {
      check(to_child_.written == ++written_);
      check(std::memcmp(&to_child_.messages[(written_ - 1) % RingMemory::capacity], &message, sizeof message) == 0);
    }
    writer_.wait_for_room(Instant::min());
  }

  // ---- what is true

  std::size_t count_lent() const {
    std::size_t n = 0;
    for (const Slot& slot : slots_) n += slot.state != Slot::ours;
    return n;
  }
  void check_balance() const {
    std::size_t held = 0;
    for (const Slot& slot : slots_) held += slot.state != Slot::ours || slot.reader;
    check(lending_.lent() == count_lent() && pool_.outstanding() == held);
  }

  Pool& pool_;
  Bytes bytes_;
  Lending lending_;
  std::array<Slot, capacity> slots_;
  RingMemory from_child_{}, to_child_{};
  RingReader reader_{from_child_};
  RingWriter writer_{to_child_};
  std::uint32_t written_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto pool =
      Pool::make({.id = "fuzz", .owner = "fuzz", .slot_bytes = 64, .capacity = capacity}).value().release();
  Run(*pool, {data, size}).go();
  const PoolReport report = pool->report();
  check(report.acquired == report.released && report.outstanding == 0);
  return 0;
}
