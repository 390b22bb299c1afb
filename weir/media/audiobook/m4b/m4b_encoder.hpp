// Encoder: samples and chapters in, an M4B file on a descriptor out. The inside of weir-worker-m4b.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "weir/core/result.hpp"
#include "weir/media/audiobook/audiobook.hpp"

namespace weir::media::m4b {

// Thread-safety: one thread.  Allocates: yes.  Blocks: on the disk.  Ownership: borrows the descriptor.
class Encoder {
 public:
  static Result<std::unique_ptr<Encoder>> make(int descriptor, const AudiobookInfo& info, int rate_hz, int channels);
  ~Encoder();

  Result<void> write(std::span<const std::int16_t> interleaved);
  void chapter(std::uint64_t start, std::string title);
  Result<void> finish();
  std::uint64_t frames() const noexcept;

 private:
  struct State;
  explicit Encoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::media::m4b
