// Any bytes as a SOFA file, as the worker reads it; and any bytes as the worker's answer.
#include <cstring>

#include "weir/media/responses/fuzz_file.hpp"
#include "weir/media/responses/sofa_file.hpp"
#include "weir/media/responses/sofa_worker.hpp"

extern "C" const char* __lsan_default_suppressions() { return "leak:libmysofa\n"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::media;
  if (size < 1) return 0;
  static const Layout layout = *parse_layout("7.1.4");
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  sofa::Answer answer;
  if (data[0] >= 128 && bytes.size() >= sizeof answer) {
    std::memcpy(&answer, bytes.data(), sizeof answer);
    fuzz::expect_sound(sofa::set_of(answer, bytes.subspan(sizeof answer)));
    return 0;
  }
  const auto file = parse_sofa(bytes);
  if (file)
    fuzz::expect_sound(responses_at(*file, layout, data[0] % 2 == 0 ? SofaPick::nearest : SofaPick::interpolated));
  return 0;
}
