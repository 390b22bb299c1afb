#include "weir/flows/watch/intake.hpp"

#include <ctime>

#include <algorithm>

#include "weir/core/log.hpp"
#include "weir/media/decoder.hpp"
#include "weir/media/worker/remote_decoder.hpp"
#include "weir/media/worker/remote_source.hpp"

namespace weir::watch {
namespace {

constexpr Nanos held_long = std::chrono::seconds(10);

Nanos to_nanos(Seconds seconds) { return std::chrono::duration_cast<Nanos>(seconds); }

std::uint64_t thread_cpu_ns() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

void add(media::DecoderReport& sum, const media::DecoderReport& life) {
  sum.hwaccel = life.hwaccel;
  sum.packets += life.packets;
  sum.frames += life.frames;
  sum.into_leases += life.into_leases;
  sum.adopted += life.adopted;
  sum.copied += life.copied;
  sum.errors += life.errors;
  sum.damaged += life.damaged;
  sum.gated += life.gated;
  sum.lost += life.lost;
  sum.rule_short += life.rule_short;
  sum.formats += life.formats;
  sum.slots = life.slots;
  sum.slot_bytes = life.slot_bytes;
  sum.hold = life.hold;
  sum.bytes = life.bytes;
}

}  // namespace

Intake::Intake(const CameraOptions& camera, Options options, IntakeSinks sinks)
    : camera_(camera),
      options_(std::move(options)),
      sinks_(std::move(sinks)),
      kind_(media::source_kind(options_.url).value_or(media::SourceKind::file)),
      idle_(camera.idle, std::chrono::duration_cast<std::chrono::microseconds>(camera.idle_after).count()) {
  former_.hwaccel.asked = camera.hwaccel;
}

media::SourceOptions Intake::source_options() const {
  media::SourceOptions o;
  o.owner = camera_.id;
  o.loop = camera_.loop;
  o.fast = options_.fast;
  o.connect_timeout = to_nanos(camera_.connect_timeout);
  o.stall_timeout = to_nanos(camera_.stall_after);
  o.first_pts_us = next_pts_us_;
  o.first_epoch = next_epoch_;
  switch (camera_.transport) {
    case Transport::tcp: o.transport = media::Transport::tcp; break;
    case Transport::udp: o.transport = media::Transport::udp; break;
    case Transport::automatic:
      // TCP first: it loses nothing. Then in turn, until one has worked; that one is kept.
      o.transport = transport_that_worked_.value_or(attempts_ % 2 == 0 ? media::Transport::tcp : media::Transport::udp);
      break;
  }
  return o;
}

Outcome Intake::outcome_of(Error error) const {
  if (error.owner.empty()) error.owner = camera_.id;
  using Kind = Outcome::Kind;
  const bool for_ever = retries();
  switch (error.code) {
    // A worker ended. Without one, the program would have; a run of every frame must not begin anew and look twice.
    case Code::closed: return {options_.fast ? Kind::failed : Kind::crashed, std::move(error)};
    case Code::cancelled: return {Kind::done, {}};
    case Code::exhausted: return {Kind::park, std::move(error)};
    // A camera that sends what cannot be used may be set up anew at any time; a file stays what it is.
    case Code::corrupt:
    case Code::invalid:
    case Code::unsupported: return {for_ever ? Kind::crashed : Kind::failed, std::move(error)};
    default: return {for_ever ? Kind::unreachable : Kind::failed, std::move(error)};
  }
}

Result<std::unique_ptr<media::VideoDecoder>> Intake::open_decoder(const media::StreamInfo& info,
                                                                  const std::stop_token& stop) {
  if (options_.reserved_bytes >= camera_.memory_max_bytes) {
    return fail(Code::exhausted,
                "the access units kept for clients alone exceed memory.camera_max: raise it, or lower wire.ring",
                camera_.id, std::to_string(options_.reserved_bytes) + " bytes");
  }
  media::DecoderOptions decoding;
  decoding.threads = camera_.decode_threads;
  decoding.downstream_slots = options_.slots;
  decoding.pool_id = options_.pool_id;
  decoding.owner = camera_.id;
  decoding.hwaccel = camera_.hwaccel;
  decoding.camera_max_bytes = camera_.memory_max_bytes - options_.reserved_bytes;
  if (camera_.pipeline == Pipeline::decoupled) return media::RemoteDecoder::open(info, decoding, {}, stop);
  return media::Decoder::open(info, decoding);
}

Outcome Intake::run(Supervisor::Child& child) {
  const media::SourceOptions source_opts = source_options();
  ++attempts_;
  const bool decoupled = camera_.pipeline == Pipeline::decoupled;
  auto source = decoupled ? media::open_remote_source(options_.url, source_opts, {}, child.stop())
                          : media::open_source(options_.url, source_opts, child.stop());
  if (!source) return outcome_of(source.error());

  std::unique_ptr<media::VideoDecoder> decoder;
  if (sinks_.frame) {
    auto opened = open_decoder((*source)->info(), child.stop());
    if (!opened) return outcome_of(opened.error());
    decoder = std::move(*opened);
    std::lock_guard lock(mutex_);
    decoder_ = decoder.get();
  }
  if (kind_ == media::SourceKind::network) transport_that_worked_ = source_opts.transport;
  idle_.restart();

  Outcome outcome = play(**source, decoder.get(), child);

  // The next life goes on where this one ended: time does not go back, a browser starts a new decoder.
  next_pts_us_ = last_pts_us_ + frame_interval_us_;
  next_epoch_ = (*source)->info().epoch + 1;
  first_number_ = given_;
  if (!decoder) return outcome;
  {
    std::lock_guard lock(mutex_);
    add(former_, decoder->report());
    former_.bytes = 0;
    decoder_ = nullptr;
  }
  ending_ = std::move(decoder);
  await_frames(child);
  return outcome;
}

// The stages still hold frames of this decoder and let go of them as they work. One that cannot work on (events for a
// disk that hangs) keeps its own camera waiting, and no other.
void Intake::await_frames(Supervisor::Child& child) {
  bool told = false;
  Instant told_at = Clock::real().now() + held_long;
  while (!child.stop().stop_requested()) {
    const auto closed = ending_->close(Clock::real(), Clock::real().now() + std::chrono::milliseconds(200));
    if (closed) {
      ending_.reset();
      return;
    }
    if (told || Clock::real().now() < told_at) continue;
    told = true;
    child.stalled("the source ended, but its frames are still held: " + closed.error().message());
  }
}

void Intake::drain() {
  if (ending_ == nullptr) return;
  if (auto closed = ending_->close(Clock::real(), Clock::real().now() + held_long); !closed) {
    fatal("frames are held although every stage has ended", closed.error().line());
  }
  ending_.reset();
}

Outcome Intake::play(media::Source& source, media::VideoDecoder* decoder, Supervisor::Child& child) {
  bool up = false;
  media::Packet packet;
  for (;;) {
    const Result<media::Read> read = source.read(packet, child.stop());
    if (!read || *read == media::Read::end) {
      // What was read so far is good: the frames that are still inside the decoder come out, whatever ended it.
      if (decoder != nullptr) {
        auto sink = [&](media::Frame&& frame) { give(std::move(frame), child.stop()); };
        if (auto flushed = decoder->flush(sink); !flushed && read) return outcome_of(flushed.error());
      }
      if (!read) return outcome_of(read.error());
      if (decoder != nullptr) {
        if (auto any = decoder->check_any(); !any) return outcome_of(any.error());
        warn_of_damage(decoder->report());
      }
      return {};
    }
    if (!up) {
      child.up();
      up = true;
    }
    received_.fetch_add(1, std::memory_order_relaxed);
    last_received_.store(Clock::real().now(), std::memory_order_relaxed);
    const media::StreamInfo& info = source.info();
    if (announced_epoch_ != packet.epoch) {
      announced_epoch_ = packet.epoch;
      {
        std::lock_guard lock(mutex_);
        codec_ = info.codec;
        width_ = info.width;
        height_ = info.height;
      }
      if (sinks_.format) sinks_.format(info);
    }
    if (sinks_.packet) sinks_.packet(packet, info);
    if (decoder == nullptr) {
      if (packet.pts_us > last_pts_us_) {
        frame_interval_us_ = std::min<std::int64_t>(packet.pts_us - last_pts_us_, 1'000'000);
        last_pts_us_ = packet.pts_us;
      }
      continue;
    }
    if (auto result = decode(packet, info, *decoder, child.stop()); !result) return outcome_of(result.error());
  }
}

Result<void> Intake::decode(const media::Packet& packet, const media::StreamInfo& info, media::VideoDecoder& decoder,
                            const std::stop_token& stop) {
  if (!idle_.wants(packet, info)) {
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  std::uint64_t in_sink_ns = 0;
  auto sink = [&](media::Frame&& frame) {
    const std::uint64_t begun = thread_cpu_ns();
    give(std::move(frame), stop);
    in_sink_ns += thread_cpu_ns() - begun;
  };
  const std::uint64_t begun = thread_cpu_ns();
  auto result = decoder.decode(packet, sink);
  decoding_ns_.fetch_add(thread_cpu_ns() - begun - in_sink_ns, std::memory_order_relaxed);
  decoded_packets_.fetch_add(1, std::memory_order_relaxed);
  return result;
}

void Intake::give(media::Frame&& frame, const std::stop_token& stop) {
  frame.number += first_number_;
  given_ = std::max(given_, frame.number + 1);
  if (frame.pts_us > last_pts_us_) frame_interval_us_ = std::min<std::int64_t>(frame.pts_us - last_pts_us_, 1'000'000);
  last_pts_us_ = std::max(last_pts_us_, frame.pts_us);
  sinks_.frame(std::move(frame), stop);
}

void Intake::warn_of_damage(const media::DecoderReport& life) const {
  if (life.errors == 0) return;
  log(Level::warn, camera_.id,
      std::to_string(life.errors) + " of " + std::to_string(life.packets) +
          " packets could not be decoded: the file is damaged; the rest was used");
}

Nanos Intake::silent_for(Instant now) const noexcept {
  const Instant last = last_received_.load(std::memory_order_relaxed);
  return last == Instant{} || options_.fast ? Nanos{0} : std::max<Nanos>(Nanos{0}, now - last);
}

IntakeReport Intake::report() const {
  IntakeReport r;
  r.received = received_.load(std::memory_order_relaxed);
  r.idle[static_cast<std::size_t>(Drop::idle)] = left_out_.load(std::memory_order_relaxed);
  const auto decoding_s = static_cast<double>(decoding_ns_.load(std::memory_order_relaxed)) / 1e9;
  r.decoding = Seconds(decoding_s);
  const std::uint64_t packets = decoded_packets_.load(std::memory_order_relaxed);
  if (packets > 0) {
    r.saved = Seconds(decoding_s / static_cast<double>(packets) *
                      static_cast<double>(left_out_.load(std::memory_order_relaxed)));
  }
  std::lock_guard lock(mutex_);
  r.decoder = former_;
  if (decoder_ != nullptr) add(r.decoder, decoder_->report());
  r.codec = codec_;
  r.width = width_;
  r.height = height_;
  return r;
}

}  // namespace weir::watch
