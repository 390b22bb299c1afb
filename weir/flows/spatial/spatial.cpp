#include "weir/flows/spatial/spatial.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "weir/core/account.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/pool.hpp"
#include "weir/flows/spatial/sound.hpp"
#include "weir/media/audio/sound_reader.hpp"
#include "weir/media/audio/sound_writer.hpp"

namespace weir::spatial {
namespace {

constexpr Nanos sample_every = std::chrono::seconds(1);
constexpr Nanos progress_every = std::chrono::milliseconds(200);
constexpr std::size_t chunk_frames = 4096;
// What is read ahead and what waits to be written: seconds of sound, and always some blocks.
constexpr double ring_s = 0.5;
constexpr std::size_t ring_least_frames = 4 * 8192;

std::string id_of(const std::filesystem::path& in) { return in == "-" ? "stdin" : in.stem().string(); }

// Reader → ring → driver with renderer → ring → writer, a thread each.
class Spatial final : public Status {
 public:
  explicit Spatial(const SpatialOptions& options) : options_(options) {}

  // Reads responses and equalizer, opens both ends: what cannot be done is known before anything runs. The input's pipe
  // is waited for until `stop` asks, then and later.
  Result<void> prepare(const std::stop_token& stop);
  bool refused() const noexcept { return refused_; }
  void start();
  // What runs beside the sound, until it has ended or `stop` asks.
  void observe(const Hooks& hooks, const std::stop_token& stop);
  Result<void> finish(bool stopped);

  Seconds running() const override { return ran_ns_ != 0 ? Nanos(ran_ns_) : Clock::real().now() - started_; }
  StreamReport stream() const override;
  const Ledger& ledger() const override { return ledger_; }

 private:
  Result<media::Layout> layout() const;
  // Of what was asked for, not of a file.
  tl::unexpected<Error> refuse(Error error) {
    refused_ = true;
    return tl::unexpected(std::move(error));
  }
  Result<void> open_rings(const media::SoundInfo& info);
  void wait_for_first_input();
  void read_on(const std::stop_token& stop);
  void write_on(const std::stop_token& stop);
  // The thread's own end: an error stops the others.
  void over(Result<void> how);

  const SpatialOptions& options_;
  Ledger ledger_;
  StreamReport fixed_;  // what does not change while it runs
  std::unique_ptr<media::SoundReader> reader_;
  std::unique_ptr<media::SoundWriter> writer_;
  std::unique_ptr<Renderer> renderer_;
  std::unique_ptr<Ring> input_, output_;
  std::unique_ptr<Driver> driver_;
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::string state_ = "running";
  std::atomic<std::uint32_t> ended_{0};  // threads
  bool refused_ = false;
  std::atomic<std::uint64_t> clipped_{0};
  std::atomic<bool> truncated_{false};
  std::stop_source stop_;
  std::jthread reading_, driving_, writing_;
  const Instant started_ = Clock::real().now();
  std::atomic<std::int64_t> ran_ns_{0};  // once it is over
};

// As it was told, or as the file says.
Result<media::Layout> Spatial::layout() const {
  const media::SoundInfo& info = reader_->info();
  if (options_.sound.layout.empty()) {
    if (info.layout) return *info.layout;
    return fail(Code::invalid, "the input does not say where its channels are; give --layout with a speaker for each",
                options_.in.string(), std::to_string(info.channels) + " channels");
  }
  auto told = media::parse_layout(options_.sound.layout);
  if (told && told->channels.size() != static_cast<std::size_t>(info.channels)) {
    return fail(Code::invalid, "the layout has another number of channels than the input", told->name,
                std::to_string(told->channels.size()) + " and " + std::to_string(info.channels));
  }
  return told;
}

Result<void> Spatial::prepare(const std::stop_token& stop) {
  AccountBinding binding(Account::open("input"));
  auto reader = media::SoundReader::open(options_.in.string(), stop);
  if (!reader) return tl::unexpected(reader.error());
  reader_ = std::move(*reader);
  const media::SoundInfo& info = reader_->info();
  const auto where = layout();
  if (!where) return refuse(where.error());

  AccountBinding own(Account::open("convolver"));
  auto heard = read_responses(options_.sound.responses, *where, info.rate_hz);
  if (!heard) return tl::unexpected(heard.error());
  const std::size_t taps = heard->responses.channels.front().left.size();
  const convolve::Shape shape{.inputs = info.channels,
                              .block = *std::max_element(options_.blocks.begin(), options_.blocks.end()),
                              .max_taps = static_cast<int>(taps),
                              // A file is over before measured transforms pay for the measuring, which also would
                              // choose others in the next run: the same input has the same output, to the bit.
                              .effort = convolve::Effort::estimated};
  auto sound = spatial::prepare(options_.sound, *heard, shape);
  if (!sound) return tl::unexpected(sound.error());
  auto renderer =
      Renderer::make({.shape = shape, .rate_hz = info.rate_hz, .limiter = options_.limiter}, std::move(*sound));
  if (!renderer) return tl::unexpected(renderer.error());
  renderer_ = std::move(*renderer);
  if (auto rings = open_rings(info); !rings) return rings;

  AccountBinding output(Account::open("output"));
  auto writer =
      media::SoundWriter::create(options_.out.string(), {.rate_hz = info.rate_hz, .samples = options_.format});
  // Another ending than it can write is no matter of the disk.
  if (!writer) return writer.error().code == Code::invalid ? refuse(writer.error()) : tl::unexpected(writer.error());
  writer_ = std::move(*writer);

  driver_ = std::make_unique<Driver>(DriverOptions{.channels = info.channels,
                                                   .rate_hz = info.rate_hz,
                                                   .tail_frames = static_cast<int>(taps) - 1,
                                                   .blocks = options_.blocks,
                                                   .seed = options_.seed,
                                                   .paced = options_.paced},
                                     *renderer_, *input_, *output_);
  fixed_.id = id_of(options_.in);
  fixed_.rate_hz = info.rate_hz;
  fixed_.channels = info.channels;
  fixed_.layout = where->name;
  fixed_.input_format = info.format;
  fixed_.total_frames = info.frames;
  fixed_.responses = heard->name;
  fixed_.responses_rate_hz = heard->set_rate_hz;
  fixed_.taps = taps;
  fixed_.responses_gain_db = heard->gain_db;
  for (const media::Substitution& one : heard->responses.substitutions) {
    fixed_.substitutions.push_back(std::string(media::to_string(one.wanted)) + " is heard through " + one.instead);
  }
  return {};
}

Result<void> Spatial::open_rings(const media::SoundInfo& info) {
  const std::size_t frames = std::max(ring_least_frames, static_cast<std::size_t>(ring_s * info.rate_hz));
  auto input = Ring::make({.id = "spatial/input",
                           .owner = "input",
                           .frame_bytes = static_cast<std::size_t>(info.channels) * sizeof(float),
                           .frames = frames});
  if (!input) return tl::unexpected(input.error());
  auto output =
      Ring::make({.id = "spatial/output", .owner = "output", .frame_bytes = 2 * sizeof(float), .frames = frames});
  if (!output) return tl::unexpected(output.error());
  input_ = std::move(*input);
  output_ = std::move(*output);
  return {};
}

void Spatial::start() {
  reading_ = std::jthread([this] {
    AccountBinding binding(Account::open("input"));
    read_on(stop_.get_token());
  });
  writing_ = std::jthread([this] {
    AccountBinding binding(Account::open("output"));
    write_on(stop_.get_token());
  });
  driving_ = std::jthread([this] {
    AccountBinding binding(Account::open("convolver"));
    if (options_.paced) wait_for_first_input();
    driver_->run(stop_.get_token());
    over({});
  });
}

// A sound card's first callback, too, comes when there is something to play.
void Spatial::wait_for_first_input() {
  input_->wait_until(Clock::real(), stop_.get_token(), [this] {
    return input_->ended() || input_->readable().size() >= chunk_frames * input_->frame_bytes();
  });
}

void Spatial::read_on(const std::stop_token& stop) {
  std::uint64_t left = options_.for_duration
                           ? static_cast<std::uint64_t>(std::llround(options_.for_duration->count() * fixed_.rate_hz))
                           : ~std::uint64_t{0};
  Result<void> how;
  const auto has_room = [this] { return !input_->writable().empty(); };
  while (left > 0 && input_->wait_until(Clock::real(), stop, has_room)) {
    const auto room = input_->writable();
    const auto frames =
        static_cast<std::int64_t>(std::min<std::uint64_t>({room.size() / input_->frame_bytes(), chunk_frames, left}));
    const auto got = reader_->read(reinterpret_cast<float*>(room.data()), frames);
    if (!got && !stop.stop_requested()) {
      how = tl::unexpected(got.error());
      break;
    }
    if (!got || *got == 0) break;
    input_->wrote(static_cast<std::size_t>(*got));
    input_->wake();
    left -= static_cast<std::uint64_t>(*got);
  }
  truncated_ = reader_->truncated();
  // Only what came whole is an ended input: after an error nothing more is to be heard of it.
  if (how) input_->end();
  input_->wake();
  over(std::move(how));
}

void Spatial::write_on(const std::stop_token& stop) {
  Result<void> how;
  const auto has_news = [this] { return output_->ended() || !output_->readable().empty(); };
  while (how && !output_->drained() && output_->wait_until(Clock::real(), stop, has_news)) {
    const auto there = output_->readable();
    const std::size_t frames = std::min(there.size() / output_->frame_bytes(), chunk_frames);
    how = writer_->write(reinterpret_cast<const float*>(there.data()), static_cast<std::int64_t>(frames));
    clipped_.store(writer_->clipped(), std::memory_order_relaxed);
    output_->read(frames);
    output_->wake();
  }
  over(std::move(how));
}

void Spatial::over(Result<void> how) {
  if (!how) {
    {
      std::lock_guard lock(mutex_);
      if (!error_) error_ = how.error();
    }
    stop_.request_stop();
  }
  ended_.fetch_add(1, std::memory_order_release);
  Clock::wake_all(ended_);
}

void Spatial::observe(const Hooks& hooks, const std::stop_token& stop) {
  const std::stop_callback pass_on(stop, [this] { stop_.request_stop(); });
  Clock& clock = Clock::real();
  Instant next_sample = started_, next_progress = started_;
  for (;;) {
    const std::uint32_t seen = ended_.load(std::memory_order_acquire);
    const Instant now = clock.now();
    renderer_->collect();
    if (now >= next_sample) {
      Pool::sample_all(now);
      ledger_.decay();
      ledger_.sample(driver_->report().blocks);
      next_sample = now + sample_every;
    }
    if (seen == 3) return;
    if (now >= next_progress) {
      if (hooks.progress) hooks.progress(*this);
      next_progress = now + progress_every;
    }
    clock.wait(ended_, seen, std::min(next_sample, next_progress));
  }
}

Result<void> Spatial::finish(bool stopped) {
  for (std::jthread* thread : {&reading_, &driving_, &writing_}) thread->join();
  ran_ns_ = (Clock::real().now() - started_).count();
  const auto end_as = [this](const char* state) {
    std::lock_guard lock(mutex_);
    state_ = state;
  };
  if (error_) {
    end_as("failed");
    return tl::unexpected(*error_);
  }
  if (stopped) {
    end_as("stopped");
    return {};
  }
  auto committed = writer_->commit();
  end_as(committed ? "ended" : "failed");
  return committed;
}

StreamReport Spatial::stream() const {
  StreamReport out = fixed_;
  {
    std::lock_guard lock(mutex_);
    out.state = state_;
  }
  out.driver = driver_->report();
  out.renderer = renderer_->report();
  out.clipped_samples = clipped_.load(std::memory_order_relaxed);
  out.truncated = truncated_;
  for (const Ring* ring : {input_.get(), output_.get()}) {
    out.rings.push_back({ring->id(), ring->capacity(), ring->frames_written(), ring->frames_read()});
  }
  return out;
}

}  // namespace

Outcome run(const SpatialOptions& options, const Hooks& hooks, std::stop_token stop) {
  Outcome outcome;
  Spatial spatial(options);
  if (auto ready = spatial.prepare(stop); !ready) {
    if (stop.stop_requested()) return outcome;
    outcome.refused = spatial.refused();
    outcome.errors.push_back(ready.error());
    return outcome;
  }
  if (hooks.started) hooks.started(spatial);
  spatial.start();
  spatial.observe(hooks, stop);
  if (auto finished = spatial.finish(stop.stop_requested()); !finished) outcome.errors.push_back(finished.error());
  if (hooks.finished) hooks.finished(spatial);
  return outcome;
}

}  // namespace weir::spatial
