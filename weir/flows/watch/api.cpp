#include "weir/flows/watch/api.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "weir/server/inside.hpp"

namespace weir::watch {
namespace {

using Json = nlohmann::ordered_json;
using server::Method;
using server::Request;
using server::Response;

constexpr const char* json_type = "application/json";
constexpr std::string_view events_prefix = "/api/events/", cameras_prefix = "/api/cameras/",
                           recordings_prefix = "/recordings/";
constexpr std::size_t most_events = 200;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Response answer(int status, const Json& json) { return {status, json_type, dump(json)}; }
Response missing(const char* what) { return answer(404, {{"error", what}}); }

// The server has undone the escapes; forms write a space as '+'.
std::string value_of(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (pair.substr(0, pair.find('=')) == key && pair.size() > key.size()) {
      std::string value(pair.substr(key.size() + 1));
      std::replace(value.begin(), value.end(), '+', ' ');
      return value;
    }
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return {};
}

Response events(const Story& story, const Request& request) {
  Story::Filter filter{.camera = value_of(request.query, "camera"),
                       .label = value_of(request.query, "class"),
                       .before = value_of(request.query, "before")};
  const std::string limit = value_of(request.query, "limit");
  if (!limit.empty()) {
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), filter.limit);
    if (error != std::errc{} || end != limit.data() + limit.size()) {
      return answer(400, {{"error", "limit must be a whole number"}});
    }
  }
  filter.limit = std::min(filter.limit, most_events);
  return {200, json_type, story.list(filter)};
}

Json points_json(const std::vector<Point>& points) {
  Json out = Json::array();
  for (const Point& point : points) out.push_back({point.x, point.y});
  return out;
}

Json drawn_json(const DrawnOptions& drawn) {
  Json zones = Json::array(), lines = Json::array(), masks = Json::array();
  for (const ZoneOptions& zone : drawn.zones) {
    zones.push_back({{"name", zone.name},
                     {"points", points_json(zone.points)},
                     {"classes", zone.classes},
                     {"dwell_s", zone.dwell.count()}});
  }
  for (const LineOptions& line : drawn.lines) {
    lines.push_back({{"name", line.name}, {"points", points_json({line.from, line.to})}, {"classes", line.classes}});
  }
  for (const MaskOptions& mask : drawn.masks) {
    masks.push_back({{"name", mask.name}, {"points", points_json(mask.points)}});
  }
  return {{"zones", zones}, {"lines", lines}, {"masks", masks}};
}

// What JSON cannot be read as is an exception of its library, caught below.
std::vector<Point> points_of(const Json& json) {
  std::vector<Point> out;
  for (const Json& pair : json) out.push_back({pair.at(0).get<double>(), pair.at(1).get<double>()});
  return out;
}

DrawnOptions drawn_of(const Json& json) {
  DrawnOptions out;
  // What is left out of a drawing is taken away, so that a slip of the pen must not be nothing.
  for (const auto& [key, things] : json.items()) {
    if (key != "zones" && key != "lines" && key != "masks") throw std::invalid_argument(key);
  }
  for (const Json& zone : json.value("zones", Json::array())) {
    out.zones.push_back({.name = zone.at("name"),
                         .points = points_of(zone.at("points")),
                         .classes = zone.value("classes", std::vector<std::string>{}),
                         .dwell = Seconds(zone.value("dwell_s", 0.0))});
  }
  for (const Json& line : json.value("lines", Json::array())) {
    const auto ends = points_of(line.at("points"));
    if (ends.size() != 2) throw std::invalid_argument("a line has two ends");
    out.lines.push_back({.name = line.at("name"),
                         .from = ends.at(0),
                         .to = ends.at(1),
                         .classes = line.value("classes", std::vector<std::string>{})});
  }
  for (const Json& mask : json.value("masks", Json::array())) {
    out.masks.push_back({.name = mask.at("name"), .points = points_of(mask.at("points"))});
  }
  return out;
}

Response put_drawn(Camera& camera, Telling* telling, const Hooks& hooks, std::string_view body) {
  DrawnOptions drawn;
  try {
    drawn = drawn_of(Json::parse(body));
  } catch (const std::exception&) {
    return answer(400, {{"error", "not a drawing: docs/api.md says what it looks like"}});
  }
  if (hooks.check_drawing) {
    if (auto good = hooks.check_drawing(camera.id(), drawn); !good) {
      return answer(400, {{"error", good.error().line()}});
    }
  }
  if (auto taken = camera.follow().draw(drawn); !taken) return answer(400, {{"error", taken.error().line()}});
  if (telling != nullptr) telling->drawn(camera.id(), drawn);
  if (!hooks.save_drawing) return answer(200, {{"saved", false}, {"reason", "nothing to save it in"}});
  const SavedDrawing saved = hooks.save_drawing(camera.id(), drawn);
  if (saved.saved) return answer(200, {{"saved", true}, {"file", saved.file}});
  return answer(200, {{"saved", false}, {"reason", saved.reason}, {"toml", saved.toml}});
}

Response drawn(const std::vector<std::unique_ptr<Camera>>& cameras, Telling* telling, const Hooks& hooks,
               const Request& request) {
  std::string_view rest = request.path.substr(cameras_prefix.size());
  constexpr std::string_view suffix = "/drawn";
  if (!rest.ends_with(suffix)) return missing("no such address");
  rest.remove_suffix(suffix.size());
  const auto found = std::find_if(cameras.begin(), cameras.end(), [&](const auto& c) { return c->id() == rest; });
  if (found == cameras.end()) return missing("no such camera");
  Camera& camera = **found;
  if (request.method == Method::put) return put_drawn(camera, telling, hooks, request.body);
  const DrawnOptions now = camera.follow().drawn();
  Json json = drawn_json(now);
  json["classes"] = camera.follow().labels();
  json["file"] = hooks.settings_file.empty() ? Json(nullptr) : Json(hooks.settings_file);
  json["toml"] = hooks.drawing_toml ? hooks.drawing_toml(camera.id(), now) : "";
  return answer(200, json);
}

std::string content_type_of(const std::filesystem::path& path) {
  return path.extension() == ".jpg" ? "image/jpeg" : path.extension() == ".mp4" ? "video/mp4" : "";
}

Response recording(const media::Retention* retention, const std::vector<std::unique_ptr<Camera>>& cameras,
                   const Request& request) {
  const std::string path(request.path.substr(recordings_prefix.size()));
  if (retention == nullptr) return missing("nothing is recorded");
  const std::string type = content_type_of(path);
  // Its picture may still be getting better.
  for (const auto& camera : cameras) {
    if (!path.starts_with(camera->id() + '/')) continue;
    if (std::string jpeg = camera->picture(path); !jpeg.empty()) return {200, "image/jpeg", std::move(jpeg)};
  }
  const auto file = server::inside(retention->dir(), path);
  if (!file || type.empty()) return missing("no such recording: not yet, or no longer");
  return {.status = 200, .content_type = type, .file = *file};
}

}  // namespace

void add_api(server::HttpServer& server, const Story& story, const media::Retention* retention,
             const std::vector<std::unique_ptr<Camera>>& cameras, Telling* telling, const Hooks& hooks) {
  server.add_route("/api/events", [&story](const Request& request) { return events(story, request); });
  server.add_prefix(std::string(events_prefix), [&story](const Request& request) {
    const std::string json = story.one(std::string(request.path.substr(events_prefix.size())));
    return json.empty() ? missing("no such event") : Response{200, json_type, json};
  });
  server.add_prefix(
      std::string(cameras_prefix),
      [&cameras, telling, &hooks](const Request& request) { return drawn(cameras, telling, hooks, request); },
      {Method::get, Method::put});
  server.add_prefix(std::string(recordings_prefix),
                    [retention, &cameras](const Request& request) { return recording(retention, cameras, request); });
}

}  // namespace weir::watch
