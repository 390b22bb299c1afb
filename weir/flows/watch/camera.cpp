#include "weir/flows/watch/camera.hpp"

#include <algorithm>
#include <cmath>

#include "weir/core/log.hpp"
#include "weir/server/slot_layout.hpp"

namespace weir::watch {
namespace {

// One waits while one is looked at. More only lets the cache forget them: 1 % of CPU with four.
constexpr std::size_t fast_frames_waiting = 1;

Nanos to_nanos(Seconds seconds) { return std::chrono::duration_cast<Nanos>(seconds); }

}  // namespace

Camera::Camera(CameraOptions options, std::uint32_t index, const Common& common, DetectStage* detector)
    : options_(std::move(options)), index_(index), common_(common), detector_(detector) {}

Camera::~Camera() { finish(); }

Result<std::unique_ptr<Camera>> Camera::make(CameraOptions options, std::uint32_t index, const Common& common,
                                             DetectStage* detector) {
  std::unique_ptr<Camera> camera(new Camera(std::move(options), index, common, detector));
  for (const std::string& url : {camera->options_.url, camera->options_.detect_url}) {
    if (url.empty()) continue;
    if (const auto kind = media::source_kind(url); !kind) return tl::unexpected(kind.error());
  }
  if (auto planned = camera->plan(); !planned) return tl::unexpected(planned.error());
  return camera;
}

// Everything that holds frames is written down here, and nothing else holds any.
Result<void> Camera::plan() {
  const bool fast = common_.fast;
  if (common_.hub != nullptr) {
    server::BroadcastOptions wire;
    wire.name = options_.id;
    wire.ring_entries = options_.ring_units;
    wire.packets.limit_bytes = options_.memory_max_bytes / 2;
    auto stream = common_.hub->add_stream(std::move(wire));
    if (!stream) return tl::unexpected(stream.error());
    stream_ = *stream;
  }
  // As fast as possible means that the decoder waits for the look; live means that the newest frame wins.
  auto frames = fast ? line_.connect("decode", "look", options_.id + "/frames", fast_frames_waiting, Overflow::wait)
                     : line_.connect("decode", "look", options_.id + "/frames", 1, Overflow::drop_oldest);
  if (!frames) return tl::unexpected(frames.error());
  line_.hold("decode", 1, "on its way");
  line_.hold("look", 1, "being looked at");
  frames_ = fast ? std::make_unique<Channel<Looked>>(*frames) : Channel<Looked>::latest(frames->id);
  if (detector_ != nullptr) {
    auto detecting = line_.connect("look", "detect", options_.id + "/detect", 1, Overflow::drop_oldest);
    if (!detecting) return tl::unexpected(detecting.error());
    line_.hold("detect", 1, "being detected");
    detecting_ = Channel<Looked>::latest(detecting->id);
  }
  if (auto recording = plan_recording(); !recording) return recording;

  const std::vector<std::string> movement = {"motion"};
  auto follow = Follow::make(options_, index_, detector_ != nullptr ? detector_->labels() : movement,
                             {.hub = common_.hub,
                              .stream = stream_,
                              .events = common_.events,
                              .story = common_.story,
                              .clips = options_.record.clips ? recorder_.get() : nullptr,
                              .snapshots = taken_.get(),
                              .pictures = snapshots_.get()});
  if (!follow) return tl::unexpected(follow.error());
  follow_ = std::move(*follow);
  Detecting detecting;
  if (detector_ != nullptr) {
    detecting = {.stage = detector_, .client = detector_->add(*detecting_, *follow_), .waiting = detecting_.get()};
  }
  look_ = std::make_unique<LookStage>(options_, fast, *frames_, *follow_, detecting,
                                      [this](std::int64_t pts_us) { (second_ ? second_ : main_)->moved(pts_us); });
  if (stream_ != nullptr) {
    auto pictures = line_.connect("decode", "preview", options_.id + "/pictures", 1, Overflow::drop_oldest);
    if (!pictures) return tl::unexpected(pictures.error());
    line_.hold("preview", 1, "being encoded");
    pictures_ = Channel<media::Frame>::latest(pictures->id);
    auto preview = PreviewStage::make(options_, *pictures_, *common_.hub, *stream_);
    if (!preview) return tl::unexpected(preview.error());
    preview_ = std::move(*preview);
  }
  plan_intakes();
  return {};
}

Result<void> Camera::plan_recording() {
  if (common_.retention == nullptr) return {};
  const RecordOptions& record = options_.record;
  if (record.continuous || record.clips) {
    media::RecorderOptions o;
    o.owner = options_.id;
    o.continuous = record.continuous;
    o.segment = to_nanos(record.segment);
    o.pre = to_nanos(record.pre);
    o.post = to_nanos(record.post);
    o.ring_bytes = record.ring_bytes;
    auto recorder = media::Recorder::make(std::move(o), *common_.retention);
    if (!recorder) return tl::unexpected(recorder.error());
    recorder_ = std::move(*recorder);
  }
  if (record.snapshots) {
    auto taken = line_.connect(detector_ != nullptr ? "detect" : "look", "snapshots", options_.id + "/snapshots", 1,
                               common_.fast ? Overflow::wait : Overflow::drop_newest);
    if (!taken) return tl::unexpected(taken.error());
    line_.hold("snapshots", 1, "being encoded");
    taken_ = std::make_unique<Channel<Snapshot>>(*taken);
    snapshots_ = std::make_unique<SnapshotStage>(options_.id, *taken_, *common_.retention);
  }
  return {};
}

void Camera::plan_intakes() {
  Intake::Options first{.url = options_.url, .pool_id = options_.id + "/frames", .fast = common_.fast};
  first.slots = line_.slots();
  first.reserved_bytes = (stream_ != nullptr ? stream_->total_bytes() : 0) + (preview_ ? preview_->memory_bytes() : 0) +
                         (recorder_ ? options_.record.ring_bytes : 0);
  IntakeSinks shown, looked;
  shown.format = [this](const media::StreamInfo& info) { announce(info); };
  shown.packet = [this](const media::Packet& p, const media::StreamInfo& info) { packet(p, info); };
  looked.frame = [this](media::Frame&& frame, const std::stop_token& stop) { decoded(std::move(frame), stop); };
  if (options_.detect_url.empty()) {
    shown.frame = std::move(looked.frame);
    main_ = std::make_unique<Intake>(options_, std::move(first), std::move(shown));
    return;
  }
  Intake::Options second = first;
  second.url = options_.detect_url;
  main_ = std::make_unique<Intake>(options_, std::move(first), std::move(shown));
  second_ = std::make_unique<Intake>(options_, std::move(second), std::move(looked));
}

Outcome Camera::run(Intake& intake, Supervisor::Child& child) {
  const std::stop_callback wake(child.stop(), [this] { abreast_.end(); });
  Outcome outcome = intake.run(child);
  if (abreast()) abreast_.end();
  return outcome;
}

void Camera::stop_looking() {
  if (frames_) frames_->close();
  if (pictures_) pictures_->close();
  if (look_) look_->join();
  if (preview_) preview_->join();
}

void Camera::finish() {
  stop_looking();
  if (follow_) follow_->finish();
  if (taken_) taken_->close();
  if (snapshots_) snapshots_->join();
  if (recorder_) recorder_->close();
  for (Intake* intake : {main_.get(), second_.get()}) {
    if (intake != nullptr) intake->drain();
  }
}

void Camera::clear_wire() noexcept {
  if (stream_ != nullptr) stream_->clear();
}

void Camera::packet(const media::Packet& packet, const media::StreamInfo& info) {
  if (stream_ != nullptr) {
    const std::uint64_t sequence = wire(packet, info);
    sent_.sent({sequence, packet.epoch, packet.pts_us, info.width, info.height}, packet.capture_us);
  } else {
    sent_.sent({0, packet.epoch, packet.pts_us, info.width, info.height}, packet.capture_us);
  }
  if (recorder_) recorder_->packet(packet, info);
  if (abreast()) abreast_.shown(packet.pts_us);
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
  common_.hub->notify();
  return sequence;
}

Shown Camera::shown_of(const media::Frame& frame) const noexcept {
  if (!second_) {
    Shown shown = sent_.at_pts(frame.pts_us);
    shown.epoch = frame.epoch;
    shown.pts_us = frame.pts_us;
    shown.width = frame.width;
    shown.height = frame.height;
    return shown;
  }
  // Two streams of one camera have no clock in common but ours; files have their own.
  Shown shown = common_.fast ? sent_.nearest_pts(frame.pts_us) : sent_.at_capture(frame.capture_us);
  if (shown.width <= 0 || shown.height <= 0) {
    shown.width = frame.width;
    shown.height = frame.height;
  }
  return shown;
}

void Camera::decoded(media::Frame&& frame, const std::stop_token& stop) {
  decoded_.fetch_add(1, std::memory_order_relaxed);
  if (abreast()) abreast_.looked_at(frame.pts_us);

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
    if (common_.fast || options_.detect_fps <= 0) return false;
    const std::int64_t since_us = frame.capture_us - last_look_capture_us_;
    return since_us >= 0 && static_cast<double>(since_us) < 0.5e6 / options_.detect_fps;
  };
  const bool looking = options_.motion.enabled || detector_ != nullptr;
  if (!looking || in_a_burst() || !due(next_look_us_, options_.detect_fps)) {
    frames_->count_drop(Drop::idle);
    return;
  }
  last_look_capture_us_ = frame.capture_us;
  const Shown shown = shown_of(frame);
  const Offer offer = frames_->offer(Looked{std::move(frame), shown}, common_.fast ? stop : std::stop_token{});
  // The run was stopped while the look was behind: the frame was let go here, and is counted here.
  if (offer == Offer::stopped) frames_->count_drop(Drop::closed);
}

void Camera::announce(const media::StreamInfo& info) {
  width_.store(info.width, std::memory_order_relaxed);
  height_.store(info.height, std::memory_order_relaxed);
  if (stream_ == nullptr) return;
  common_.hub->set_format(*stream_, info.webcodecs, static_cast<std::uint32_t>(std::max(0, info.width)),
                          static_cast<std::uint32_t>(std::max(0, info.height)), info.epoch);
  stream_->reap();
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
  r.engine = options_.engine;
  r.idle = options_.idle;
  const IntakeReport shown = main_->report();
  const IntakeReport looked = second_ ? second_->report() : shown;
  r.received = shown.received;
  r.detect_received = second_ ? looked.received : 0;
  r.decoded = decoded_.load(std::memory_order_relaxed);
  r.looked = look_->looked();
  const Follow::Counters& counters = follow_->counters();
  r.detected = counters.detected.load(std::memory_order_relaxed);
  r.boxes = counters.boxes.load(std::memory_order_relaxed);
  r.dropped["decode"] = looked.idle;
  r.decoding = looked.decoding;
  r.decoding_saved = looked.saved;
  r.dropped["look"] = frames_->report().dropped;
  if (detecting_) {
    r.dropped["detect"] = detecting_->report().dropped;
    const double interval_s = options_.detect_fps > 0 ? 1 / options_.detect_fps : frame_interval_s();
    r.result_age_bound = Seconds(detector_->oldest(std::chrono::duration_cast<Nanos>(Seconds(interval_s))));
  }
  if (pictures_) r.dropped["preview"] = pictures_->report().dropped;
  if (taken_) {
    r.dropped["snapshots"] = taken_->report().dropped;
    r.snapshots = snapshots_->written();
  }
  if (recorder_) {
    r.recording = recorder_->report();
    r.dropped["record"] = r.recording->dropped;
  }
  if (stream_ != nullptr) {
    const server::BroadcastReport wire = stream_->report();
    r.dropped["publish"] = wire.producer_dropped;
    r.clients = wire.packet_clients + wire.picture_clients;
    r.client_dropped = wire.client_dropped;
  }
  const auto seconds = [](std::uint64_t ns) { return Seconds(static_cast<double>(ns) / 1e9); };
  r.frame_age = {counters.age_ns.count(),
                 seconds(counters.age_sum_ns.load(std::memory_order_relaxed)),
                 seconds(counters.age_ns.quantile(0.5)),
                 seconds(counters.age_ns.quantile(0.95)),
                 seconds(counters.age_ns.quantile(0.99)),
                 seconds(counters.age_ns.max())};
  r.followed = follow_->report();
  r.memory_max_bytes = options_.memory_max_bytes;
  r.capacity = line_.terms();

  const media::DecoderReport& sum = looked.decoder;
  r.codec = shown.codec;
  r.width = shown.width;
  r.height = shown.height;
  r.hwaccel = sum.hwaccel;
  r.into_leases = sum.into_leases;
  r.adopted = sum.adopted;
  r.copied = sum.copied;
  r.heap_frames = sum.rule_short;
  r.decode_errors = sum.errors;
  r.withheld = sum.gated + sum.lost;
  r.memory_bytes = sum.bytes + (stream_ != nullptr ? stream_->total_bytes() : 0) +
                   (preview_ ? preview_->memory_bytes() : 0) + (recorder_ ? options_.record.ring_bytes : 0);
  r.capacity.push_back({"decoder: references and reordering", sum.hold});

  std::lock_guard lock(mutex_);
  r.fps = frame_rate();
  return r;
}

double Camera::frame_rate() const noexcept {
  if (tick_count_ < 2) return 0;
  const auto& newest = ticks_[(tick_count_ - 1) % ticks_.size()];
  const auto& oldest = ticks_[tick_count_ > ticks_.size() ? tick_count_ % ticks_.size() : 0];
  const double elapsed = std::chrono::duration<double>(newest.first - oldest.first).count();
  return elapsed > 0 ? static_cast<double>(newest.second - oldest.second) / elapsed : 0;
}

double Camera::frame_interval_s() const noexcept {
  std::lock_guard lock(mutex_);
  const double rate = frame_rate();
  return rate > 0 ? 1 / rate : 1;
}

}  // namespace weir::watch
