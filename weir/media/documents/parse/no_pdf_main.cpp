// In place of the PDF parser in weir-worker-document: poppler's libraries take longer to load than a page of another
// format takes to read. PDF is for weir-worker-pdf, which is the same with them.
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/pdf.hpp"

namespace weir::documents {

Result<std::unique_ptr<Book>> open_pdf(std::span<const std::byte> /*file*/, const BookOptions& options) {
  return fail(Code::unsupported, "PDF is read by weir-worker-pdf", options.name);
}

void prepare_pdf() {}

}  // namespace weir::documents
