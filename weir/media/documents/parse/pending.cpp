// Formats whose parsers are not in this tree yet.
#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

Result<std::unique_ptr<Book>> open_markdown(std::span<const std::byte> /*file*/, const BookOptions& options) {
  return fail(Code::unsupported, "Markdown is not read yet", options.name);
}

Result<std::unique_ptr<Book>> open_html(std::span<const std::byte> /*file*/, const BookOptions& options) {
  return fail(Code::unsupported, "HTML is not read yet", options.name);
}

}  // namespace weir::documents
