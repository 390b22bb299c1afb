// The description of a stream from any bytes: what is taken comes out the same a second time, and asks for no more
// than it was given.
#include <cstdint>
#include <cstdlib>

#include "weir/media/stream_bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::media;
  const auto info = parse_stream({reinterpret_cast<const std::byte*>(data), size});
  if (!info) return 0;
  const auto bytes = write_stream(*info);
  if (!bytes || bytes->size() != size) std::abort();
  const auto again = parse_stream(*bytes);
  if (!again || again->webcodecs != info->webcodecs || again->codec != info->codec) std::abort();
  return 0;
}
