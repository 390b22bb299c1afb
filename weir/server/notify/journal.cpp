#include "weir/server/notify/journal.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace weir::notify {
namespace {

constexpr std::array<char, 8> marker = {'\x9d', 'w', 'e', 'i', 'r', 'q', '1', '\n'};
// Offsets in the head.
constexpr std::size_t kind_at = 8, length_at = 12, sequence_at = 16, payload_sum_at = 24, head_sum_at = 28;
// Of the payload: flags, length of the id, length of the topic; the body is the rest.
constexpr std::size_t fixed_bytes = 9;
constexpr std::size_t max_payload_bytes = fixed_bytes + max_message_bytes;

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

template <class T>
T get(std::span<const std::byte> bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value |= static_cast<T>(static_cast<T>(bytes[at + i]) << (8 * i));
  return value;
}

std::uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(::crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string record(Record::Kind kind, std::uint64_t sequence, const std::string& payload) {
  std::string out(marker.data(), marker.size());
  out.reserve(record_head_bytes + payload.size());
  put(out, static_cast<std::uint32_t>(kind));
  put(out, static_cast<std::uint32_t>(payload.size()));
  put(out, sequence);
  put(out, checksum(std::as_bytes(std::span(payload))));
  put(out, checksum(std::as_bytes(std::span(out))));
  return out + payload;
}

}  // namespace

std::string encode(std::uint64_t sequence, const Message& message) {
  std::string payload;
  payload += static_cast<char>(message.retain ? 1 : 0);
  put(payload, static_cast<std::uint32_t>(message.id.size()));
  put(payload, static_cast<std::uint32_t>(message.topic.size()));
  return record(Record::Kind::message, sequence, payload + message.id + message.topic + message.body);
}

std::string encode_done(std::uint64_t sequence) { return record(Record::Kind::done, sequence, {}); }

std::optional<Record> decode(std::span<const std::byte> bytes, std::size_t& size) {
  if (bytes.size() < record_head_bytes || std::memcmp(bytes.data(), marker.data(), marker.size()) != 0) return {};
  // The head has a checksum of its own, so that a length is believed only when it was written by us.
  if (get<std::uint32_t>(bytes, head_sum_at) != checksum(bytes.first(head_sum_at))) return {};
  const auto kind = get<std::uint32_t>(bytes, kind_at);
  const std::size_t length = get<std::uint32_t>(bytes, length_at);
  if (length > max_payload_bytes || length > bytes.size() - record_head_bytes) return {};
  const auto payload = bytes.subspan(record_head_bytes, length);
  if (get<std::uint32_t>(bytes, payload_sum_at) != checksum(payload)) return {};

  Record out;
  out.sequence = get<std::uint64_t>(bytes, sequence_at);
  size = record_head_bytes + length;
  if (kind == static_cast<std::uint32_t>(Record::Kind::done) && length == 0) {
    out.kind = Record::Kind::done;
    return out;
  }
  if (kind != static_cast<std::uint32_t>(Record::Kind::message) || length < fixed_bytes) return {};
  const std::size_t id = get<std::uint32_t>(payload, 1), topic = get<std::uint32_t>(payload, 5);
  const auto flags = std::to_integer<unsigned>(payload[0]);
  if (flags > 1 || id > length - fixed_bytes || topic > length - fixed_bytes - id) return {};
  const std::string_view text(reinterpret_cast<const char*>(payload.data()) + fixed_bytes, length - fixed_bytes);
  out.message = {std::string(text.substr(0, id)), std::string(text.substr(id, topic)),
                 std::string(text.substr(id + topic)), flags == 1};
  return out;
}

std::optional<Record> JournalReader::next() {
  std::size_t at = end_;
  while (at < bytes_.size()) {
    std::size_t size = 0;
    if (auto found = decode(bytes_.subspan(at), size)) {
      if (at != end_) ++gaps_;
      begin_ = at;
      end_ = at + size;
      return found;
    }
    const auto rest = bytes_.subspan(at + 1);
    const auto* const from = reinterpret_cast<const char*>(rest.data());
    at += 1 + static_cast<std::size_t>(std::search(from, from + rest.size(), marker.begin(), marker.end()) - from);
  }
  return std::nullopt;
}

}  // namespace weir::notify
