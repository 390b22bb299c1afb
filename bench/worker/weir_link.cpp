// Frames handed over as weir's decoders hand theirs to the process that they belong to: slots of a shared pool, lent to
// the sender, who names one in a message when it is written; the receiver checks that, and holds it by a lease. Both
// sides sleep at a futex in the rings.
#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "bench/worker/frame.hpp"
#include "bench/worker/way.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/message_ring.hpp"

namespace bench {
namespace {

using weir::worker::Loan;
using weir::worker::Message;
using weir::worker::RingMemory;
using weir::worker::RingReader;
using weir::worker::RingWriter;

constexpr std::size_t slot_alignment = 64;

struct Rings {
  RingMemory frames;  // from the sender
  RingMemory loans;   // to it
};

Message message_of(Loan loan) {
  Message message;
  message.type = weir::worker::first_job_type;
  message.pool = 1;
  message.slot = loan.slot;
  message.generation = loan.generation;
  return message;
}

void write(RingWriter& ring, Loan loan) {
  // There are more places in a ring than slots that it can speak of.
  if (!ring.write(message_of(loan))) give_up("a ring is full");
}

Loan read(RingReader& ring) {
  Message message;
  for (;;) {
    const auto got = ring.read(message);
    if (!got) give_up(got.error().line());
    if (*got) return {message.slot, message.generation};
    ring.wait(weir::never);
  }
}

class WeirSender final : public Sender {
 public:
  WeirSender(Rings& rings, const weir::Pool& pool) : frames_(rings.frames), loans_(rings.loans) {
    // As another process: by its descriptor, not by what the fork has copied.
    void* memory =
        ::mmap(nullptr, pool.memory().size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, pool.descriptor(), 0);
    if (memory == MAP_FAILED) give_up_errno("mmap of the pool");
    memory_ = static_cast<std::byte*>(memory);
    stride_ = weir::Pool::stride_bytes(frame_bytes, slot_alignment);
    bytes_ = pool.memory().size();
  }
  ~WeirSender() override { ::munmap(memory_, bytes_); }
  std::byte* place() override {
    Message message;
    for (;;) {
      const auto got = loans_.read(message);
      if (!got) give_up(got.error().line());
      if (!*got) break;
      free_[free_count_++] = {message.slot, message.generation};
    }
    // The slot that came back last: its memory is most likely still in a cache.
    mine_ = free_count_ > 0 ? free_[--free_count_] : read(loans_);
    return memory_ + mine_.slot * stride_;
  }
  void hand_over() override { write(frames_, mine_); }

 private:
  RingWriter frames_;
  RingReader loans_;
  std::byte* memory_ = nullptr;
  std::size_t stride_ = 0, bytes_ = 0;
  std::array<Loan, frames_ahead + 1> free_;
  std::size_t free_count_ = 0;
  Loan mine_;
};

class WeirReceiver final : public Receiver {
 public:
  WeirReceiver(Rings& rings, weir::Pool& pool) : frames_(rings.frames), loans_(rings.loans), lending_(pool) {
    for (std::size_t i = 0; i < pool.capacity(); ++i) {
      write(loans_, lending_.lend(pool.try_acquire(weir::Role::decoder)));
    }
  }
  const std::byte* take() override {
    auto lease = lending_.share(read(frames_), weir::Role::engine);
    if (!lease) give_up(lease.error().line());
    lease_ = std::move(*lease);
    return lease_.bytes().data();
  }
  void release() override {
    lease_.release();
    lending_.collect([this](Loan loan) { write(loans_, loan); });
  }

 private:
  RingReader frames_;
  RingWriter loans_;
  weir::worker::Lending lending_;
  weir::Lease lease_;
};

class WeirLink final : public Link {
 public:
  WeirLink() {
    auto pool = weir::Pool::make({.id = "bench/frames",
                                  .owner = "bench",
                                  .slot_bytes = frame_bytes,
                                  .capacity = frames_ahead + 1,
                                  .alignment = slot_alignment,
                                  .shared = true});
    if (!pool) give_up(pool.error().line());
    pool_ = std::move(*pool);
    const int descriptor = ::memfd_create("bench rings", MFD_CLOEXEC);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(Rings)) != 0) give_up_errno("memfd of the rings");
    void* memory = ::mmap(nullptr, sizeof(Rings), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0);
    if (memory == MAP_FAILED) give_up_errno("mmap of the rings");
    ::close(descriptor);
    rings_ = static_cast<Rings*>(memory);  // zeroed, as they are at first
  }
  ~WeirLink() override { ::munmap(rings_, sizeof(Rings)); }
  std::unique_ptr<Sender> sender() override { return std::make_unique<WeirSender>(*rings_, *pool_); }
  std::unique_ptr<Receiver> receiver() override { return std::make_unique<WeirReceiver>(*rings_, *pool_); }

 private:
  std::unique_ptr<weir::Pool> pool_;
  Rings* rings_ = nullptr;
};

}  // namespace

std::unique_ptr<Link> weir_link() { return std::make_unique<WeirLink>(); }

}  // namespace bench
