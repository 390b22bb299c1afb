#include "weir/core/smaps.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace weir::detail {
namespace {

// Reads digits and moves past them.
bool take(std::string_view& text, std::uint64_t& value, int base) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char wanted) noexcept {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view without_spaces(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

Mapping::Kind kind_of(std::string_view name) noexcept {
  if (name == "[stack]") return Mapping::Kind::stack;
  if (name.starts_with("[v") || name == "[uprobes]") return Mapping::Kind::kernel;
  if (!name.starts_with('/')) return Mapping::Kind::anonymous;
  // Names with a slash that stand for memory and not for a file.
  for (const std::string_view memory : {"/memfd:", "/SYSV", "/dev/", "/anon_hugepage", "/i915", "/drm"}) {
    if (name.starts_with(memory)) return Mapping::Kind::anonymous;
  }
  return Mapping::Kind::file;
}

// "7f0d8a000000-7f0d8a800000 rw-p 00000000 00:00 0   name"
bool parse_header(std::string_view line, Mapping& mapping) noexcept {
  std::uint64_t begin = 0, end = 0;
  if (!take(line, begin, 16) || !take(line, '-') || !take(line, end, 16) || !take(line, ' ') || end < begin)
    return false;
  mapping.begin = begin;
  mapping.end = end;
  for (int field = 0; field < 4; ++field) {  // permissions, offset, device, inode
    line = without_spaces(line);
    const auto space = line.find(' ');
    if (space == std::string_view::npos && field < 3) return false;
    line.remove_prefix(std::min(space, line.size()));
  }
  mapping.kind = kind_of(without_spaces(line));
  return true;
}

// "Rss:        20 kB", after the name.
bool parse_kilobytes(std::string_view rest, std::uint64_t& bytes) noexcept {
  rest = without_spaces(rest);
  std::uint64_t kilobytes = 0;
  if (!take(rest, kilobytes, 10) || rest != " kB") return false;
  bytes = kilobytes * 1024;
  return true;
}

}  // namespace

Result<void> parse_smaps(std::string_view text, std::vector<Mapping>& out) {
  out.clear();
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.empty()) continue;
    // Field names begin with a capital letter, a mapping's first line with a lower-case hex digit.
    if (line.front() >= 'A' && line.front() <= 'Z') {
      if (out.empty()) return fail(Code::corrupt, "smaps begins in the middle of a mapping");
      bool good = true;
      if (line.starts_with("Rss:")) good = parse_kilobytes(line.substr(4), out.back().rss_bytes);
      if (line.starts_with("Pss:")) good = parse_kilobytes(line.substr(4), out.back().pss_bytes);
      if (!good) return fail(Code::corrupt, "a size in smaps cannot be read", {}, std::string(line));
      continue;
    }
    Mapping mapping;
    if (!parse_header(line, mapping)) {
      return fail(Code::corrupt, "a mapping in smaps cannot be read", {}, std::string(line));
    }
    out.push_back(mapping);
  }
  return {};
}

namespace {

// All of a file of /proc into `text`, a buffer to be used again.
Result<void> read_all(const char* path, std::string& text) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return fail(errno == ENOENT ? Code::not_found : Code::failed, "cannot open the list of mappings", path,
                std::strerror(errno));
  }
  text.resize(std::max<std::size_t>(text.capacity(), 1 << 16));
  std::size_t used = 0;
  int error = 0;
  for (;;) {
    if (used == text.size()) text.resize(2 * text.size());
    const ssize_t got = ::read(file, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
  }
  ::close(file);
  text.resize(used);
  if (error == ESRCH) return fail(Code::not_found, "the process is gone", path);
  if (error != 0) return fail(Code::failed, "cannot read the list of mappings", path, std::strerror(error));
  return {};
}

Result<void> read_mappings(const char* path, std::string& text, std::vector<Mapping>& out) {
  if (auto read = read_all(path, text); !read) return read;
  return parse_smaps(text, out);
}

}  // namespace

Result<void> read_smaps(std::string& text, std::vector<Mapping>& out) {
  return read_mappings("/proc/self/smaps", text, out);
}

Result<void> read_maps(std::string& text, std::vector<Mapping>& out) {
  return read_mappings("/proc/self/maps", text, out);
}

Result<Rollup> parse_rollup(std::string_view text) {
  Rollup rollup;
  struct Field {
    std::string_view name;
    std::uint64_t* bytes;
    bool found = false;
  };
  std::array<Field, 3> fields{
      {{"Pss_Anon:", &rollup.private_bytes}, {"Pss_File:", &rollup.file_bytes}, {"Pss_Shmem:", &rollup.shared_bytes}}};
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    for (Field& field : fields) {
      if (line.starts_with(field.name)) field.found = parse_kilobytes(line.substr(field.name.size()), *field.bytes);
    }
  }
  for (const Field& field : fields) {
    if (!field.found) return fail(Code::corrupt, "a figure of smaps_rollup is missing", {}, std::string(field.name));
  }
  return rollup;
}

Result<Rollup> read_rollup(pid_t pid, std::string& text) {
  if (auto read = read_all(("/proc/" + std::to_string(pid) + "/smaps_rollup").c_str(), text); !read) {
    return tl::unexpected(read.error());
  }
  // A process that has ended and waits to be reaped has an empty file.
  if (text.empty()) return fail(Code::not_found, "the process is gone");
  return parse_rollup(text);
}

}  // namespace weir::detail
