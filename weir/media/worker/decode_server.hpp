// DecodeServer: a decode worker seen from inside: the very same Decoder, whose frame memory the parent lends.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "weir/core/worker/child.hpp"
#include "weir/media/decoder.hpp"
#include "weir/media/frame_pools.hpp"
#include "weir/media/worker/decode_protocol.hpp"

namespace weir::media::decode {

// Thread-safety: run() by one thread; make() and drop() from any of the codec's, inside run().
// Allocates: yes.  Blocks: yes.  Ownership: borrows the child, which must outlive it.
class DecodeServer final : public FramePools {
 public:
  explicit DecodeServer(worker::Child& child) : child_(child) {}

  // Answers the parent until it is gone or asks to end. The exit status. Enters the sandbox before it looks at the
  // stream.
  int run();

  Result<std::unique_ptr<Pool>> make(PoolOptions options) override;
  void drop(std::unique_ptr<Pool> pool) override;

 private:
  struct Away {
    Lease lease;                   // while the parent's consumers have the frame
    std::uint32_t generation = 1;  // of the loan
  };
  struct Lent {
    std::uint32_t serial;
    const Pool* pool;
    std::span<std::byte> memory;
    std::vector<Away> slots;
  };
  struct MappedMessage {
    worker::Message message;
    std::span<std::byte> memory;
  };

  using Box = std::deque<MappedMessage>;
  // The next message for `box`; false when the parent is gone or asks to end.
  bool next(Box& box, MappedMessage& out);
  void sort(MappedMessage received);
  void take_back(const worker::Message& message);
  void serve(Decoder& decoder);
  void work(Decoder& decoder, const worker::Message& message);
  void give(Frame&& frame);
  void say_error(const Error& error);
  void say_done(const worker::Message& message, const DecoderReport& report);
  Lent* find(const Pool& pool);

  worker::Child& child_;

  // What was received, by who waits for it. Whoever waits first receives for all.
  std::mutex inbox_mutex_;
  std::condition_variable inbox_changed_;
  bool receiving_ = false, gone_ = false;
  Box work_, pool_answers_;

  std::mutex mapping_mutex_;  // of what the child object knows of its mappings

  std::mutex lent_mutex_;
  std::vector<Lent> lent_;
  std::uint64_t lost_ = 0;

  std::span<std::byte> packets_;
  std::uint64_t sequence_ = 0, errors_ = 0;
};

}  // namespace weir::media::decode
