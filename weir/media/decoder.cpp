#include "weir/media/decoder.hpp"

#include <array>
#include <atomic>
#include <utility>

#include "weir/core/hot_path.hpp"
#include "weir/media/av.hpp"
#include "weir/media/frame_store.hpp"
#include "weir/media/hw_decode.hpp"

namespace weir::media {
namespace {

HotPath& decode_path() {
  static HotPath path("watch.decode", HotPath::Kind::library);
  return path;
}

// What a frame inherits from the packet that began it. More packets than any codec keeps frames inside.
struct Origin {
  std::int64_t capture_us = 0;
  std::uint32_t epoch = 1;
};
constexpr std::size_t origins = 256;

// A codec that answers nothing but errors without asking for more must not keep us for ever.
constexpr int max_errors_in_a_row = 64;

}  // namespace

struct Decoder::State {
  State(DecoderOptions o, std::string codec_name, FramePools* pools, HwDevices* devices)
      : options(std::move(o)),
        codec(std::move(codec_name)),
        store({options.pool_id, options.owner, options.downstream_slots, options.camera_max_bytes, pools}),
        hw(options.hwaccel, options.owner, devices != nullptr ? *devices : machine_devices()) {}

  static int get_buffer(AVCodecContext* context, AVFrame* frame, int flags) {
    State& s = *static_cast<State*>(context->opaque);
    if (!s.hw.is_surface(*frame)) return s.store.get_buffer(*context, *frame, flags);
    s.hw.agreed();
    return s.hw.devices().get_surface(*context, *frame, flags);
  }
  static AVPixelFormat get_format(AVCodecContext* context, const AVPixelFormat* offered) {
    return static_cast<State*>(context->opaque)->hw.pick(*context, offered);
  }

  // For the device that is chosen, or for software.
  Result<void> open_codec();
  // Such an error comes from no decoder of the library's own: a driver gave it, and would for every packet to come.
  bool device_failed(int code) const { return hw.device() != nullptr && code == AVERROR_EXTERNAL; }
  Error device_error(int code) {
    const LibraryWords* words = hw.words();
    return {
        Code::failed, "the decoding device fails", options.owner,
        std::string(to_string(hw.device()->kind)) + ": " + (words->first().empty() ? av_text(code) : words->first())};
  }
  bool download(Frame& out) {
    HwDevices& devices = hw.devices();
    const auto fill = [&](AVFrame& to) {
      HotPath::Scope scope(decode_path());
      return devices.download(to, *frame);
    };
    return store.download(*frame, devices.format_of(*frame), fill, out);
  }

  DecoderOptions options;
  std::string codec;
  FrameStore store;
  HwDecode hw;
  Av<AVCodecParameters> parameters;
  Av<AVCodecContext> context;  // after the store: its buffers go back there
  Av<AVFrame> frame;
  std::array<Origin, origins> origin{};
  std::int64_t next_origin = 0;

  std::uint64_t number = 0;
  bool open_gate = false;
  // A run is what lies between two restarts.
  bool first_packet_of_run = true, first_frame_of_run = true;
  std::int64_t run_start_us = 0, guess_shift_us = 0, last_pts_us = 0, frame_us = 40'000;

  std::atomic<std::uint64_t> packets{0}, frames{0}, errors{0}, damaged{0}, gated{0};
};

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::~Decoder() = default;

Result<void> Decoder::check(const StreamInfo& stream, const DecoderOptions& options) {
  if (stream.parameters == nullptr) return fail(Code::invalid, "a stream without parameters", options.owner);
  if (options.threads < 1 || options.threads > 64) {
    return fail(Code::invalid, "decoder threads must be 1 to 64", options.owner, std::to_string(options.threads));
  }
  const AVCodecParameters& parameters = *stream.parameters;
  if (avcodec_find_decoder(parameters.codec_id) == nullptr) {
    return fail(Code::unsupported, "no decoder for this codec", options.owner, stream.codec);
  }
  // One byte a pixel is less than any stream needs: what is beyond this cannot fit, so the codec never starts.
  const auto pixels = static_cast<std::size_t>(parameters.width) * static_cast<std::size_t>(parameters.height);
  if (pixels > options.camera_max_bytes) {
    return fail(Code::exhausted,
                "the stream needs more memory than memory.camera_max; raise it or use a smaller stream", options.owner,
                std::to_string(parameters.width) + "x" + std::to_string(parameters.height) + " pictures, " +
                    std::to_string(options.camera_max_bytes >> 20) + " MiB allowed");
  }
  return {};
}

Result<std::unique_ptr<Decoder>> Decoder::open(const StreamInfo& stream, DecoderOptions options, FramePools* pools,
                                               HwDevices* devices) {
  silence_libraries();
  if (Result<void> good = check(stream, options); !good) return tl::unexpected(good.error());
  auto state = std::make_unique<State>(std::move(options), stream.codec, pools, devices);
  state->frame.reset(av_frame_alloc());
  state->parameters.reset(avcodec_parameters_alloc());
  if (state->frame == nullptr || state->parameters == nullptr ||
      avcodec_parameters_copy(state->parameters.get(), stream.parameters.get()) < 0) {
    return fail(Code::exhausted, "not enough memory for a decoder", state->options.owner);
  }
  if (stream.fps > 0) state->frame_us = static_cast<std::int64_t>(1e6 / stream.fps);
  if (Result<void> chosen = state->hw.next(state->parameters->codec_id); !chosen) {
    return tl::unexpected(chosen.error());
  }
  if (Result<void> opened = state->open_codec(); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Decoder>(new Decoder(std::move(state)));
}

Result<void> Decoder::State::open_codec() {
  const HwDevice* device = hw.device();
  const AVCodec* decoder = device != nullptr ? device->codec : avcodec_find_decoder(parameters->codec_id);
  context.reset(avcodec_alloc_context3(decoder));
  if (context == nullptr || avcodec_parameters_to_context(context.get(), parameters.get()) < 0) {
    return fail(Code::exhausted, "not enough memory for a decoder", options.owner);
  }
  context->pkt_timebase = microseconds;
  context->opaque = this;
  context->get_buffer2 = &State::get_buffer;
  // A device works by itself; threads would only take more of its surfaces.
  context->thread_count = device != nullptr ? 1 : options.threads;
  if (context->thread_count > 1) context->thread_type = FF_THREAD_FRAME;
  if (device != nullptr) {
    context->get_format = &State::get_format;
    context->extra_hw_frames = 1;  // the one that is being downloaded
    if (device->context != nullptr) context->hw_device_ctx = av_buffer_ref(device->context.get());
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  // Without it FFmpeg 5.1 calls back on the user's thread only, with a hand-over for every buffer.
  context->thread_safe_callbacks = 1;
#pragma GCC diagnostic pop
  if (const int code = avcodec_open2(context.get(), decoder, nullptr); code < 0) {
    return fail(Code::corrupt, "the decoder refuses the stream", options.owner, codec + ": " + av_text(code));
  }
  return {};
}

Result<void> Decoder::decode_to(const Packet& packet, SinkRef sink) {
  State& s = *state_;
  s.store.reap();
  const LibraryWords::Scope listening(s.hw.words());
  if (packet.restart) {
    if (Result<void> drained = drain(sink); !drained) return drained;
  }
  if (std::exchange(s.first_packet_of_run, false)) s.run_start_us = packet.pts_us;
  s.packets.fetch_add(1, std::memory_order_relaxed);
  s.origin[static_cast<std::size_t>(s.next_origin) % origins] = {packet.capture_us, packet.epoch};
  for (;;) {
    s.context->reordered_opaque = s.next_origin;
    Result<void> sent = send(packet, sink);
    if (sent && s.hw.take_refusal()) {
      sent = go_on_elsewhere(sink);
      if (sent) continue;
    }
    ++s.next_origin;
    return sent;
  }
}

Result<void> Decoder::send(const Packet& packet, SinkRef sink) {
  State& s = *state_;
  int code;
  {
    HotPath::Scope scope(decode_path());
    code = avcodec_send_packet(s.context.get(), packet.native);
  }
  if (s.hw.refused()) return {};
  if (code < 0) {
    if (s.device_failed(code)) return tl::unexpected(s.device_error(code));
    if (std::optional<Error> error = s.store.take_error()) return tl::unexpected(std::move(*error));
    s.errors.fetch_add(1, std::memory_order_relaxed);
  }
  bool ended = false;
  return receive(sink, ended);
}

// The device refused the stream, at its beginning or at a change of its pictures: what was decoded before comes out,
// then the next device has its turn, or the processor.
Result<void> Decoder::go_on_elsewhere(SinkRef sink) {
  State& s = *state_;
  if (Result<void> taken = take_out(sink); !taken) return taken;
  if (Result<void> chosen = s.hw.next(s.parameters->codec_id); !chosen) return chosen;
  return s.open_codec();
}

Result<void> Decoder::flush_to(SinkRef sink) { return drain(sink); }

// Everything out; the codec starts as new with the next packet.
Result<void> Decoder::drain(SinkRef sink) {
  State& s = *state_;
  Result<void> received = take_out(sink);
  avcodec_flush_buffers(s.context.get());
  s.open_gate = false;
  s.first_packet_of_run = s.first_frame_of_run = true;
  return received;
}

Result<void> Decoder::take_out(SinkRef sink) {
  avcodec_send_packet(state_->context.get(), nullptr);
  bool ended = false;
  Result<void> received;
  while (received && !ended && !state_->hw.refused()) received = receive(sink, ended);
  return received;
}

// Takes frames until the codec wants more packets, or ends.
Result<void> Decoder::receive(SinkRef sink, bool& ended) {
  State& s = *state_;
  for (int failures = 0; failures < max_errors_in_a_row;) {
    int code;
    {
      HotPath::Scope scope(decode_path());
      code = avcodec_receive_frame(s.context.get(), s.frame.get());
    }
    if (code >= 0) {
      failures = 0;
      deliver(sink);
      av_frame_unref(s.frame.get());
    } else if (code == AVERROR(EAGAIN)) {
      return {};
    } else if (code == AVERROR_EOF) {
      ended = true;
      return {};
    } else if (s.hw.refused()) {
      return {};
    } else if (s.device_failed(code)) {
      return tl::unexpected(s.device_error(code));
    } else {
      s.errors.fetch_add(1, std::memory_order_relaxed);
      ++failures;
    }
    if (std::optional<Error> error = s.store.take_error()) return tl::unexpected(std::move(*error));
  }
  ended = true;
  return {};
}

std::int64_t Decoder::presentation_us() {
  State& s = *state_;
  const AVFrame& f = *s.frame;
  const bool first = std::exchange(s.first_frame_of_run, false);
  if (first) s.guess_shift_us = 0;
  if (f.best_effort_timestamp == AV_NOPTS_VALUE) return first ? s.run_start_us : s.last_pts_us + s.frame_us;
  // A stream without presentation times (AVI): the library's guess is late by the codec's delay.
  if (first && f.pts == AV_NOPTS_VALUE) s.guess_shift_us = s.run_start_us - f.best_effort_timestamp;
  return f.best_effort_timestamp + s.guess_shift_us;
}

void Decoder::deliver(SinkRef sink) {
  State& s = *state_;
  AVFrame& f = *s.frame;
  const bool damaged = (f.flags & AV_FRAME_FLAG_CORRUPT) != 0 || f.decode_error_flags != 0;
  if (f.key_frame != 0 || !damaged) s.open_gate = true;
  if (!s.open_gate) {
    s.gated.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Frame out;
  const Origin& origin = s.origin[static_cast<std::size_t>(f.reordered_opaque) % origins];
  out.pts_us = presentation_us();
  out.capture_us = origin.capture_us;
  out.epoch = origin.epoch;
  out.key = f.key_frame != 0;
  out.full_range = f.color_range == AVCOL_RANGE_JPEG || f.format == AV_PIX_FMT_YUVJ420P ||
                   f.format == AV_PIX_FMT_YUVJ422P || f.format == AV_PIX_FMT_YUVJ444P ||
                   f.format == AV_PIX_FMT_YUVJ440P || f.format == AV_PIX_FMT_YUVJ411P;
  if (!(s.hw.is_surface(f) ? s.download(out) : s.store.take(f, codec_hold(*s.context), out))) return;
  s.last_pts_us = out.pts_us;
  out.number = s.number++;
  if (damaged) s.damaged.fetch_add(1, std::memory_order_relaxed);
  s.frames.fetch_add(1, std::memory_order_relaxed);
  sink.give(sink.object, std::move(out));
}

Result<void> Decoder::check_any() const {
  const State& s = *state_;
  if (s.frames.load(std::memory_order_relaxed) > 0 || s.packets.load(std::memory_order_relaxed) == 0) return {};
  return fail(Code::corrupt, "not one picture in it can be decoded; it is broken or encrypted", s.options.owner,
              s.codec);
}

Result<void> Decoder::close(Clock& clock, Instant deadline) {
  // The codec gives its buffers back first, then only consumers hold any.
  state_->frame.reset();
  state_->context.reset();
  return state_->store.close(clock, deadline);
}

DecoderReport Decoder::report() const {
  const State& s = *state_;
  const FrameStoreCounts& c = s.store.counts();
  auto get = [](const std::atomic<std::uint64_t>& a) { return a.load(std::memory_order_relaxed); };
  DecoderReport r;
  r.codec = s.codec;
  r.hwaccel = s.hw.choice();
  r.packets = get(s.packets), r.frames = get(s.frames);
  r.into_leases = get(c.into_leases), r.adopted = get(c.adopted), r.copied = get(c.copied);
  r.errors = get(s.errors), r.damaged = get(s.damaged), r.gated = get(s.gated);
  r.lost = get(c.lost), r.rule_short = get(c.rule_short);
  r.formats = get(c.pools_made), r.slots = get(c.slots), r.slot_bytes = get(c.slot_bytes);
  r.hold = get(c.hold), r.bytes = get(c.bytes);
  return r;
}

}  // namespace weir::media
