#include "weir/server/file_body.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <tuple>
#include <utility>

namespace weir::server {
namespace {

struct Span {
  std::uint64_t begin, end;
};
// What a Range header asks for. Empty: nothing that is understood, which is the whole. begin == end: no such range.
std::optional<Span> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return std::nullopt;
  header.remove_prefix(unit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
  const auto first = number(from), last = number(to);
  if (from.empty()) {  // so many at the end
    if (!last) return std::nullopt;
    return Span{size - std::min(size, *last), size};
  }
  if (!first || (!to.empty() && (!last || *last < *first))) return std::nullopt;
  if (*first >= size) return Span{size, size};
  return Span{*first, last ? std::min(*last, size - 1) + 1 : size};
}

// Locale plays no part in it (RFC 9110, section 5.6.7).
std::string http_date(std::time_t time) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday, months[static_cast<std::size_t>(utc.tm_mon)],
                utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text.data();
}

}  // namespace

FileBody::FileBody(FileBody&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      begin_(other.begin_),
      end_(other.end_),
      at_(other.at_),
      satisfiable_(other.satisfiable_),
      etag_(std::move(other.etag_)),
      last_modified_(std::move(other.last_modified_)) {}

FileBody& FileBody::operator=(FileBody&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::tie(size_, begin_, end_, at_, satisfiable_) =
      std::tie(other.size_, other.begin_, other.end_, other.at_, other.satisfiable_);
  etag_.swap(other.etag_);
  last_modified_.swap(other.last_modified_);
  return *this;
}

FileBody::~FileBody() {
  if (fd_ >= 0) ::close(fd_);
}

Result<FileBody> FileBody::open(const std::filesystem::path& path) {
  FileBody body;
  // Non-blocking for the case that it is a pipe, which nobody may ever write to.
  body.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (body.fd_ < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) {
      return fail(Code::not_found, "there is no such file", path.filename().string());
    }
    const Code code = errno == EACCES ? Code::denied : Code::failed;
    return fail(code, "the file cannot be opened", path.filename().string(), std::strerror(errno));
  }
  struct stat status{};
  if (::fstat(body.fd_, &status) != 0) {
    return fail(Code::failed, "the file cannot be read", path.filename().string(), std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) return fail(Code::not_found, "this is not a file", path.filename().string());
  body.size_ = body.end_ = static_cast<std::uint64_t>(status.st_size);
  std::array<char, 64> tag{};
  std::snprintf(tag.data(), tag.size(), "\"%llx-%llx\"", static_cast<unsigned long long>(status.st_size),
                static_cast<unsigned long long>(status.st_mtim.tv_sec) * 1'000'000'000ULL +
                    static_cast<unsigned long long>(status.st_mtim.tv_nsec));
  body.etag_ = tag.data();
  body.last_modified_ = http_date(status.st_mtim.tv_sec);
  return body;
}

int FileBody::choose(const FileConditions& conditions) {
  begin_ = at_ = 0;
  end_ = size_;
  satisfiable_ = true;
  if (conditions.if_none_match == "*" || conditions.if_none_match.find(etag_) != std::string::npos) {
    end_ = 0;
    return 304;
  }
  // A range of an older state of the file would be spliced to the client's part of it.
  if (conditions.range.empty() || (!conditions.if_range.empty() && conditions.if_range != etag_)) return 200;
  const auto range = parse_range(conditions.range, size_);
  if (!range) return 200;
  begin_ = at_ = range->begin;
  end_ = range->end;
  satisfiable_ = begin_ < end_;
  return satisfiable_ ? 206 : 416;
}

std::string FileBody::content_range() const {
  const std::string size = "/" + std::to_string(size_);
  if (!satisfiable_) return "bytes *" + size;
  return "bytes " + std::to_string(begin_) + "-" + std::to_string(end_ - 1) + size;
}

Result<std::size_t> FileBody::read(std::span<std::byte> into) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end_ - at_));
  std::size_t got = 0;
  while (got < wanted) {
    const ssize_t n = ::pread(fd_, into.data() + got, wanted - got, static_cast<off_t>(at_ + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Code::failed, "the file cannot be read", {}, std::strerror(errno));
    if (n == 0) return fail(Code::failed, "the file became shorter while it was sent");
    got += static_cast<std::size_t>(n);
  }
  at_ += got;
  return got;
}

std::string attachment_header(std::string_view name) {
  constexpr std::string_view plain_marks = "-._~";
  std::string plain, encoded;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\' || c == '/') {
      plain += '_';
      encoded += '_';
      continue;
    }
    const bool ascii = byte < 0x80;
    const bool letter = ascii && (std::isalnum(byte) != 0 || plain_marks.find(c) != std::string_view::npos);
    plain += ascii ? c : '_';
    std::array<char, 4> hex{};
    std::snprintf(hex.data(), hex.size(), "%%%02X", byte);
    encoded += letter ? std::string(1, c) : std::string(hex.data());
  }
  return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
}

}  // namespace weir::server
