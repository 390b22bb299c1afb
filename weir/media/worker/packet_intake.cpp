#include "weir/media/worker/packet_intake.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "weir/media/stream_bytes.hpp"
#include "weir/media/worker/decode_protocol.hpp"

namespace weir::media::connect {
namespace {

using decode::PacketBody;

bool good_time(std::int64_t us) { return us >= -decode::max_time_us && us <= decode::max_time_us; }
bool good_native_time(std::int64_t us) { return us == AV_NOPTS_VALUE || good_time(us); }

// A packet that claims to be trusted may hold pointers.
constexpr int good_flags = AV_PKT_FLAG_KEY | AV_PKT_FLAG_CORRUPT | AV_PKT_FLAG_DISCARD | AV_PKT_FLAG_DISPOSABLE;

const char* what_is_wrong_with(const PacketBody& body, std::size_t slot_bytes) {
  if (!good_time(body.pts_us) || !good_time(body.dts_us) || !good_time(body.capture_us) ||
      !good_native_time(body.pts) || !good_native_time(body.dts) || body.duration < 0 ||
      body.duration > decode::max_time_us) {
    return "a packet's time is not in this age";
  }
  if ((body.flags & ~good_flags) != 0 || body.key != ((body.flags & AV_PKT_FLAG_KEY) != 0 ? 1u : 0u) ||
      body.restart > 1) {
    return "a packet's flags are none";
  }
  if (body.bytes == 0 || body.bytes > INT32_MAX - AV_INPUT_BUFFER_PADDING_SIZE) return "a packet's size is none";
  std::size_t needed = body.bytes;
  for (const decode::SideData& side : body.side) needed += side.bytes;
  return needed > slot_bytes ? "a packet does not lie in its slot" : nullptr;
}

// Which, in which place, is what write_packet() does.
constexpr std::array side_types{AV_PKT_DATA_NEW_EXTRADATA, AV_PKT_DATA_PALETTE, AV_PKT_DATA_PARAM_CHANGE};
static_assert(side_types.size() == decode::max_side_data);

}  // namespace

Heard PacketIntake::lied(const char* what) noexcept {
  lie_ = what;
  over_ = true;
  return Heard::lie;
}

Result<Heard> PacketIntake::hear(const worker::Message& message, std::uint32_t serial, worker::Lending& lending) {
  if (over_) return lied("it went on after the end");
  if (message.type == type::alive) return open_ ? Heard::alive : lied("it is paced before it is open");
  if (message.type == type::larger) return hear_larger(message.get<LargerBody>());
  if (message.type == type::end) {
    over_ = true;
    return open_ ? Heard::end : lied("an end before it is open");
  }
  if (message.type != type::stream && message.type != type::packet && message.type != type::failed)
    return lied("a message of no kind");

  if (message.pool != serial) return lied("a slot of a pool that it does not have");
  const Result<Lease> lease = lending.share({message.slot, message.generation}, Role::source);
  if (!lease) return lied(lease.error().text);
  const std::span<const std::byte> slot = lease->bytes();
  if (message.type == type::stream) return hear_stream(slot, message.get<StreamBody>());
  if (message.type == type::failed) return hear_failed(slot, message.get<FailedBody>());
  return hear_packet(slot, message);
}

Heard PacketIntake::hear_stream(std::span<const std::byte> slot, const StreamBody& body) {
  if (next_) return lied("a stream without a packet");
  if (body.bytes > std::min(slot.size(), max_stream_bytes)) return lied("a stream does not lie in its slot");
  const std::vector<std::byte> copy(slot.begin(), slot.begin() + body.bytes);
  Result<StreamInfo> info = parse_stream(copy);
  if (!info) return lied("a stream that is none");
  if (info->epoch < epoch_) return lied("an epoch that is over");
  if (open_) {
    next_ = std::move(*info);
  } else {
    // Its first packet may yet bring other parameter sets.
    info_ = std::move(*info);
    open_ = true;
  }
  return Heard::stream;
}

Result<Heard> PacketIntake::hear_packet(std::span<const std::byte> slot, const worker::Message& message) {
  if (!open_) return lied("a packet before its stream");
  const auto body = message.get<PacketBody>();
  if (const char* wrong = what_is_wrong_with(body, slot.size())) return lied(wrong);
  const StreamInfo& its = next_ ? *next_ : info_;
  if (body.epoch != its.epoch) return lied("a packet of another epoch than its stream");
  if (body.restart != 0 && (!any_ || body.epoch == epoch_)) return lied("a new beginning without a new epoch");

  if (native_ == nullptr) native_.reset(av_packet_alloc());
  if (native_ == nullptr) return fail(Code::exhausted, "not enough memory for a packet", owner_);
  av_packet_unref(native_.get());
  // With its padding behind it, as the library's own demuxers do.
  if (av_new_packet(native_.get(), static_cast<int>(body.bytes)) < 0) {
    return fail(Code::exhausted, "not enough memory for a packet", owner_);
  }
  std::memcpy(native_->data, slot.data(), body.bytes);
  std::size_t at = body.bytes;
  for (std::size_t i = 0; i < body.side.size(); ++i) {
    const auto [type, bytes] = body.side[i];
    if (bytes == 0) continue;
    if (type != side_types[i]) return lied("a packet's side data is of no kind");
    std::uint8_t* data = av_packet_new_side_data(native_.get(), side_types[i], bytes);
    if (data == nullptr) return fail(Code::exhausted, "not enough memory for a packet", owner_);
    std::memcpy(data, slot.data() + at, bytes);
    at += bytes;
  }
  native_->pts = body.pts, native_->dts = body.dts, native_->duration = body.duration;
  native_->flags = body.flags;
  native_->time_base = microseconds;

  if (next_) info_ = std::move(*next_);
  next_.reset();
  epoch_ = body.epoch;
  any_ = true;
  packet_.bytes = {reinterpret_cast<const std::byte*>(native_->data), body.bytes};
  packet_.pts_us = body.pts_us, packet_.dts_us = body.dts_us, packet_.capture_us = body.capture_us;
  packet_.epoch = body.epoch;
  packet_.key = body.key != 0, packet_.restart = body.restart != 0;
  packet_.native = native_.get();
  return Heard::packet;
}

Heard PacketIntake::hear_larger(const LargerBody& body) {
  if (!open_) return lied("a packet before its stream");
  wanted_bytes_ = body.bytes;
  return Heard::larger;
}

Heard PacketIntake::hear_failed(std::span<const std::byte> slot, const FailedBody& body) {
  const std::vector<std::byte> copy(slot.begin(),
                                    slot.begin() + static_cast<std::ptrdiff_t>(std::min(slot.size(), 2 * max_words)));
  Result<Error> error = read_error(body, copy, owner_);
  if (!error || error->code == Code::cancelled) return lied("an error that makes no sense");
  error_ = std::move(*error);
  over_ = true;
  return Heard::failed;
}

}  // namespace weir::media::connect
