#include "weir/media/worker/decode_protocol.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "weir/media/av.hpp"

namespace weir::media::decode {
namespace {

// What Decoder::open(), decode() and flush() say. Error::text is static, so the parent looks its own copy up.
constexpr std::array texts{
    "a stream without parameters",
    "decoder threads must be 1 to 64",
    "no decoder for this codec",
    "not enough memory for a decoder",
    "the decoder refuses the stream",
    "the stream needs more memory than memory.camera_max; raise it or use a smaller stream",
    "no memory for the pool: lower the number of cameras or their size",
};

template <std::size_t N>
void copy_text(std::string_view from, std::array<char, N>& to) noexcept {
  // The last byte stays 0.
  std::copy_n(from.begin(), std::min(from.size(), N - 1), to.begin());
}

template <std::size_t N>
std::string clean_text(const std::array<char, N>& from) {
  std::string text(from.begin(), std::find(from.begin(), from.end(), '\0'));
  for (char& c : text) c = c >= 0x20 && c < 0x7f ? c : '?';
  return text;
}

// Unknown to video decoders are the others; a container may attach any.
constexpr std::array side_types{AV_PKT_DATA_NEW_EXTRADATA, AV_PKT_DATA_PALETTE, AV_PKT_DATA_PARAM_CHANGE};
static_assert(side_types.size() == max_side_data);

template <class F>
void each_side(const Packet& packet, F&& f) {
  if (packet.native == nullptr) return;
  for (std::size_t i = 0; i < side_types.size(); ++i) {
    std::size_t size = 0;
    const std::uint8_t* data = av_packet_get_side_data(packet.native, side_types[i], &size);
    if (data != nullptr && size > 0 && size <= UINT32_MAX) f(i, data, size);
  }
}

struct JobHead {
  static constexpr std::uint32_t word = 0x57444a31;  // "WDJ1"
  std::uint32_t magic = word;
  std::uint32_t threads = 1;
  std::uint64_t downstream_slots = 0;
  std::array<char, 64> owner{};
};

}  // namespace

ErrorBody to_body(const Error& error) noexcept {
  ErrorBody body;
  body.code = static_cast<std::uint32_t>(error.code);
  copy_text(error.text, body.text);
  copy_text(error.detail, body.detail);
  return body;
}

Error to_error(const ErrorBody& body, const std::string& owner) {
  const auto code = body.code <= static_cast<std::uint32_t>(Code::failed) ? static_cast<Code>(body.code) : Code::failed;
  const std::string text = clean_text(body.text), detail = clean_text(body.detail);
  for (const char* known : texts) {
    if (text == known) return {code, known, owner, detail};
  }
  return {code, "the decoder cannot go on", owner, detail.empty() ? text : text + ": " + detail};
}

std::vector<std::byte> write_job(const Job& job) {
  JobHead head;
  head.threads = job.threads;
  head.downstream_slots = job.downstream_slots;
  copy_text(job.owner, head.owner);
  std::vector<std::byte> bytes(sizeof head + job.stream.size());
  std::memcpy(bytes.data(), &head, sizeof head);
  if (!job.stream.empty()) std::memcpy(bytes.data() + sizeof head, job.stream.data(), job.stream.size());
  return bytes;
}

Result<Job> parse_job(std::span<const std::byte> bytes) {
  JobHead head;
  if (bytes.size() < sizeof head) return fail(Code::corrupt, "not the job of a decode worker");
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.magic != JobHead::word) return fail(Code::corrupt, "not the job of a decode worker");
  return Job{head.threads, head.downstream_slots, clean_text(head.owner), bytes.subspan(sizeof head)};
}

std::size_t packet_bytes(const Packet& packet) noexcept {
  std::size_t total = packet.bytes.size();
  each_side(packet, [&total](std::size_t, const std::uint8_t*, std::size_t size) { total += size; });
  return total;
}

PacketBody write_packet(const Packet& packet, std::span<std::byte> slot) noexcept {
  PacketBody body;
  body.pts = body.dts = AV_NOPTS_VALUE;
  if (packet.native != nullptr) {
    body.pts = packet.native->pts, body.dts = packet.native->dts, body.duration = packet.native->duration;
    body.flags = packet.native->flags;
  }
  body.pts_us = packet.pts_us, body.dts_us = packet.dts_us, body.capture_us = packet.capture_us;
  body.epoch = packet.epoch;
  body.key = packet.key, body.restart = packet.restart;
  body.bytes = static_cast<std::uint32_t>(packet.bytes.size());
  if (!packet.bytes.empty()) std::memcpy(slot.data(), packet.bytes.data(), packet.bytes.size());
  std::size_t at = packet.bytes.size();
  each_side(packet, [&](std::size_t i, const std::uint8_t* data, std::size_t size) {
    body.side[i] = {static_cast<std::uint32_t>(side_types[i]), static_cast<std::uint32_t>(size)};
    std::memcpy(slot.data() + at, data, size);
    at += size;
  });
  return body;
}

Result<void> read_packet(const PacketBody& body, std::span<const std::byte> slot, AVPacket& native, Packet& out) {
  std::size_t needed = body.bytes;
  for (const SideData& side : body.side) needed += side.bytes;
  if (needed > slot.size() || body.bytes > INT32_MAX - AV_INPUT_BUFFER_PADDING_SIZE) {
    return fail(Code::corrupt, "a packet lies outside its place");
  }
  // The library copies data that has no owner, and adds its padding; it does not write to it.
  native.data = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(slot.data()));
  native.size = static_cast<int>(body.bytes);
  native.pts = body.pts, native.dts = body.dts, native.duration = body.duration;
  native.flags = body.flags;
  native.time_base = microseconds;
  av_packet_free_side_data(&native);
  std::size_t at = body.bytes;
  for (std::size_t i = 0; i < body.side.size(); ++i) {
    const std::size_t size = body.side[i].bytes;
    if (size == 0) continue;
    std::uint8_t* data = av_packet_new_side_data(&native, side_types[i], size);
    if (data == nullptr) return fail(Code::exhausted, "not enough memory for a packet");
    std::memcpy(data, slot.data() + at, size);
    at += size;
  }
  out.bytes = slot.first(body.bytes);
  out.pts_us = body.pts_us, out.dts_us = body.dts_us, out.capture_us = body.capture_us;
  out.epoch = body.epoch;
  out.key = body.key != 0, out.restart = body.restart != 0;
  out.native = &native;
  return {};
}

}  // namespace weir::media::decode
