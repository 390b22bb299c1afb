// EPUB 2 and 3: a file of the spine in memory at a time.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/epub_package.hpp"
#include "weir/media/documents/parse/xhtml.hpp"
#include "weir/media/documents/parse/zip.hpp"

namespace weir::documents {
namespace {

// Longer chapters than any book's; the tree of one takes some times this.
constexpr std::size_t max_chapter_bytes = std::size_t{16} << 20;
constexpr std::size_t max_cover_bytes = std::size_t{16} << 20;

std::string trimmed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

class EpubBook final : public Book {
 public:
  EpubBook(Zip zip, EpubPackage package) : zip_(std::move(zip)), package_(std::move(package)) {
    for (const EpubTitle& title : package_.titles) titles_[title.file].push_back(&title);
    first_titled_ = package_.spine.size();
    for (std::size_t i = package_.spine.size(); i-- > 0;) {
      if (titles_.contains(package_.spine[i])) first_titled_ = i;
    }
    starts_.push_back({});
    chapters_.emplace_back();
  }

  const Info& info() const noexcept override { return package_.info; }

  Result<std::vector<Chapter>> chapters() override {
    if (auto found = look_for(std::numeric_limits<std::uint32_t>::max()); !found) return tl::unexpected(found.error());
    return chapters_;
  }

  Result<void> seek(std::uint32_t chapter) override {
    if (chapter >= starts_.size()) {
      if (auto found = look_for(chapter); !found) return found;
    }
    if (chapter >= starts_.size()) return fail(Code::not_found, "the document has fewer chapters");
    chapter_ = chapter;
    place_ = starts_[chapter];
    return {};
  }

  Result<std::optional<RawParagraph>> next() override {
    const auto there = load();
    if (!there) return tl::unexpected(there.error());
    if (!*there || chapter_begins()) return std::nullopt;
    RawParagraph paragraph = loaded_.paragraphs[place_.paragraph];
    advance();
    return paragraph;
  }

  float done() const noexcept override {
    const float within = loaded_file_ != place_.file || loaded_.paragraphs.empty()
                             ? 0
                             : static_cast<float>(place_.paragraph) / static_cast<float>(loaded_.paragraphs.size());
    return (static_cast<float>(place_.file) + within) / static_cast<float>(package_.spine.size());
  }

  Result<std::vector<std::byte>> cover() override {
    if (package_.cover.empty() || !zip_.has(package_.cover)) return std::vector<std::byte>();
    const auto bytes = zip_.read(package_.cover, max_cover_bytes);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!bytes->starts_with("\xFF\xD8\xFF") && !bytes->starts_with("\x89PNG\r\n\x1A\n"))
      return std::vector<std::byte>();
    const auto all = std::as_bytes(std::span(*bytes));
    return std::vector<std::byte>(all.begin(), all.end());
  }

 private:
  struct Place {
    std::size_t file = 0, paragraph = 0;
    bool begun = false;  // the paragraph there is the chapter's first
    bool first = true;   // and the document's
  };

  void advance() {
    ++place_.paragraph;
    place_.begun = place_.first = false;
  }

  // The file with the next paragraph; false: there is none. Files that cannot be read are passed over.
  Result<bool> load() {
    while (place_.file < package_.spine.size()) {
      if (loaded_file_ != place_.file) {
        if (auto read = read_file(place_.file); !read) return tl::unexpected(read.error());
      }
      if (place_.paragraph < loaded_.paragraphs.size()) return true;
      ++place_.file;
      place_.paragraph = 0;
    }
    if (!readable_) return fail(Code::corrupt, "no chapter of this EPUB can be read");
    return false;
  }

  Result<void> read_file(std::size_t number) {
    const std::string& file = package_.spine[number];
    loaded_ = {};
    begins_.clear();
    loaded_file_ = number;
    const auto bytes = zip_.read(file, max_chapter_bytes);
    if (!bytes && bytes.error().code == Code::exhausted) return tl::unexpected(bytes.error());
    if (!bytes) return {};
    std::set<std::string> ids;
    const auto titles = titles_.find(file);
    if (titles != titles_.end()) {
      for (const EpubTitle* title : titles->second) ids.insert(title->fragment);
    }
    auto read = read_xhtml(*bytes, file, ids);
    if (!read) return {};
    loaded_ = std::move(*read);
    readable_ = true;
    divide(number);
    return {};
  }

  // Where chapters begin in a file: at its beginning and the ids that the table of contents names. A file that it does
  // not name goes on with the chapter before, unless it has a heading or stands before all that are named.
  void divide(std::size_t number) {
    const auto titles = titles_.find(package_.spine[number]);
    if (titles != titles_.end()) {
      for (const EpubTitle* title : titles->second) {
        std::size_t at = 0;
        if (!title->fragment.empty()) {
          const auto id = loaded_.ids.find(title->fragment);
          if (id == loaded_.ids.end()) continue;
          at = id->second;
        }
        begins_.try_emplace(at, title->chapter);
      }
    }
    if (begins_.contains(0) || loaded_.paragraphs.empty()) return;
    const std::size_t end = begins_.empty() ? loaded_.paragraphs.size() : begins_.begin()->first;
    const auto last =
        loaded_.paragraphs.begin() + static_cast<std::ptrdiff_t>(std::min(end, loaded_.paragraphs.size()));
    const auto heading =
        std::find_if(loaded_.paragraphs.begin(), last, [](const RawParagraph& p) { return p.kind == Kind::heading; });
    if (heading != last) {
      begins_[0] = {trimmed(heading->text), 1};
    } else if (number <= first_titled_) {
      begins_[0] = {trimmed(loaded_.title), 1};
    }
  }

  // Whether the next paragraph is the first of another chapter, which then is known.
  bool chapter_begins() {
    if (place_.begun) return false;
    const auto begins = begins_.find(place_.paragraph);
    if (begins == begins_.end()) return false;
    Place start = place_;
    start.begun = true;
    if (place_.first) {  // nothing stands before it
      chapters_[0] = begins->second;
      starts_[0] = start;
      place_ = start;
      return false;
    }
    if (starts_.size() == chapter_ + std::size_t{1}) {
      starts_.push_back(start);
      chapters_.push_back(begins->second);
    }
    return true;
  }

  // Goes through the files until that chapter's beginning is known, and comes back.
  Result<void> look_for(std::uint32_t chapter) {
    const Place before = place_;
    const auto current = chapter_;
    chapter_ = static_cast<std::uint32_t>(starts_.size() - 1);
    place_ = starts_.back();
    Result<void> result;
    while (starts_.size() <= chapter) {
      const auto there = load();
      if (!there) result = tl::unexpected(there.error());
      if (!there || !*there) break;
      if (chapter_begins()) {
        ++chapter_;
        place_ = starts_.back();
      } else {
        advance();
      }
    }
    place_ = before;
    chapter_ = current;
    return result;
  }

  Zip zip_;
  const EpubPackage package_;
  std::map<std::string, std::vector<const EpubTitle*>> titles_;  // by file
  std::size_t first_titled_ = 0;                                 // file of the spine
  std::vector<Chapter> chapters_;                                // as far as they are known
  std::vector<Place> starts_;                                    // as many
  std::uint32_t chapter_ = 0;
  Place place_;
  Xhtml loaded_;
  std::map<std::size_t, Chapter> begins_;  // by the paragraph
  std::size_t loaded_file_ = std::numeric_limits<std::size_t>::max();
  bool readable_ = false;
};

}  // namespace

Result<std::unique_ptr<Book>> open_epub(std::span<const std::byte> file, const BookOptions& options) {
  auto zip = Zip::open(file, options.name);
  if (!zip) return tl::unexpected(zip.error());
  auto package = read_epub_package(*zip, options.name);
  if (!package) return tl::unexpected(package.error());
  return std::make_unique<EpubBook>(std::move(*zip), std::move(*package));
}

}  // namespace weir::documents
