// Any bytes as an ONNX file: its input's size, or one printable line.
#include <cstdint>
#include <cstdlib>

#include "weir/engines/detect/onnx_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = weir::detect::read_onnx_input({reinterpret_cast<const std::byte*>(data), size});
  if (!input) {
    if (input.error().line().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  if (input->width < 0 || input->width > 4096 || input->height < 0 || input->height > 4096) std::abort();
  return 0;
}
