#include "weir/media/documents/parse/zip.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <time.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace weir::documents {
namespace {

constexpr std::size_t max_entries = 65'536;
constexpr std::size_t max_name_bytes = 1024;
// Deflate reaches 1032; text comes to 3 or 10, and small archives may hold much of the same.
constexpr std::size_t max_ratio = 200;
constexpr std::size_t small_bytes = std::size_t{4} << 20;

struct Close {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, Close>;

// libarchive converts names to the locale's characters, and in the C locale gives up those beyond ASCII.
locale_t utf8_locale() {
  static const locale_t locale = [] {
    tzset();
    return newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  }();
  return locale;
}

class WithUtf8 {
 public:
  WithUtf8() {
    if (utf8_locale() != nullptr) before_ = uselocale(utf8_locale());
  }
  ~WithUtf8() {
    if (before_ != nullptr) uselocale(before_);
  }
  WithUtf8(const WithUtf8&) = delete;
  WithUtf8& operator=(const WithUtf8&) = delete;

 private:
  locale_t before_ = nullptr;
};

Archive opened(std::span<const std::byte> bytes) {
  Archive a(archive_read_new());
  if (!a || archive_read_support_format_zip_seekable(a.get()) != ARCHIVE_OK) return nullptr;
  if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return nullptr;
  return a;
}

// Nothing: the archive's end, or the end of what can be read of it.
archive_entry* next(archive* a) {
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(a, &entry);
  return result == ARCHIVE_OK || result == ARCHIVE_WARN ? entry : nullptr;
}

std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return name == nullptr ? std::string() : std::string(name);
}

bool leads_out(std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes || name.front() == '/') return true;
  if (name.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos) return true;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part == ".." || part == ".") return true;
    begin = end + 1;
  }
  return false;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    out += coded ? static_cast<char>(16 * hex(text[i + 1]) + hex(text[i + 2])) : text[i];
    if (coded) i += 2;
  }
  return out;
}

bool is_utf8(std::string_view text) {
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), i, size, c);
    if (c < 0) return false;
  }
  return true;
}

}  // namespace

void prepare_zip() { (void)utf8_locale(); }

Result<Zip> Zip::open(std::span<const std::byte> bytes, std::string owner) {
  const WithUtf8 names;
  Zip zip(bytes, std::move(owner));
  const Archive a = opened(bytes);
  if (!a) return fail(Code::corrupt, "this is no ZIP archive, or it is broken beyond reading", zip.owner_);
  std::size_t index = 0;
  for (archive_entry* entry = next(a.get()); entry != nullptr; entry = next(a.get()), ++index) {
    if (index == max_entries) return fail(Code::exhausted, "this archive has more than 65,536 files", zip.owner_);
    std::string name = name_of(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || leads_out(name)) continue;
    zip.entries_.try_emplace(std::move(name), Entry{index, false});
  }
  if (index == 0) return fail(Code::corrupt, "this archive has no files that can be read", zip.owner_);
  return zip;
}

Result<std::string> Zip::read(std::string_view name, std::size_t most) {
  const auto known = entries_.find(name);
  if (known == entries_.end())
    return fail(Code::not_found, "a file is missing in the archive", owner_, std::string(name));
  const WithUtf8 names;
  const Archive a = opened(archive_);
  if (!a) return fail(Code::corrupt, "this archive cannot be read", owner_);
  archive_entry* entry = next(a.get());
  for (std::size_t i = 0; i < known->second.index && entry != nullptr; ++i) entry = next(a.get());
  if (entry == nullptr) return fail(Code::corrupt, "this archive cannot be read", owner_, std::string(name));
  if (archive_entry_is_encrypted(entry) != 0) {
    return fail(Code::unsupported, "a file in the archive is encrypted", owner_, std::string(name));
  }
  const std::size_t before = known->second.counted ? 0 : total_;
  const std::size_t sound = std::min(max_total_bytes, small_bytes + max_ratio * archive_.size());
  std::string bytes;
  std::vector<char> part(std::size_t{64} << 10);
  while (true) {
    const la_ssize_t count = archive_read_data(a.get(), part.data(), part.size());
    if (count == 0) break;
    if (count < 0) return fail(Code::corrupt, "a file in the archive is damaged", owner_, std::string(name));
    bytes.append(part.data(), static_cast<std::size_t>(count));
    if (before + bytes.size() > sound) {
      return fail(Code::exhausted, "this is a bomb: it unpacks to far more than it holds", owner_, std::string(name));
    }
    if (bytes.size() > std::min(most, max_entry_bytes)) {
      return fail(Code::exhausted, "a file in the archive is too large to be read, or a bomb", owner_,
                  std::string(name));
    }
  }
  if (!known->second.counted) {
    known->second.counted = true;
    total_ += bytes.size();
  }
  return bytes;
}

std::optional<std::string> resolve(std::string_view base, std::string_view reference) {
  reference = reference.substr(0, reference.find_first_of("#?"));
  const auto colon = reference.find(':');
  if (colon != std::string_view::npos && reference.find('/') > colon) return std::nullopt;
  if (reference.empty()) return std::string(base);
  const std::string decoded = percent_decoded(reference);
  if (!is_utf8(decoded) || decoded.front() == '/') return std::nullopt;
  if (decoded.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos) return std::nullopt;
  const auto folder = base.rfind('/');
  const std::string path = (folder == std::string_view::npos ? "" : std::string(base.substr(0, folder + 1))) + decoded;
  if (path.size() > max_name_bytes) return std::nullopt;
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = std::string_view(path).substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
      continue;
    }
    if (parts.empty()) return std::nullopt;
    parts.pop_back();
  }
  std::string name;
  for (const std::string_view part : parts) name += (name.empty() ? "" : "/") + std::string(part);
  return name;
}

std::string fragment_of(std::string_view reference) {
  const auto at = reference.find('#');
  return at == std::string_view::npos ? std::string() : percent_decoded(reference.substr(at + 1));
}

}  // namespace weir::documents
