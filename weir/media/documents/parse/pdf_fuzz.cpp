// Any words at any places as the pages of a PDF, and any bytes as a PDF. What crashes within poppler is the worker's to
// bear; the layout of pages is ours.
#include "weir/media/documents/parse/fuzz_book.hpp"
#include "weir/media/documents/parse/pdf_layout.hpp"
#include "weir/media/documents/parse/pdf_text.hpp"

namespace {

using namespace weir::documents;

pdf::Page page_of(std::string_view& bytes) {
  const auto byte = [&bytes] {
    if (bytes.empty()) return 0;
    const int value = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    return value;
  };
  pdf::Page page;
  page.width = static_cast<float>(1 + 4 * byte());
  page.height = static_cast<float>(1 + 4 * byte());
  page.right_to_left = byte() % 8 == 0;
  std::vector<pdf::Word> words;
  for (int count = byte() % 64; count > 0; --count) {
    pdf::Word word;
    word.box.left = static_cast<float>(byte() * 3);
    word.box.top = static_cast<float>(byte() * 4);
    word.box.right = word.box.left + static_cast<float>(byte()) / 4;
    word.box.bottom = word.box.top + static_cast<float>(byte()) / 16;
    word.size = static_cast<float>(byte()) / 8;
    word.bold = byte() % 8 == 0;
    word.space_after = byte() % 2 == 0;
    std::u16string text;
    for (int n = byte() % 6; n >= 0; --n) text += static_cast<char16_t>(byte() < 16 ? byte() * 256 + byte() : byte());
    word.text = pdf::clean(text);
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  page.lines = pdf::lines_in_order(std::move(words));
  return page;
}

}  // namespace

// fontconfig, which poppler asks for fonts, keeps what it has allocated.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with("%PDF")) {
    fuzz::read(open_pdf, std::as_bytes(std::span(bytes)));
    return 0;
  }
  const pdf::Page page = page_of(bytes), other = page_of(bytes);
  const pdf::Neighbour neighbours[] = {{1, &other}};
  const pdf::Page kept = pdf::without_margins(page, 1, neighbours);
  for (const pdf::Block& block : pdf::blocks_of(kept, pdf::body_size(page.lines))) {
    RawParagraph paragraph;
    for (const pdf::Line& line : block.lines) pdf::append_line(paragraph, line, 1);
    fuzz::expect_sound(paragraph);
  }
  return 0;
}
