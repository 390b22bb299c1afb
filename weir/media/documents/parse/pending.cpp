// Formats whose parsers are not in this tree yet.
#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

Result<std::unique_ptr<Book>> open_docx(std::span<const std::byte> /*file*/, const BookOptions& options) {
  return fail(Code::unsupported, "DOCX is not read yet", options.name);
}

}  // namespace weir::documents
