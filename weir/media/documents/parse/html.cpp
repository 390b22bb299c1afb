#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/encoding.hpp"
#include "weir/media/documents/parse/names.hpp"
#include "weir/media/documents/parse/xhtml.hpp"

namespace weir::documents {
namespace {

// The tree of a page takes some ten times its size for a moment.
constexpr std::size_t most_bytes = 8 << 20;

std::string small(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// What follows charset= or encoding= in the page's beginning.
std::string declared(std::string_view begin) {
  const std::string text = small(begin);
  for (const std::string_view key : {"charset", "encoding"}) {
    std::size_t at = text.find(key);
    if (at == std::string::npos) continue;
    at = text.find_first_not_of(" \t\r\n", at + key.size());
    if (at == std::string::npos || text[at] != '=') continue;
    at = text.find_first_not_of(" \t\r\n\"'", at + 1);
    if (at == std::string::npos) continue;
    return text.substr(at, text.find_first_of("\"' \t\r\n;/>?", at) - at);
  }
  return {};
}

Encoding page_encoding(std::span<const std::byte> file) {
  Encoding encoding = encoding_of(file);
  if (encoding.bom_bytes > 0 || encoding.unit_bytes > 1) return encoding;
  const std::string_view begin(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 4096));
  const std::string name = known_encoding(declared(begin));
  // A page that can be read so far is not in wide characters, whatever it says.
  if (!name.empty() && !name.starts_with("UTF-16") && !name.starts_with("UTF-32")) encoding.name = name;
  return encoding;
}

// Its encoding is not what it says any more.
void drop_declaration(std::string& text) {
  if (!text.starts_with("<?xml")) return;
  const std::size_t end = text.find("?>");
  if (end != std::string::npos && end < 1024) text.erase(0, end + 2);
}

class HtmlBook : public Book {
 public:
  HtmlBook(Xhtml page, const Encoding& encoding, const BookOptions& options) : paragraphs_(std::move(page.paragraphs)) {
    info_.format = "HTML, " + encoding.name;
    info_.title = title_from(page.title);
    if (info_.title.empty()) info_.title = title_of(options.name);
    if (!paragraphs_.empty()) info_.language = paragraphs_.front().language;
    divide();
  }

  const Info& info() const noexcept override { return info_; }
  Result<std::vector<Chapter>> chapters() override { return chapters_; }

  Result<void> seek(std::uint32_t chapter) override {
    if (chapter >= chapters_.size()) return fail(Code::not_found, "there are fewer chapters");
    next_ = begins_[chapter];
    end_ = chapter + 1 < begins_.size() ? begins_[chapter + 1] : paragraphs_.size();
    return {};
  }

  Result<std::optional<RawParagraph>> next() override {
    if (next_ >= end_) return std::nullopt;
    return paragraphs_[next_++];
  }

  float done() const noexcept override {
    return paragraphs_.empty() ? 1.F : static_cast<float>(next_) / static_cast<float>(paragraphs_.size());
  }

 private:
  static bool is_heading(const RawParagraph& p, int level) { return p.kind == Kind::heading && p.level == level; }

  // One h1 is the page's title, several are its chapters; else the h2 are.
  void divide() {
    const auto count = [this](int level) {
      return std::ranges::count_if(paragraphs_, [level](const RawParagraph& p) { return is_heading(p, level); });
    };
    const int level = count(1) >= 2 || count(2) == 0 ? 1 : 2;
    for (std::size_t i = 0; i < paragraphs_.size(); ++i) {
      if (!is_heading(paragraphs_[i], level)) continue;
      begins_.push_back(i);
      chapters_.push_back({title_from(paragraphs_[i].text), 1});
    }
    if (!begins_.empty() && begins_.front() == 0) return;
    const auto title = std::ranges::find_if(paragraphs_, [](const RawParagraph& p) { return is_heading(p, 1); });
    const bool titled = title != paragraphs_.end() && level == 2 && !begins_.empty() &&
                        static_cast<std::size_t>(title - paragraphs_.begin()) < begins_.front();
    begins_.insert(begins_.begin(), 0);
    chapters_.insert(chapters_.begin(), {titled ? title_from(title->text) : std::string(), 1});
  }

  Info info_;
  std::vector<RawParagraph> paragraphs_;
  std::vector<std::size_t> begins_;  // of each chapter
  std::vector<Chapter> chapters_;
  std::size_t next_ = 0, end_ = 0;
};

}  // namespace

Result<std::unique_ptr<Book>> open_html(std::span<const std::byte> file, const BookOptions& options) {
  if (file.size() > most_bytes) return fail(Code::exhausted, "an HTML file may have 8 MiB", options.name);
  const Encoding encoding = page_encoding(file);
  std::string text = utf8_of(file.subspan(encoding.bom_bytes), encoding);
  drop_declaration(text);
  auto page = read_xhtml(text, options.name, {});
  if (!page) return tl::unexpected(page.error());
  return std::make_unique<HtmlBook>(std::move(*page), encoding, options);
}

}  // namespace weir::documents
