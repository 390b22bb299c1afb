// Whatever bytes come: the header decoder accepts only what encodes back to itself, the client parser never throws.
#include <cstdlib>
#include <cstring>

#include "weir/server/wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::server;
  const auto message = std::as_bytes(std::span(data, size));
  if (const auto header = decode(message)) {
    std::array<std::byte, header_bytes> again;
    encode(*header, again);
    if (std::memcmp(again.data(), data, header_bytes) != 0) std::abort();
  }
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto parsed = parse_client_message(text)) {
    if (size > max_client_message_bytes) std::abort();
  } else if (std::strlen(parsed.error().text) > 123) {
    std::abort();
  }
  Box box;
  box.label = text;
  std::array<std::byte, 512> out;
  if (encode_boxes({}, std::span(&box, 1), out).bytes > out.size()) std::abort();
  return 0;
}
