// What a worker that was taken over may say: believed only if packing it again says the same.
#include <cstdint>

#include "weir/media/documents/wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::documents;
  const auto bytes = std::as_bytes(std::span(data, size));
  (void)wire::job_of(bytes);
  (void)wire::info_of(bytes);
  (void)wire::chapters_of(bytes);
  const auto batch = wire::batch_of(bytes, {});
  if (!batch) return 0;
  std::vector<std::byte> room(2 * size + 4096);
  const auto packed = wire::pack(*batch, room);
  if (!packed) weir::fatal("what was taken apart cannot be packed");
  const auto again = wire::batch_of(std::span(room).first(*packed), {});
  if (!again || *again != *batch) weir::fatal("what is packed again is something else");
  return 0;
}
