// Any bytes as a ZIP archive, and as references within one.
#include "weir/media/documents/parse/fuzz_book.hpp"
#include "weir/media/documents/parse/zip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::documents;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto file = resolve("a/b/c", bytes)) {
    fuzz::expect(fuzz::is_utf8(*file) && !file->starts_with('/') &&
                 ("/" + *file + "/").find("/../") == std::string::npos);
  }
  auto zip = Zip::open(std::as_bytes(std::span(bytes)), "fuzz");
  if (!zip) {
    fuzz::expect_one_line(zip.error());
    return 0;
  }
  for (const char* name : {"a", "mimetype", "META-INF/container.xml", "word/document.xml"}) {
    const auto content = zip->read(name, std::size_t{1} << 20);
    if (!content) fuzz::expect_one_line(content.error());
    if (content) fuzz::expect(content->size() <= std::size_t{1} << 20);
  }
  return 0;
}
