#include "weir/app/settings_rules.hpp"

#include <algorithm>
#include <charconv>

#include "weir/app/redact.hpp"
#include "weir/app/settings.hpp"

namespace weir::app {
namespace {

void impossible(std::vector<Error>& errors, const std::string& first, const std::string& second, std::string why) {
  errors.push_back({Code::invalid, "impossible together", first + " and " + second, std::move(why)});
}

void check_camera(const Settings& settings, const std::string& camera, std::vector<Error>& errors) {
  const std::string prefix = "cameras." + camera + '.';
  const std::string& url = settings.text("url", camera);
  if (url.empty()) {
    errors.push_back(
        {Code::invalid, "missing", prefix + "url", "every camera needs one: a file, an rtsp:// address, demo:street"});
    return;
  }
  const SourceKind kind = source_kind(url);
  if (kind == SourceKind::unknown) {
    errors.push_back({Code::invalid, "an address of a kind that weir does not read", prefix + "url",
                      "found " + printable(redact(url)) + ", allowed: a file, rtsp://, rtsps://, v4l2: or demo:"});
    return;
  }
  if (settings.text("transport", camera) != "auto" && kind != SourceKind::network) {
    impossible(errors, prefix + "transport", prefix + "url",
               "only rtsp:// streams have a transport, and the url is " + printable(redact(url)));
  }
  // A global source.loop is for those cameras that are files; said for this one it is a mistake.
  if (settings.own("source.loop", camera) && settings.boolean("source.loop", camera) &&
      (kind == SourceKind::network || kind == SourceKind::device)) {
    impossible(errors, prefix + "source.loop", prefix + "url",
               "only files can be looped, and the url is " + printable(redact(url)));
  }
  // What begins with a name must be whole: points are what makes a zone.
  for (const char* group : {"zones", "lines", "masks"}) {
    const std::string key = std::string(group) + ".NAME.points";
    for (const std::string& name : settings.names(group, camera)) {
      if (!settings.text(key, camera, name).empty()) continue;
      const std::string own = settings.own_name(group, camera, name) ? prefix : "";
      errors.push_back({Code::invalid, "missing", own + group + '.' + name + ".points",
                        "allowed: " + describe_allowed(*find_key(key))});
    }
  }
  const std::string& device = settings.text("decode.hwaccel", camera);
  if (settings.text("pipeline", camera) == "decoupled" && device != "none" && device != "auto") {
    const auto shown = [&](const char* key) { return settings.own(key, camera) ? prefix + key : std::string(key); };
    impossible(errors, shown("decode.hwaccel"), shown("pipeline"),
               "a decoupled camera is decoded in a box that has no device, and " + device + " needs one");
  }
  if (settings.text("detect.engine", camera) == "onnx" && settings.text("detect.model").empty()) {
    impossible(errors, settings.own("detect.engine", camera) ? prefix + "detect.engine" : "detect.engine",
               "detect.model", "the engine onnx needs a model: an ONNX file");
  }
}

}  // namespace

SourceKind source_kind(std::string_view url) {
  if (url.starts_with("demo:")) return SourceKind::demo;
  if (url.starts_with("v4l2:")) return SourceKind::device;
  if (url.starts_with("file:")) return SourceKind::file;
  if (url.starts_with("rtsp://") || url.starts_with("rtsps://")) return SourceKind::network;
  // A path that begins with a slash or a dot is a file whatever else is in it.
  const std::size_t scheme = url.find("://");
  const bool named = scheme != std::string_view::npos && url.find_first_of("/.") > scheme;
  return named ? SourceKind::unknown : SourceKind::file;
}

bool valid_camera_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && printable(name) == name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x80 || std::isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                  c == '_';
         });
}

Result<ListenAddress> parse_listen(std::string_view text) {
  const auto refuse = [&](const char* what, const char* detail) {
    return fail(Code::invalid, what, "server.listen", "found \"" + printable(text) + "\", " + detail);
  };
  constexpr const char* form =
      "allowed: ADDRESS:PORT, for example 127.0.0.1:8080 or [::1]:8080; port 0 picks a free one";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("not an address", form);
  ListenAddress address{std::string(text.substr(0, colon)), 0};
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size()) return refuse("not an address", form);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return refuse("not an address", form);
  }
  // Names are looked up by nobody: this one has one meaning.
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (address.host != "127.0.0.1" && address.host != "::1") {
    return refuse("refused",
                  "allowed: this machine only (127.0.0.1, [::1] or localhost), as there is no access control yet");
  }
  return address;
}

void check_combinations(const Settings& settings, std::vector<Error>& errors) {
  if (auto address = parse_listen(settings.text("server.listen")); !address) errors.push_back(address.error());
  for (const std::string& camera : settings.cameras()) check_camera(settings, camera, errors);
}

}  // namespace weir::app
