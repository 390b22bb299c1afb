// The text messages. Everything but `boxes` is rare; `boxes` is written once per looked-at frame, so in place.
#include <charconv>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>

#include "weir/server/wire.hpp"

namespace weir::server {
namespace {

using nlohmann::json;

json to_json(const StreamInfo& info) {
  return {{"id", info.id},         {"name", info.name},         {"state", to_string(info.state)},
          {"reason", info.reason}, {"since_ms", info.since_ms}, {"codec", info.codec},
          {"width", info.width},   {"height", info.height},     {"epoch", info.epoch}};
}

// Names and reasons come from files and cameras: what is not UTF-8 is shown as U+FFFD, never thrown about.
std::string dump(const json& message) { return message.dump(-1, ' ', false, json::error_handler_t::replace); }

// Appends until it is full, then remembers that it is.
class Writer {
 public:
  explicit Writer(std::span<std::byte> out) noexcept : out_(out) {}
  std::size_t size() const noexcept { return size_; }
  bool overflow() const noexcept { return overflow_; }
  void rewind(std::size_t size) noexcept { size_ = size, overflow_ = false; }

  Writer& text(std::string_view s) noexcept {
    if (overflow_ || s.size() > out_.size() - size_) return overflow_ = true, *this;
    std::memcpy(out_.data() + size_, s.data(), s.size());
    size_ += s.size();
    return *this;
  }
  template <std::integral T>
  Writer& number(T value) noexcept {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return text({digits, end});
  }
  Writer& number(double value) noexcept {
    if (!std::isfinite(value)) return text("null");  // JSON knows no other way to say so
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 4).ptr;
    return text({digits, end});
  }
  Writer& quoted(std::string_view s) noexcept {
    text("\"");
    for (const char c : s) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        const char escaped[2] = {'\\', c};
        text({escaped, 2});
      } else if (byte < 0x20) {
        constexpr char hex[] = "0123456789abcdef";
        const char escaped[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        text({escaped, 6});
      } else {
        text({&c, 1});
      }
    }
    return text("\"");
  }

 private:
  std::span<std::byte> out_;
  std::size_t size_ = 0;
  bool overflow_ = false;
};

}  // namespace

Result<ClientMessage> parse_client_message(std::string_view text) {
  if (text.size() > max_client_message_bytes) return fail(Code::invalid, "message is longer than 4 KiB");
  // A repeated key would be two readings of one message.
  bool repeated = false;
  std::vector<std::string> keys;
  const auto message = json::parse(
      text,
      [&](int depth, json::parse_event_t event, json& parsed) {
        if (event == json::parse_event_t::key && depth == 1) {
          for (const auto& key : keys) repeated = repeated || parsed == key;
          keys.push_back(parsed.get<std::string>());
        }
        return true;
      },
      false);
  if (!message.is_object()) return fail(Code::invalid, "message is not a JSON object");
  if (repeated) return fail(Code::invalid, "message names a key twice");
  const auto string_at = [&](const char* key) -> const std::string* {
    const auto found = message.find(key);
    return found == message.end() ? nullptr : found->get_ptr<const std::string*>();
  };
  const std::string* type = string_at("type");
  const std::string* stream = string_at("stream");
  if (!type || !stream) return fail(Code::invalid, "message needs the texts \"type\" and \"stream\"");
  if (*type == "subscribe") {
    const std::string* as = string_at("as");
    if (!as || (*as != "packets" && *as != "picture")) {
      return fail(Code::invalid, "subscribe needs \"as\": \"packets\" or \"picture\"");
    }
    if (message.size() != 3) return fail(Code::invalid, "subscribe has an unknown key");
    return Subscribe{*stream, *as == "packets" ? As::packets : As::picture};
  }
  if (*type == "unsubscribe") {
    if (message.size() != 2) return fail(Code::invalid, "unsubscribe has an unknown key");
    return Unsubscribe{*stream};
  }
  return fail(Code::invalid, "unknown message type");
}

std::string hello_message(std::string_view weir_version, std::string_view flow,
                          const std::vector<StreamInfo>& streams) {
  json list = json::array();
  for (const auto& info : streams) list.push_back(to_json(info));
  return dump({{"type", "hello"},
               {"protocol", protocol_version},
               {"weir", weir_version},
               {"flow", flow},
               {"streams", std::move(list)}});
}

std::string stream_message(const StreamInfo& info) {
  json message = to_json(info);
  message["type"] = "stream";
  return dump(message);
}

EncodedBoxes encode_boxes(const BoxesHead& head, std::span<const Box> boxes, std::span<std::byte> out) noexcept {
  constexpr std::string_view end = "]}";
  if (out.size() < end.size()) return {};
  Writer writer(out.first(out.size() - end.size()));
  writer.text(R"({"type":"boxes","stream":)").number(head.stream).text(R"(,"epoch":)").number(head.epoch);
  writer.text(R"(,"frame":)").number(head.frame).text(R"(,"pts_us":)").number(head.pts_us).text(R"(,"boxes":[)");
  if (writer.overflow()) return {};
  std::size_t written = 0;
  for (const Box& box : boxes) {
    const std::size_t before = writer.size();
    writer.text(written ? R"(,{"box":[)" : R"({"box":[)").number(box.x).text(",").number(box.y).text(",");
    writer.number(box.width).text(",").number(box.height).text(R"(],"class":)").quoted(box.label);
    writer.text(R"(,"confidence":)").number(box.confidence).text(R"(,"track":)");
    if (box.track) {
      writer.number(*box.track);
    } else {
      writer.text("null");
    }
    writer.text("}");
    if (writer.overflow()) {
      writer.rewind(before);
      break;
    }
    ++written;
  }
  std::memcpy(out.data() + writer.size(), end.data(), end.size());
  return {writer.size() + end.size(), written};
}

}  // namespace weir::server
