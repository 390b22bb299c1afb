// What calls the renderer block by block: as fast as its input comes, or like a sound card, whenever a block is due.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <stop_token>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/core/ring.hpp"
#include "weir/flows/spatial/options.hpp"
#include "weir/flows/spatial/renderer.hpp"

namespace weir::spatial {

struct DriverOptions {
  int channels = 0;  // of the input ring's frames, interleaved floats; the output ring's are two
  int rate_hz = 48000;
  int tail_frames = 0;  // what is still to be heard after the last input
  std::vector<int> blocks;
  std::uint64_t seed = 1;
  std::optional<PacedOptions> paced = {};  // without: nothing is ever late
};

struct DriverReport {
  std::uint64_t blocks = 0;
  std::uint64_t frames_in = 0, frames_out = 0;
  std::uint64_t underruns = 0;        // blocks whose input was not there in time
  std::uint64_t underrun_frames = 0;  // silence that was heard instead
  std::uint64_t overruns = 0;         // blocks for which the output had no room
  std::uint64_t overrun_frames = 0;   // and what was lost of them
  std::uint64_t late = 0;             // blocks that were done only after the next one was due
};

// Thread-safety: run() from one thread, report() from any.  Allocates: construction only.
// Blocks: run() waits between blocks, never within one.  Ownership: borrows all but its buffers.
class Driver {
 public:
  Driver(DriverOptions options, Renderer& renderer, Ring& input, Ring& output, Clock& clock = Clock::real());

  // Until the input has ended and its tail is out, or `stop` asks. Ends the output ring.
  void run(const std::stop_token& stop);
  DriverReport report() const noexcept;

 private:
  int next_block() noexcept;
  // Until the block may begin; false: stopped.
  bool wait_for_input(std::size_t frames, const std::stop_token& stop);
  bool wait_for_room(std::size_t frames, const std::stop_token& stop);
  bool wait_until_due(int frames, const std::stop_token& stop);
  // One block; what comes back is its length, 0 once everything is out.
  int play(int frames) noexcept;
  void write(int frames) noexcept;

  DriverOptions options_;
  Renderer& renderer_;
  Ring &input_, &output_;
  Clock& clock_;
  std::mt19937_64 block_random_, jitter_random_;  // apart: blocks are the same with and without jitter
  std::vector<float> planes_, ears_;              // channel after channel
  std::vector<const float*> inputs_;
  std::uint64_t to_skip_, tail_left_;  // frames
  Instant due_ = {};                   // of the next block, without jitter
  HotPath path_{"spatial.block"};
  struct Counters {
    std::atomic<std::uint64_t> blocks{0}, frames_in{0}, frames_out{0}, underruns{0}, underrun_frames{0}, overruns{0},
        overrun_frames{0}, late{0};
  } counted_;
};

}  // namespace weir::spatial
