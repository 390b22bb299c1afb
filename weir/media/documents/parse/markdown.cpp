#include <algorithm>
#include <deque>
#include <utility>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/encoding.hpp"
#include "weir/media/documents/parse/markdown_parse.hpp"
#include "weir/media/documents/parse/markdown_source.hpp"
#include "weir/media/documents/parse/names.hpp"

namespace weir::documents {
namespace {

class MarkdownBook : public Book {
 public:
  MarkdownBook(std::span<const std::byte> file, const BookOptions& options) {
    const Encoding encoding = encoding_of(file);
    const auto bytes = file.subspan(encoding.bom_bytes);
    has_places_ = encoding.is_utf8();
    base_ = encoding.bom_bytes;
    if (has_places_) {
      text_ = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    } else {
      converted_ = utf8_of(bytes, encoding);
      text_ = converted_;
    }
    info_.format = "Markdown";
    info_.title = title_of(options.name);
    std::size_t begin = read_front_matter(text_, info_);
    begin = std::min(text_.find_first_not_of(" \t\r\n", begin), text_.size());
    // Blanks before the first line may be code's.
    while (begin > 0 && (text_[begin - 1] == ' ' || text_[begin - 1] == '\t')) --begin;
    definitions_ = definitions_of(text_);
    starts_.push_back(segment_at(text_, begin));
    scanned_ = starts_.front().end;
  }

  const Info& info() const noexcept override { return info_; }

  Result<std::vector<Chapter>> chapters() override {
    find(static_cast<std::size_t>(-1));
    std::vector<Chapter> out;
    for (const Segment& s : starts_) {
      const auto heading = parse_markdown(text_.substr(s.begin, s.heading_end - s.begin), definitions_, 0);
      const std::uint8_t level = heading.empty() ? std::uint8_t{1} : std::clamp<std::uint8_t>(heading[0].level, 1, 2);
      out.push_back({heading.empty() ? std::string() : title_from(heading[0].text), level});
    }
    return out;
  }

  Result<void> seek(std::uint32_t chapter) override {
    find(chapter);
    if (chapter >= starts_.size()) return fail(Code::not_found, "there are fewer chapters");
    ahead_.clear();
    next_ = starts_[chapter];
    more_ = true;
    return {};
  }

  Result<std::optional<RawParagraph>> next() override {
    while (ahead_.empty() && more_) {
      parse(next_);
      const std::size_t end = next_.end;
      next_ = segment_at(text_, end);
      more_ = end < text_.size() && !next_.begins_chapter();
    }
    if (ahead_.empty()) return std::nullopt;
    RawParagraph out = std::move(ahead_.front());
    ahead_.pop_front();
    return out;
  }

  float done() const noexcept override {
    return text_.empty() ? 1.F
                         : static_cast<float>(static_cast<double>(next_.begin) / static_cast<double>(text_.size()));
  }

 private:
  void parse(const Segment& segment) {
    auto paragraphs =
        parse_markdown(text_.substr(segment.begin, segment.end - segment.begin), definitions_, base_ + segment.begin);
    for (RawParagraph& p : paragraphs) {
      if (!has_places_) p.pieces.clear();
      ahead_.push_back(std::move(p));
    }
  }

  // Looks ahead until so many chapters are known, or the file ends.
  void find(std::size_t chapter) {
    while (chapter >= starts_.size() && scanned_ < text_.size()) {
      const Segment segment = segment_at(text_, scanned_);
      scanned_ = segment.end;
      if (segment.begins_chapter()) starts_.push_back(segment);
    }
  }

  std::string converted_;  // what was not UTF-8; its places are not known
  std::string_view text_;
  bool has_places_ = true, more_ = false;
  std::uint64_t base_ = 0;  // of the text in the file
  Info info_;
  std::string definitions_;
  std::vector<Segment> starts_;
  std::size_t scanned_ = 0;
  Segment next_;
  std::deque<RawParagraph> ahead_;
};

}  // namespace

Result<std::unique_ptr<Book>> open_markdown(std::span<const std::byte> file, const BookOptions& options) {
  return std::make_unique<MarkdownBook>(file, options);
}

}  // namespace weir::documents
