#include "weir/media/documents/parse/book.hpp"

#include <algorithm>
#include <array>

#include "weir/media/documents/parse/encoding.hpp"
#include "weir/media/documents/parse/names.hpp"
#include "weir/media/documents/parse/ordered.hpp"

namespace weir::documents {
namespace {

std::string ending_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  std::string ending(dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1));
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return ending;
}

struct Format {
  std::string_view ending;
  OpenBook* open;
};
constexpr std::array<Format, 12> formats{{{"txt", open_text},
                                          {"text", open_text},
                                          {"md", open_markdown},
                                          {"markdown", open_markdown},
                                          {"mkd", open_markdown},
                                          {"html", open_html},
                                          {"htm", open_html},
                                          {"xhtml", open_html},
                                          {"xht", open_html},
                                          {"epub", open_epub},
                                          {"docx", open_docx},
                                          {"pdf", open_pdf}}};

// What the first bytes are; nothing: none that is read.
OpenBook* by_content(std::span<const std::byte> file) {
  const std::string_view begin(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 4096));
  if (begin.substr(0, 1024).find("%PDF-") != std::string_view::npos) return open_pdf;
  if (begin.starts_with("PK\x03\x04")) {
    const bool docx =
        begin.find("[Content_Types].xml") != std::string_view::npos || begin.find("word/") != std::string_view::npos;
    return docx ? open_docx : open_epub;
  }
  if (begin.starts_with("\xD0\xCF\x11\xE0")) return open_docx;  // it says what to do about those
  std::string small(begin);
  std::ranges::transform(small, small.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (small.find("<!doctype html") != std::string::npos || small.find("<html") != std::string::npos) return open_html;
  const bool wide = encoding_of(file.first(begin.size())).unit_bytes > 1;
  return !wide && begin.find('\0') != std::string_view::npos ? nullptr : open_text;
}

}  // namespace

Result<std::unique_ptr<Book>> open_book(std::span<const std::byte> file, const BookOptions& options) {
  const auto known = std::ranges::find(formats, ending_of(options.name), &Format::ending);
  OpenBook* const open = known != formats.end() ? known->open : by_content(file);
  if (open == nullptr) {
    return fail(Code::unsupported, "this format is not read: give a TXT, Markdown, HTML, EPUB, PDF or DOCX file",
                options.name);
  }
  return open(file, options);
}

std::string title_of(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  return std::string(dot == 0 ? file_name : file_name.substr(0, dot));
}

std::string title_from(const std::string& heading) {
  std::string title = ordered(heading).text;
  if (title.size() > 500) {
    std::size_t end = 500;
    while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xC0U) == 0x80U) --end;
    title.resize(end);
  }
  return title;
}

}  // namespace weir::documents
