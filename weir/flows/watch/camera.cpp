#include "weir/flows/watch/camera.hpp"

#include <algorithm>
#include <cmath>

#include "weir/core/log.hpp"
#include "weir/media/worker/remote_decoder.hpp"
#include "weir/media/worker/remote_source.hpp"
#include "weir/server/slot_layout.hpp"

namespace weir::watch {
namespace {

// One waits while one is looked at. More only lets the cache forget them: 1 % of CPU with four.
constexpr std::size_t fast_frames_waiting = 1;

constexpr Nanos held_long = std::chrono::seconds(10);

Nanos to_nanos(Seconds seconds) { return std::chrono::duration_cast<Nanos>(seconds); }

void add(media::DecoderReport& sum, const media::DecoderReport& life) {
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

Camera::Camera(CameraOptions options, std::uint32_t index, bool fast, server::StreamHub* hub, EventWriter* events)
    : options_(std::move(options)), index_(index), fast_(fast), hub_(hub), events_(events) {}

Camera::~Camera() { finish(); }

Result<std::unique_ptr<Camera>> Camera::make(CameraOptions options, std::uint32_t index, bool fast,
                                             server::StreamHub* hub, EventWriter* events) {
  std::unique_ptr<Camera> camera(new Camera(std::move(options), index, fast, hub, events));
  const auto kind = media::source_kind(camera->options_.url);
  if (!kind) return tl::unexpected(kind.error());
  camera->retries_ = *kind == media::SourceKind::network || *kind == media::SourceKind::device;
  if (auto planned = camera->plan(); !planned) return tl::unexpected(planned.error());
  return camera;
}

// Everything that holds frames is written down here, and nothing else holds any.
Result<void> Camera::plan() {
  if (hub_ != nullptr) {
    server::BroadcastOptions wire;
    wire.name = options_.id;
    wire.ring_entries = options_.ring_units;
    wire.packets.limit_bytes = options_.memory_max_bytes / 2;
    auto stream = hub_->add_stream(std::move(wire));
    if (!stream) return tl::unexpected(stream.error());
    stream_ = *stream;
  }
  // As fast as possible means that the decoder waits for the look; live means that the newest frame wins.
  auto frames = fast_ ? line_.connect("decode", "look", options_.id + "/frames", fast_frames_waiting, Overflow::wait)
                      : line_.connect("decode", "look", options_.id + "/frames", 1, Overflow::drop_oldest);
  if (!frames) return tl::unexpected(frames.error());
  line_.hold("decode", 1, "on its way");
  line_.hold("look", 1, "being looked at");
  frames_ = fast_ ? std::make_unique<Channel<Looked>>(*frames) : Channel<Looked>::latest(frames->id);
  look_ = std::make_unique<LookStage>(options_, index_, *frames_, hub_, stream_, events_);
  if (stream_ != nullptr) {
    auto pictures = line_.connect("decode", "preview", options_.id + "/pictures", 1, Overflow::drop_oldest);
    if (!pictures) return tl::unexpected(pictures.error());
    line_.hold("preview", 1, "being encoded");
    pictures_ = Channel<media::Frame>::latest(pictures->id);
    auto preview = PreviewStage::make(options_, *pictures_, *hub_, *stream_);
    if (!preview) return tl::unexpected(preview.error());
    preview_ = std::move(*preview);
  }
  return {};
}

void Camera::finish() {
  if (frames_) frames_->close();
  if (pictures_) pictures_->close();
  if (look_) look_->join();
  if (preview_) preview_->join();
  if (ending_ == nullptr) return;
  // Nobody is left who could hold one: what is held now is lost.
  if (auto closed = ending_->close(Clock::real(), Clock::real().now() + held_long); !closed) {
    fatal("frames are held although every stage has ended", closed.error().line());
  }
  ending_.reset();
}

void Camera::clear_wire() noexcept {
  if (stream_ != nullptr) stream_->clear();
}

media::SourceOptions Camera::source_options() const {
  media::SourceOptions o;
  o.owner = options_.id;
  o.loop = options_.loop;
  o.fast = fast_;
  o.connect_timeout = to_nanos(options_.connect_timeout);
  o.stall_timeout = to_nanos(options_.stall_after);
  o.first_pts_us = next_pts_us_;
  o.first_epoch = next_epoch_;
  switch (options_.transport) {
    case Transport::tcp: o.transport = media::Transport::tcp; break;
    case Transport::udp: o.transport = media::Transport::udp; break;
    case Transport::automatic:
      // TCP first: it loses nothing. Then in turn, until one has worked; that one is kept.
      o.transport = transport_that_worked_.value_or(attempts_ % 2 == 0 ? media::Transport::tcp : media::Transport::udp);
      break;
  }
  return o;
}

Outcome Camera::outcome_of(Error error, media::SourceKind kind) const {
  if (error.owner.empty()) error.owner = options_.id;
  using Kind = Outcome::Kind;
  const bool for_ever = kind == media::SourceKind::network || kind == media::SourceKind::device;
  switch (error.code) {
    // A worker ended. Without one, the program would have; a run of every frame must not begin anew and look twice.
    case Code::closed: return {fast_ ? Kind::failed : Kind::crashed, std::move(error)};
    case Code::cancelled: return {Kind::done, {}};
    case Code::exhausted: return {Kind::park, std::move(error)};
    // A camera that sends what cannot be used may be set up anew at any time; a file stays what it is.
    case Code::corrupt:
    case Code::invalid:
    case Code::unsupported: return {for_ever ? Kind::crashed : Kind::failed, std::move(error)};
    default: return {for_ever ? Kind::unreachable : Kind::failed, std::move(error)};
  }
}

Result<std::unique_ptr<media::VideoDecoder>> Camera::open_decoder(const media::StreamInfo& info,
                                                                  const media::DecoderOptions& decoding,
                                                                  const std::stop_token& stop) const {
  if (options_.pipeline == Pipeline::decoupled) {
    return media::RemoteDecoder::open(info, decoding, {}, stop);
  }
  return media::Decoder::open(info, decoding);
}

Outcome Camera::run(Supervisor::Child& child) {
  const media::SourceKind kind = *media::source_kind(options_.url);
  const media::SourceOptions source_opts = source_options();
  ++attempts_;
  const bool decoupled = options_.pipeline == Pipeline::decoupled;
  auto source = decoupled ? media::open_remote_source(options_.url, source_opts, {}, child.stop())
                          : media::open_source(options_.url, source_opts, child.stop());
  if (!source) return outcome_of(source.error(), kind);

  media::DecoderOptions decoding;
  decoding.threads = options_.decode_threads;
  decoding.downstream_slots = line_.slots();
  decoding.pool_id = options_.id + "/frames";
  decoding.owner = options_.id;
  const std::size_t wire_bytes = stream_ != nullptr ? stream_->total_bytes() : 0;
  const std::size_t preview_bytes = preview_ ? preview_->memory_bytes() : 0;
  if (wire_bytes + preview_bytes >= options_.memory_max_bytes) {
    return outcome_of({Code::exhausted,
                       "the access units kept for clients alone exceed memory.camera_max: raise it, or lower wire.ring",
                       options_.id, std::to_string(wire_bytes + preview_bytes) + " bytes"},
                      kind);
  }
  decoding.camera_max_bytes = options_.memory_max_bytes - wire_bytes - preview_bytes;
  auto opened = open_decoder((*source)->info(), decoding, child.stop());
  if (!opened) return outcome_of(opened.error(), kind);
  const std::unique_ptr<media::VideoDecoder>& decoder = *opened;
  {
    std::lock_guard lock(mutex_);
    decoder_ = decoder.get();
  }
  if (kind == media::SourceKind::network) transport_that_worked_ = source_opts.transport;

  Outcome outcome = play(**source, *decoder, child);

  // The next life goes on where this one ended: time does not go back, a browser starts a new decoder.
  next_pts_us_ = last_pts_us_ + frame_interval_us_;
  next_epoch_ = (*source)->info().epoch + 1;
  first_number_ = decoded_.load(std::memory_order_relaxed);
  {
    std::lock_guard lock(mutex_);
    add(former_, decoder->report());
    former_.bytes = 0;
    decoder_ = nullptr;
  }
  ending_ = std::move(*opened);
  await_frames(child);
  return outcome;
}

// The stages still hold frames of this decoder and let go of them as they work. One that cannot work on (events for a
// disk that hangs) keeps its own camera waiting, and no other.
void Camera::await_frames(Supervisor::Child& child) {
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

Outcome Camera::play(media::Source& source, media::VideoDecoder& decoder, Supervisor::Child& child) {
  auto sink = [this, &child](media::Frame&& frame) { decoded(std::move(frame), child.stop()); };
  bool up = false;
  media::Packet packet;
  for (;;) {
    const Result<media::Read> read = source.read(packet, child.stop());
    if (!read || *read == media::Read::end) {
      // What was read so far is good: the frames that are still inside the decoder come out, whatever ended it.
      if (auto flushed = decoder.flush(sink); !flushed && read) return outcome_of(flushed.error(), source.kind());
      if (!read) return outcome_of(read.error(), source.kind());
      if (auto any = decoder.check_any(); !any) return outcome_of(any.error(), source.kind());
      warn_of_damage(decoder.report());
      return {};
    }
    if (!up) {
      child.up();
      up = true;
    }
    received_.fetch_add(1, std::memory_order_relaxed);
    last_received_.store(Clock::real().now(), std::memory_order_relaxed);
    if (announced_epoch_ != packet.epoch) announce(source.info());
    if (stream_ != nullptr) {
      sent_[sent_count_++ % sent_.size()] = {packet.pts_us, wire(packet, source.info())};
    }
    if (auto result = decoder.decode(packet, sink); !result) return outcome_of(result.error(), source.kind());
  }
}

void Camera::warn_of_damage(const media::DecoderReport& life) const {
  if (life.errors == 0) return;
  log(Level::warn, options_.id,
      std::to_string(life.errors) + " of " + std::to_string(life.packets) +
          " packets could not be decoded: the file is damaged; the rest was used");
}

std::uint64_t Camera::wire(const media::Packet& packet, const media::StreamInfo& info) {
  Lease lease;
  std::size_t bytes = 0;
  bool whole = false;
  {
    HotPath::Scope scope(receive_path_);
    const auto size = info.units.annexb_bytes(packet.bytes, packet.key);
    if (size) {
      bytes = *size;
      lease = stream_->try_take(bytes);
      whole = lease && info.units.write(packet.bytes, packet.key, server::payload_of(lease)).has_value();
    }
  }
  if (bytes != 0 && !lease) {
    // Larger than any before: the store grows, off the hot path, or says why it cannot.
    auto grown = stream_->take(bytes);
    if (grown) {
      lease = std::move(*grown);
      whole = info.units.write(packet.bytes, packet.key, server::payload_of(lease)).has_value();
    } else {
      log(Level::warn, options_.id, grown.error().message());
    }
  }
  std::uint64_t sequence = 0;
  {
    HotPath::Scope scope(publish_path_);
    sequence = whole ? stream_->publish(std::move(lease), {.payload_bytes = bytes,
                                                           .pts_us = packet.pts_us,
                                                           .dts_us = packet.dts_us,
                                                           .capture_us = packet.capture_us,
                                                           .epoch = packet.epoch,
                                                           .key = packet.key})
                     : stream_->drop(Drop::full);
  }
  hub_->notify();
  return sequence;
}

std::uint64_t Camera::sequence_of(std::int64_t pts_us) const noexcept {
  const std::size_t known = std::min(sent_count_, sent_.size());
  for (std::size_t back = 1; back <= known; ++back) {
    const Sent& sent = sent_[(sent_count_ - back) % sent_.size()];
    if (sent.pts_us == pts_us) return sent.sequence;
  }
  return known > 0 ? sent_[(sent_count_ - 1) % sent_.size()].sequence : 0;
}

void Camera::decoded(media::Frame&& frame, const std::stop_token& stop) {
  frame.number += first_number_;
  decoded_.fetch_add(1, std::memory_order_relaxed);
  if (frame.pts_us > last_pts_us_) frame_interval_us_ = std::min<std::int64_t>(frame.pts_us - last_pts_us_, 1'000'000);
  last_pts_us_ = std::max(last_pts_us_, frame.pts_us);

  // Paced by presentation time, so that a file gives the same frames at any speed.
  const auto due = [&frame](std::int64_t& next_us, double rate) {
    if (rate <= 0) return true;
    if (frame.pts_us < next_us) return false;
    const auto interval_us = static_cast<std::int64_t>(1e6 / rate);
    next_us = next_us == INT64_MIN ? frame.pts_us + interval_us : std::max(next_us + interval_us, frame.pts_us);
    return true;
  };
  if (pictures_ && stream_->picture_subscribers() > 0 && due(next_picture_us_, options_.preview_fps)) {
    pictures_->offer(frame.share(Role::encoder));
  }
  // A camera that is late sends a second's frames at once, and so do servers to whoever connects: such frames are not
  // due, as so many looks a second were asked for, and they would only drive each other out.
  const auto in_a_burst = [&] {
    if (fast_ || options_.detect_fps <= 0) return false;
    const std::int64_t since_us = frame.capture_us - last_look_capture_us_;
    return since_us >= 0 && static_cast<double>(since_us) < 0.5e6 / options_.detect_fps;
  };
  if (!options_.motion.enabled || in_a_burst() || !due(next_look_us_, options_.detect_fps)) {
    frames_->count_drop(Drop::idle);
    return;
  }
  last_look_capture_us_ = frame.capture_us;
  const std::uint64_t sequence = stream_ != nullptr ? sequence_of(frame.pts_us) : 0;
  const Offer offer = frames_->offer(Looked{std::move(frame), sequence}, fast_ ? stop : std::stop_token{});
  // The run was stopped while the look was behind: the frame was let go here, and is counted here.
  if (offer == Offer::stopped) frames_->count_drop(Drop::closed);
}

void Camera::announce(const media::StreamInfo& info) {
  announced_epoch_ = info.epoch;
  {
    std::lock_guard lock(mutex_);
    codec_ = info.codec;
    width_ = info.width;
    height_ = info.height;
  }
  if (stream_ != nullptr) {
    hub_->set_format(*stream_, info.webcodecs, static_cast<std::uint32_t>(std::max(0, info.width)),
                     static_cast<std::uint32_t>(std::max(0, info.height)), info.epoch);
    stream_->reap();
  }
}

Nanos Camera::silent_for(Instant now) const noexcept {
  const Instant last = last_received_.load(std::memory_order_relaxed);
  return last == Instant{} || fast_ ? Nanos{0} : std::max<Nanos>(Nanos{0}, now - last);
}

void Camera::tick(Instant now) {
  std::lock_guard lock(mutex_);
  ticks_[tick_count_++ % ticks_.size()] = {now, decoded_.load(std::memory_order_relaxed)};
}

CameraReport Camera::report() const {
  CameraReport r;
  r.id = options_.id;
  r.pipeline = options_.pipeline;
  r.pipeline_from = options_.pipeline_from;
  r.received = received_.load(std::memory_order_relaxed);
  r.decoded = decoded_.load(std::memory_order_relaxed);
  r.detected = look_->counters().detected.load(std::memory_order_relaxed);
  r.boxes = look_->counters().boxes.load(std::memory_order_relaxed);
  r.dropped["look"] = frames_->report().dropped;
  if (pictures_) r.dropped["preview"] = pictures_->report().dropped;
  if (stream_ != nullptr) {
    const server::BroadcastReport wire = stream_->report();
    r.dropped["publish"] = wire.producer_dropped;
    r.clients = wire.packet_clients + wire.picture_clients;
    r.client_dropped = wire.client_dropped;
  }
  const Histogram& age = look_->counters().age_ns;
  const auto seconds = [](std::uint64_t ns) { return Seconds(static_cast<double>(ns) / 1e9); };
  r.frame_age = {age.count(),
                 seconds(look_->counters().age_sum_ns.load(std::memory_order_relaxed)),
                 seconds(age.quantile(0.5)),
                 seconds(age.quantile(0.95)),
                 seconds(age.quantile(0.99)),
                 seconds(age.max())};
  r.memory_max_bytes = options_.memory_max_bytes;
  r.capacity = line_.terms();

  std::lock_guard lock(mutex_);
  media::DecoderReport sum = former_;
  if (decoder_ != nullptr) add(sum, decoder_->report());
  r.codec = codec_;
  r.width = width_;
  r.height = height_;
  r.into_leases = sum.into_leases;
  r.adopted = sum.adopted;
  r.copied = sum.copied;
  r.heap_frames = sum.rule_short;
  r.decode_errors = sum.errors;
  r.withheld = sum.gated + sum.lost;
  r.memory_bytes =
      sum.bytes + (stream_ != nullptr ? stream_->total_bytes() : 0) + (preview_ ? preview_->memory_bytes() : 0);
  r.capacity.push_back({"decoder: references and reordering", sum.hold});
  if (tick_count_ > 1) {
    const auto& newest = ticks_[(tick_count_ - 1) % ticks_.size()];
    const auto& oldest = ticks_[tick_count_ > ticks_.size() ? tick_count_ % ticks_.size() : 0];
    const double elapsed = std::chrono::duration<double>(newest.first - oldest.first).count();
    if (elapsed > 0) r.fps = static_cast<double>(newest.second - oldest.second) / elapsed;
  }
  return r;
}

}  // namespace weir::watch
