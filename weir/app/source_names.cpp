#include "weir/app/source_names.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "weir/app/redact.hpp"
#include "weir/app/settings_rules.hpp"

namespace weir::app {
namespace {

// Whole UTF-8 characters only: a cut one would make the name invalid.
std::string cut(std::string name, std::size_t most) {
  if (name.size() <= most) return name;
  while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xc0) == 0x80) --most;
  return name.substr(0, most);
}

std::string cleaned(std::string_view text) {
  std::string out;
  const bool utf8 = printable(text.substr(0, 190)) == text.substr(0, 190);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = byte >= 0x80 ? utf8 : (std::isalnum(byte) || c == '-' || c == '_');
    if (kept)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  out = cut(std::move(out), 56);  // leaves room for "-2" in the 64 that a name may have
  return valid_camera_name(out) ? out : "camera";
}

// Host and path, without user, password, port, query and the rtsp path's slashes.
std::string_view host_and_path(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  return url.substr(0, url.find_first_of("?#"));
}

std::string network_name(std::string_view url) {
  const std::string_view rest = host_and_path(url);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view host = rest.substr(0, slash);
  if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos && !host.ends_with(']')) {
    host = host.substr(0, colon);
  }
  return std::string(host) + std::string(rest.substr(slash));
}

}  // namespace

std::string source_name(std::string_view source) {
  switch (source_kind(source)) {
    case SourceKind::demo: return cleaned(source.substr(5, source.find('?') - 5));
    case SourceKind::network: return cleaned(network_name(source));
    case SourceKind::unknown: return cleaned(source);
    case SourceKind::device:
    case SourceKind::file: return cleaned(std::filesystem::path(source).stem().string());
  }
  return "camera";
}

std::vector<std::string> source_names(std::span<const std::string> sources, std::span<const std::string> taken) {
  std::set<std::string> used(taken.begin(), taken.end());
  std::vector<std::string> out;
  for (const std::string& source : sources) {
    const std::string base = source_name(source);
    std::string name = base;
    for (int n = 2; !used.insert(name).second; ++n) name = base + '-' + std::to_string(n);
    out.push_back(name);
  }
  return out;
}

}  // namespace weir::app
