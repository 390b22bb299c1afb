// Any bytes as a DOCX, and as the parts of one: a document, its styles, its footnotes.
#include "weir/media/documents/parse/fuzz_book.hpp"
#include "weir/media/documents/parse/zip_test_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::documents;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with("PK")) {
    fuzz::read(open_docx, std::as_bytes(std::span(bytes)));
    return 0;
  }
  const auto parts = fuzz::parts_of(bytes, 3);
  const std::string file = test::zip_file(
      {{"word/document.xml", parts[0]}, {"word/styles.xml", parts[1]}, {"word/footnotes.xml", parts[2]}});
  fuzz::read(open_docx, std::as_bytes(std::span(file)));
  return 0;
}
