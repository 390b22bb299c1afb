#include "weir/engines/speak/speed.hpp"

#include <sonic.h>

#include <algorithm>
#include <cmath>

namespace weir::speak {
namespace {

constexpr std::size_t step_samples = 512;  // between two looks at where sonic is
constexpr double smoothed_over_s = 0.5, steered_within_s = 0.5, steered_at_most = 0.03;

// How many samples sonic holds back on average: it needs two of the longest periods to go on, and then takes, for a
// voice of 147 Hz, a step that leaves out or repeats a period and those that copy until the next.
double usually_held(double rate_hz, double speed) {
  const double need = 2 * rate_hz / SONIC_MIN_PITCH, period = rate_hz / 147;
  double change = period, copied = 0;
  if (speed >= 2) {
    change = period * speed / (speed - 1);
  } else if (speed > 1) {
    change = 2 * period;
    copied = period * (2 - speed) / (speed - 1);
  } else {
    copied = period * (2 * speed - 1) / (1 - speed);
  }
  double squares = change * change;
  for (double rest = copied; rest > 0; rest -= need) squares += std::min(rest, need) * std::min(rest, need);
  return need - squares / (2 * (change + copied));
}

}  // namespace

// sonic's own type is a pointer to what it does not show.
void Speed::Close::operator()(Stream* stream) const noexcept {
  sonicDestroyStream(reinterpret_cast<sonicStream>(stream));
}

Speed::Speed(std::unique_ptr<Stream, Close> stream, int rate_hz, double speed) noexcept
    : stream_(std::move(stream)),
      speed_(speed),
      second_(rate_hz),
      usual_(stream_ == nullptr ? 0 : usually_held(rate_hz, speed)),
      held_(usual_) {}

Result<Speed> Speed::make(int rate_hz, double speed) {
  if (!(speed >= slowest && speed <= fastest)) return fail(Code::invalid, "the speed is from 0.5 to 3", "speed");
  if (rate_hz < 8000 || rate_hz > 192000) {
    return fail(Code::invalid, "the speed of 8 to 192 kHz can be changed, of no other",
                std::to_string(rate_hz) + " Hz");
  }
  std::unique_ptr<Stream, Close> stream;
  if (speed != 1) {
    stream.reset(reinterpret_cast<Stream*>(sonicCreateStream(rate_hz, 1)));
    if (stream == nullptr) return fail(Code::exhausted, "no memory for sonic", "speed");
    sonicSetSpeed(reinterpret_cast<sonicStream>(stream.get()), static_cast<float>(speed));
  }
  return Speed(std::move(stream), rate_hz, speed);
}

std::int64_t Speed::map(std::int64_t sample) const noexcept {
  return stream_ == nullptr ? sample : std::llround(static_cast<double>(sample) / speed_);
}

Result<void> Speed::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
  if (stream_ == nullptr) {
    out.insert(out.end(), in.begin(), in.end());
    return {};
  }
  while (!in.empty()) {
    const auto step = in.first(std::min(in.size(), step_samples));
    if (auto written = write(step); !written) return written;
    in = in.subspan(step.size());
    read(out);
    steer(step.size());
  }
  return {};
}

Result<void> Speed::write(std::span<const std::int16_t> in) {
  // It only copies from there.
  if (sonicWriteShortToStream(reinterpret_cast<sonicStream>(stream_.get()), const_cast<std::int16_t*>(in.data()),
                              static_cast<int>(in.size())) == 0) {
    return fail(Code::exhausted, "no memory for sonic", "speed");
  }
  in_ += static_cast<std::int64_t>(in.size());
  return {};
}

// Never more than what has gone in stands for, so that a flush can always end where it should.
void Speed::read(std::vector<std::int16_t>& out) {
  const auto sonic = reinterpret_cast<sonicStream>(stream_.get());
  const std::int64_t ready = std::min<std::int64_t>(sonicSamplesAvailable(sonic), map(in_) - out_);
  if (ready <= 0) return;
  const std::size_t before = out.size();
  out.resize(before + static_cast<std::size_t>(ready));
  sonicReadShortFromStream(sonic, out.data() + before, static_cast<int>(ready));
  out_ += ready;
}

void Speed::steer(std::size_t samples) {
  const auto sonic = reinterpret_cast<sonicStream>(stream_.get());
  if (static_cast<double>(in_) < 4 * second_ / SONIC_MIN_PITCH) return;  // nothing may have come yet
  const double out = static_cast<double>(out_ + sonicSamplesAvailable(sonic));
  const double held = static_cast<double>(in_) - out * speed_;
  held_ += (held - held_) * static_cast<double>(samples) / (smoothed_over_s * second_);
  const double by = std::clamp((held_ - usual_) / (steered_within_s * second_), -steered_at_most, steered_at_most);
  sonicSetSpeed(sonic, static_cast<float>(speed_ * (1 - by)));
}

Result<void> Speed::flush(std::vector<std::int16_t>& out) {
  if (stream_ == nullptr) return {};
  const auto sonic = reinterpret_cast<sonicStream>(stream_.get());
  sonicSetSpeed(sonic, static_cast<float>(speed_));
  if (sonicFlushStream(sonic) == 0) return fail(Code::exhausted, "no memory for sonic", "speed");
  read(out);
  // What was rounded: silence, or a few samples that are let go.
  out.resize(out.size() + static_cast<std::size_t>(map(in_) - out_), 0);
  std::int16_t gone[step_samples];
  while (sonicReadShortFromStream(sonic, gone, static_cast<int>(step_samples)) > 0) {
  }
  in_ = out_ = 0;
  held_ = usual_;
  return {};
}

Result<Speech> at_speed(const Speech& speech, double speed) {
  auto change = Speed::make(speech.rate_hz, speed);
  if (!change) return tl::unexpected(std::move(change.error()));
  Speech result{.rate_hz = speech.rate_hz, .samples = {}, .words = {}};
  result.samples.reserve(static_cast<std::size_t>(change->map(static_cast<std::int64_t>(speech.samples.size()))));
  if (auto done = change->process(speech.samples, result.samples); !done)
    return tl::unexpected(std::move(done.error()));
  if (auto done = change->flush(result.samples); !done) return tl::unexpected(std::move(done.error()));
  result.words.reserve(speech.words.size());
  for (const WordTime& word : speech.words) result.words.push_back({change->map(word.start), change->map(word.end)});
  return result;
}

}  // namespace weir::speak
