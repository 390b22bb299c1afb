#include "weir/server/inside.hpp"

#include <system_error>

namespace weir::server {
namespace {

constexpr std::size_t max_relative_bytes = 1024;

bool harmless(std::string_view relative) {
  if (relative.empty() || relative.size() > max_relative_bytes) return false;
  if (relative.find('\0') != std::string_view::npos || relative.ends_with(".part")) return false;
  while (true) {
    const auto slash = relative.find('/');
    const std::string_view part = relative.substr(0, slash);
    if (part.empty() || part.front() == '.') return false;
    if (slash == std::string_view::npos) return true;
    relative.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<std::filesystem::path> inside(const std::filesystem::path& root, std::string_view relative) {
  if (!harmless(relative)) return fail(Code::denied, "a name like this leads nowhere");
  std::error_code error;
  const auto base = std::filesystem::canonical(root, error);
  if (error) return fail(Code::not_found, "the folder is not there", {}, error.message());
  auto file = std::filesystem::canonical(base / relative, error);
  if (error) return fail(Code::not_found, "there is no such file", {}, error.message());
  const std::string& found = file.native();
  const std::string below = base == base.root_path() ? base.native() : base.native() + "/";
  if (!found.starts_with(below) || !harmless(std::string_view(found).substr(below.size()))) {
    return fail(Code::denied, "a name like this leads nowhere");
  }
  return file;
}

}  // namespace weir::server
