#include "weir/flows/spatial/driver.hpp"

#include <algorithm>
#include <cstring>

namespace weir::spatial {
namespace {

constexpr int longest_block = 8192;

void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

Driver::Driver(DriverOptions options, Renderer& renderer, Ring& input, Ring& output, Clock& clock)
    : options_(std::move(options)),
      renderer_(renderer),
      input_(input),
      output_(output),
      clock_(clock),
      block_random_(options_.seed),
      jitter_random_(options_.seed),
      planes_(static_cast<std::size_t>(options_.channels) * longest_block),
      ears_(2 * longest_block),
      to_skip_(static_cast<std::uint64_t>(renderer.latency_frames())),
      tail_left_(static_cast<std::uint64_t>(options_.tail_frames) + to_skip_) {
  for (int channel = 0; channel < options_.channels; ++channel) {
    inputs_.push_back(planes_.data() + static_cast<std::size_t>(channel) * longest_block);
  }
}

void Driver::run(const std::stop_token& stop) {
  due_ = clock_.now();
  for (;;) {
    const int frames = next_block();
    const auto count = static_cast<std::size_t>(frames);
    const bool go =
        options_.paced ? wait_until_due(frames, stop) : wait_for_input(count, stop) && wait_for_room(count, stop);
    if (!go) break;
    const int played = play(frames);
    // Who waits for the other ends is woken when the hot path is over: that is a system call.
    input_.wake();
    output_.wake();
    if (played == 0) break;
    if (options_.paced && clock_.now() > due_) bump(counted_.late);
  }
  output_.end();
  output_.wake();
}

int Driver::next_block() noexcept {
  const auto& blocks = options_.blocks;
  return blocks.size() == 1 ? blocks.front() : blocks[block_random_() % blocks.size()];
}

bool Driver::wait_for_input(std::size_t frames, const std::stop_token& stop) {
  return input_.wait_until(clock_, stop,
                           [&] { return input_.ended() || input_.readable().size() >= frames * input_.frame_bytes(); });
}

bool Driver::wait_for_room(std::size_t frames, const std::stop_token& stop) {
  return output_.wait_until(clock_, stop, [&] { return output_.writable().size() >= frames * output_.frame_bytes(); });
}

bool Driver::wait_until_due(int frames, const std::stop_token& stop) {
  const double period_s = frames / (options_.rate_hz * options_.paced->speed);
  // As a share of the period, from the generator's own bits: the same on every machine.
  const double jitter = options_.paced->jitter * static_cast<double>(jitter_random_() >> 11) * 0x1p-53;
  const auto nanos = [](double seconds) { return Nanos(static_cast<std::int64_t>(seconds * 1e9)); };
  const bool go = clock_.sleep_until(due_ + nanos(period_s * jitter), stop);
  due_ += nanos(period_s);
  return go;
}

int Driver::play(int frames) noexcept {
  const HotPath::Scope hot(path_);
  // In this order: what was written before the end is there when the end is seen.
  const bool ended = input_.ended();
  const auto samples = input_.readable();
  const int there =
      static_cast<int>(std::min<std::size_t>(samples.size() / input_.frame_bytes(), static_cast<std::size_t>(frames)));
  if (there < frames && ended) {
    const auto silence =
        static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(frames - there), tail_left_));
    tail_left_ -= static_cast<std::uint64_t>(silence);
    frames = there + silence;
    if (frames == 0) return 0;
  } else if (there < frames) {
    bump(counted_.underruns);
    bump(counted_.underrun_frames, static_cast<std::uint64_t>(frames - there));
  }
  const auto channels = static_cast<std::size_t>(options_.channels);
  const auto* interleaved = reinterpret_cast<const float*>(samples.data());
  for (std::size_t channel = 0; channel < channels; ++channel) {
    float* plane = planes_.data() + channel * longest_block;
    for (std::size_t i = 0; i < static_cast<std::size_t>(there); ++i) plane[i] = interleaved[i * channels + channel];
    std::fill(plane + there, plane + frames, 0.0F);
  }
  input_.read(static_cast<std::size_t>(there));
  renderer_.process(inputs_.data(), ears_.data(), ears_.data() + longest_block, frames);
  write(frames);
  bump(counted_.blocks);
  bump(counted_.frames_in, static_cast<std::uint64_t>(there));
  return frames;
}

void Driver::write(int frames) noexcept {
  const int skip = static_cast<int>(std::min<std::uint64_t>(to_skip_, static_cast<std::uint64_t>(frames)));
  to_skip_ -= static_cast<std::uint64_t>(skip);
  const auto room = output_.writable();
  const int count = std::min(
      frames - skip, static_cast<int>(std::min<std::size_t>(room.size() / output_.frame_bytes(), longest_block)));
  const float *left = ears_.data() + skip, *right = left + longest_block;
  auto* interleaved = reinterpret_cast<float*>(room.data());
  for (int i = 0; i < count; ++i) {
    interleaved[2 * i] = left[i];
    interleaved[2 * i + 1] = right[i];
  }
  output_.wrote(static_cast<std::size_t>(count));
  bump(counted_.frames_out, static_cast<std::uint64_t>(count));
  if (count == frames - skip) return;
  bump(counted_.overruns);
  bump(counted_.overrun_frames, static_cast<std::uint64_t>(frames - skip - count));
}

DriverReport Driver::report() const noexcept {
  const auto of = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  return {of(counted_.blocks),          of(counted_.frames_in), of(counted_.frames_out),     of(counted_.underruns),
          of(counted_.underrun_frames), of(counted_.overruns),  of(counted_.overrun_frames), of(counted_.late)};
}

}  // namespace weir::spatial
