// Plain text of any encoding: read to its end, every chapter again, all of it sound.
#include "weir/media/documents/parse/sound_book.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::documents::sound::read(weir::documents::open_text, {data, size});
  return 0;
}
