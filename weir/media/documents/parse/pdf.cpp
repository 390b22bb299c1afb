// PDF through poppler. Files that poppler opens while it reads: its character maps under /usr/share/poppler, for
// Chinese, Japanese and Korean fonts without a map of their own, from within paragraphs(); none in open_pdf().
#include <poppler-document.h>
#include <poppler-global.h>
#include <poppler-toc.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <limits>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/pdf_pages.hpp"
#include "weir/media/documents/parse/pdf_text.hpp"

namespace weir::documents {
namespace {

constexpr std::size_t max_outline = 4096;
constexpr int max_outline_level = 6;
constexpr std::size_t max_title_bytes = 400;
// How many entries of the outline may be passed over to find the one that a heading belongs to.
constexpr std::size_t max_skipped = 64;

std::string text_of(const poppler::ustring& text) {
  const std::u16string units(text.begin(), text.end());
  return pdf::clean(units);
}

// Titles are compared by their letters and digits alone.
std::string key_of(std::string_view text) {
  std::string key;
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), i, size, c);
    if (c < 0 || !u_isalnum(c)) continue;
    c = u_foldCase(c, U_FOLD_CASE_DEFAULT);
    std::array<char, 4> bytes{};
    std::size_t n = 0;
    U8_APPEND_UNSAFE(bytes.data(), n, c);
    key.append(bytes.data(), n);
  }
  return key;
}

std::string_view without_number(std::string_view key) {
  const auto at = key.find_first_not_of("0123456789");
  return at == std::string_view::npos ? key : key.substr(at);
}

struct Entry {
  Chapter chapter;
  std::string key;
};

// poppler-cpp 22.12 gives an outline's titles but not where they point to (toc_item has no destination, and only named
// ones are in create_destination_map()). So a chapter begins at the next heading whose text is the next title's.
void read_outline(const poppler::toc_item& item, int level, std::vector<Entry>& entries) {
  for (const poppler::toc_item* child : item.children()) {
    if (entries.size() >= max_outline) return;
    std::string title = text_of(child->title());
    if (title.size() > max_title_bytes) continue;
    std::string key = key_of(title);
    if (!key.empty()) entries.push_back({{std::move(title), static_cast<std::uint8_t>(level)}, std::move(key)});
    if (level < max_outline_level) read_outline(*child, level + 1, entries);
  }
}

// <dc:language> of the XMP metadata; the catalogue's own language is not to be had from poppler-cpp.
std::string language_of(const std::string& metadata) {
  const auto element = metadata.find("<dc:language>");
  if (element == std::string::npos) return {};
  const auto item = metadata.find("<rdf:li>", element);
  if (item == std::string::npos || item - element > 100) return {};
  const auto begin = item + 8;
  const auto end = metadata.find('<', begin);
  if (end == std::string::npos || end - begin > 35) return {};
  std::string language = metadata.substr(begin, end - begin);
  const bool sound = std::all_of(language.begin(), language.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  return sound && language != "x-default" && language != "x-unknown" ? language : std::string();
}

class PdfBook final : public Book {
 public:
  explicit PdfBook(std::unique_ptr<poppler::document> document) : document_(std::move(document)), pages_(*document_) {}

  void describe(const std::string& name) {
    info_.format = "PDF";
    info_.title = text_of(document_->get_title());
    if (info_.title.empty()) info_.title = std::filesystem::path(name).stem().string();
    info_.author = text_of(document_->get_author());
    const auto metadata = document_->metadata().to_utf8();
    info_.language = language_of(std::string(metadata.begin(), metadata.end()));
    const std::unique_ptr<poppler::toc> toc(document_->create_toc());
    if (toc && toc->root() != nullptr) read_outline(*toc->root(), 1, outline_);
    has_outline_ = !outline_.empty();
    starts_.push_back({});
    chapters_.emplace_back();
  }

  const Info& info() const noexcept override { return info_; }

  Result<std::vector<Chapter>> chapters() override {
    const Place before = place_;
    const auto chapter = chapter_;
    look_for(std::numeric_limits<std::uint32_t>::max());
    place_ = before;
    chapter_ = chapter;
    return chapters_;
  }

  Result<void> seek(std::uint32_t chapter) override {
    if (chapter >= starts_.size()) {
      const Place before = place_;
      const auto current = chapter_;
      look_for(chapter);
      place_ = before;
      chapter_ = current;
    }
    if (chapter >= starts_.size()) return fail(Code::not_found, "the document has fewer chapters");
    chapter_ = chapter;
    place_ = starts_[chapter];
    return {};
  }

  Result<std::optional<RawParagraph>> next() override {
    if (!load()) return std::nullopt;
    if (chapter_begins()) return std::nullopt;
    RawParagraph paragraph = loaded_[place_.paragraph];
    advance(paragraph.kind);
    return paragraph;
  }

  float done() const noexcept override {
    return pages_.count() == 0 ? 1 : static_cast<float>(place_.page) / static_cast<float>(pages_.count());
  }

 private:
  // What is read next, and which title is looked for.
  struct Place {
    int page = 0;
    std::size_t paragraph = 0;
    std::size_t outline = 0;
    bool after_heading = false;
    bool begun = false;  // the paragraph there is the chapter's first
    bool first = true;   // and the document's
  };

  // The page with the next paragraph; false: there is none.
  bool load() {
    while (place_.page < pages_.count()) {
      if (loaded_page_ != place_.page) {
        loaded_ = pages_.paragraphs(place_.page);
        loaded_page_ = place_.page;
      }
      if (place_.paragraph < loaded_.size()) return true;
      ++place_.page;
      place_.paragraph = 0;
    }
    return false;
  }

  void advance(Kind kind) {
    ++place_.paragraph;
    place_.after_heading = kind == Kind::heading;
    place_.begun = place_.first = false;
  }

  // Whether the next paragraph is the first of another chapter, which then is known.
  bool chapter_begins() {
    if (place_.begun) return false;
    Chapter chapter;
    std::size_t outline = place_.outline;
    if (!begins(chapter, outline)) return false;
    Place start = place_;
    start.outline = outline;
    start.begun = true;
    if (place_.first) {  // nothing stands before it
      chapters_[0] = std::move(chapter);
      starts_[0] = start;
      place_ = start;
      return false;
    }
    if (starts_.size() == chapter_ + std::size_t{1}) {
      starts_.push_back(start);
      chapters_.push_back(std::move(chapter));
    }
    return true;
  }

  bool begins(Chapter& chapter, std::size_t& outline) const {
    const RawParagraph& here = loaded_[place_.paragraph];
    if (here.kind != Kind::heading || here.text.size() > max_title_bytes) return false;
    if (!has_outline_) {
      if (here.level != 1 || place_.after_heading) return false;
      chapter.title = here.text;
      return true;
    }
    const std::string key = key_of(here.text);
    if (key.empty()) return false;
    std::string both;  // "Chapter 1" above "Loomings"
    if (place_.paragraph + 1 < loaded_.size() && loaded_[place_.paragraph + 1].kind == Kind::heading) {
      both = key + key_of(loaded_[place_.paragraph + 1].text);
    }
    const std::size_t end = std::min(outline_.size(), outline + max_skipped);
    for (std::size_t i = outline; i < end; ++i) {
      const std::string& title = outline_[i].key;
      if (title != key && title != both && without_number(title) != without_number(key)) continue;
      chapter = outline_[i].chapter;
      outline = i + 1;
      return true;
    }
    return false;
  }

  // Goes through the pages until that chapter's beginning is known.
  void look_for(std::uint32_t chapter) {
    chapter_ = static_cast<std::uint32_t>(starts_.size() - 1);
    place_ = starts_.back();
    while (starts_.size() <= chapter && load()) {
      if (chapter_begins()) {
        ++chapter_;
        place_ = starts_.back();
        continue;
      }
      advance(loaded_[place_.paragraph].kind);
    }
  }

  const std::unique_ptr<poppler::document> document_;
  pdf::Pages pages_;
  Info info_;
  std::vector<Entry> outline_;
  bool has_outline_ = false;
  std::vector<Chapter> chapters_;  // as far as they are known
  std::vector<Place> starts_;      // as many
  std::uint32_t chapter_ = 0;
  Place place_;
  std::vector<RawParagraph> loaded_;
  int loaded_page_ = -1;
};

Result<std::unique_ptr<Book>> opened(std::span<const std::byte> file, const BookOptions& options) {
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return fail(Code::unsupported, "this PDF is larger than 2 GiB", options.name);
  }
  poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
  std::unique_ptr<poppler::document> document(poppler::document::load_from_raw_data(
      reinterpret_cast<const char*>(file.data()), static_cast<int>(file.size()), options.password, options.password));
  if (!document) return fail(Code::corrupt, "this is no PDF, or it is broken beyond reading", options.name);
  if (document->is_locked()) {
    return options.password.empty()
               ? fail(Code::invalid, "this PDF is encrypted: give --password", options.name)
               : fail(Code::invalid, "this password does not open the PDF: give --password", options.name);
  }
  if (document->pages() < 1) return fail(Code::corrupt, "this PDF has no pages that can be read", options.name);
  auto book = std::make_unique<PdfBook>(std::move(document));
  book->describe(options.name);
  return book;
}

}  // namespace

void prepare_pdf() {
  // Its font is not in it, so that fontconfig is asked. poppler forgets its tables with its last document: this one
  // stays.
  static constexpr std::string_view file =
      "%PDF-1.4\n"
      "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
      "2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n"
      "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>\nendobj\n"
      "4 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\n"
      "5 0 obj\n<</Length 22>>\nstream\nBT /F 1 Tf (x) Tj ET \n\nendstream\nendobj\n"
      "trailer\n<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF\n";
  static const auto kept = [] {
    auto book = open_pdf(std::as_bytes(std::span(file)), {});
    if (book) (void)(*book)->next();
    return book;
  }();
}

Result<std::unique_ptr<Book>> open_pdf(std::span<const std::byte> file, const BookOptions& options) {
  try {
    return opened(file, options);
  } catch (const std::exception& e) {
    return fail(Code::corrupt, "this PDF cannot be read", options.name, e.what());
  }
}

}  // namespace weir::documents
