#include "weir/flows/watch/story.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"

namespace weir::watch {
namespace {

using Json = nlohmann::ordered_json;

// A new picture is worth it from here on.
constexpr float clearly_better = 1.3F;
// That the disk has yet to take.
constexpr std::size_t past_waiting = 256;

double rounded(double value, double to) { return std::round(value * to) / to; }

Json moment_json(const Moment& moment, bool fast) {
  Json out = {{"frame", moment.frame}, {"pts_ms", static_cast<double>(moment.pts_us) / 1000.0}};
  if (!fast) out["time_ms"] = moment.capture_us / 1000;
  return out;
}

Moment moment_of(const Json& json) {
  return {json.value("frame", std::uint64_t{0}),
          static_cast<std::int64_t>(std::llround(json.value("pts_ms", 0.0) * 1000)),
          json.value("time_ms", std::int64_t{0}) * 1000};
}

Json box_json(const track::Box& box) {
  const auto x = std::lround(box.x), y = std::lround(box.y);
  return {x, y, std::lround(box.x + box.w) - x, std::lround(box.y + box.h) - y};
}

Json incident_json(const Incident& incident, bool fast) {
  Json out = {{"id", incident.id},
              {"camera", incident.camera},
              {"class", incident.label},
              {"track", incident.track == 0 ? Json(nullptr) : Json(incident.track)},
              {"confidence", rounded(incident.confidence, 1000)},
              {"box", box_json(incident.box)},
              {"start", moment_json(incident.start, fast)},
              {"end", moment_json(incident.end, fast)},
              {"over", incident.over},
              {"zones", incident.zones}};
  if (!incident.snapshot.empty()) out["snapshot"] = incident.snapshot;
  if (!incident.clip.empty()) out["clip"] = incident.clip;
  return out;
}

std::optional<Incident> incident_of(const Json& json) {
  // Written by this program, but perhaps not to the end, or by a hand.
  if (!json.is_object() || !json.contains("id") || !json["id"].is_string()) return std::nullopt;
  try {
    Incident out;
    out.id = json["id"];
    out.camera = json.value("camera", "");
    out.label = json.value("class", "");
    out.track = json.contains("track") && json["track"].is_number_unsigned() ? json["track"].get<std::uint64_t>() : 0;
    out.confidence = json.value("confidence", 0.0F);
    const auto box = json.value("box", std::vector<float>{});
    if (box.size() == 4) out.box = {box[0], box[1], box[2], box[3]};
    out.start = moment_of(json.value("start", Json::object()));
    out.end = moment_of(json.value("end", Json::object()));
    out.over = true;
    out.zones = json.value("zones", std::vector<std::string>{});
    out.snapshot = json.value("snapshot", "");
    out.clip = json.value("clip", "");
    return out;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string_view to_string(Turn turn) noexcept {
  switch (turn) {
    case Turn::start: return "start";
    case Turn::end: return "end";
    case Turn::enter: return "enter";
    case Turn::leave: return "leave";
    case Turn::dwell: return "dwell";
    case Turn::line: return "line";
  }
  return "end";
}

Result<std::unique_ptr<Story>> Story::open(Options options) {
  std::unique_ptr<Story> story(new Story(std::move(options)));
  if (auto read = story->read_past(); !read) return tl::unexpected(read.error());
  if (!story->options_.file.empty()) {
    story->kept_ = Channel<std::string>::bounded("events/past", past_waiting, Overflow::drop_newest);
    story->writer_ = std::thread([self = story.get()] {
      AccountBinding binding(Account::open("events"));
      self->write();
    });
  }
  return story;
}

Story::~Story() {
  if (kept_) kept_->close();
  if (writer_.joinable()) writer_.join();
}

// The newest of the file; when it has grown to several times as many, it is written anew.
Result<void> Story::read_past() {
  const std::filesystem::path& file = options_.file;
  std::error_code error;
  if (file.empty() || !std::filesystem::is_regular_file(file, error)) return {};
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Code::denied, "cannot be read: the past events are in it", file.string(), std::strerror(errno));
  std::string text;
  std::size_t lines = 0;
  while (std::getline(in, text)) {
    ++lines;
    auto incident = incident_of(Json::parse(text, nullptr, false));
    if (!incident) continue;
    past_.push_back(std::move(*incident));
    ++total_;
    if (past_.size() > max_kept) past_.pop_front();
  }
  if (lines <= 4 * max_kept) return {};
  const std::filesystem::path fresh = file.string() + ".part";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  for (const Incident& incident : past_) out << line(incident_json(incident, options_.fast)) << '\n';
  out.close();
  if (out) std::filesystem::rename(fresh, file, error);
  if (!out || error) log(Level::warn, "events", "the file of past events could not be shortened: " + file.string());
  return {};
}

std::string Story::begin(const std::string& camera, const std::string& label, std::uint64_t track, const Moment& moment,
                         const track::Box& box, float confidence, bool clip, bool snapshot) {
  Incident incident;
  incident.id = camera + '-' + std::to_string((options_.fast ? moment.pts_us : moment.capture_us) / 1000) + '-' +
                (track == 0 ? std::string("motion") : std::to_string(track));
  incident.camera = camera;
  incident.label = label;
  incident.track = track;
  incident.start = incident.end = moment;
  incident.box = incident.last_box = box;
  incident.confidence = confidence;
  if (clip) incident.clip = camera + "/clips/" + incident.id + ".mp4";
  if (snapshot) incident.snapshot = camera + "/snapshots/" + incident.id + ".jpg";
  {
    std::lock_guard lock(mutex_);
    now_[incident.id] = incident;
    ++total_;
  }
  tell(incident, Turn::start, moment, {});
  return incident.id;
}

bool Story::seen(const std::string& id, const Moment& moment, const track::Box& box, float confidence) {
  std::lock_guard lock(mutex_);
  const auto found = now_.find(id);
  if (found == now_.end()) return false;
  Incident& incident = found->second;
  incident.end = moment;
  incident.last_box = box;
  const float before = incident.confidence * std::sqrt(incident.box.w * incident.box.h);
  if (confidence * std::sqrt(box.w * box.h) < clearly_better * before) return false;
  incident.confidence = confidence;
  incident.box = box;
  return true;
}

void Story::turn(const std::string& id, Turn turn, const Moment& moment, const Place& place) {
  Incident incident;
  {
    std::lock_guard lock(mutex_);
    const auto found = now_.find(id);
    if (found == now_.end()) return;
    auto& zones = found->second.zones;
    if (turn == Turn::enter && std::find(zones.begin(), zones.end(), place.name) == zones.end()) {
      zones.push_back(place.name);
    }
    incident = found->second;
  }
  tell(incident, turn, moment, place);
}

void Story::end(const std::string& id, const Moment& known) {
  Incident incident;
  {
    std::lock_guard lock(mutex_);
    const auto found = now_.find(id);
    if (found == now_.end()) return;
    incident = std::move(found->second);
    now_.erase(found);
    incident.over = true;
    past_.push_back(incident);
    if (past_.size() > max_kept) past_.pop_front();
  }
  tell(incident, Turn::end, known, {});
  keep(incident);
}

void Story::keep(const Incident& incident) {
  if (!kept_) return;
  if (kept_->offer(line(incident_json(incident, options_.fast)) + '\n') != Offer::full) return;
  if (!full_.exchange(true)) log(Level::warn, "events", "the disk is behind: events are missing in the next run");
}

void Story::write() {
  std::ofstream out(options_.file, std::ios::binary | std::ios::app);
  while (const auto text = kept_->take()) {
    const bool good = out.good();
    out << *text << std::flush;
    if (good && !out) log(Level::warn, "events", "no more events are kept for the next run: " + options_.file.string());
  }
}

void Story::tell(const Incident& incident, Turn turn, const Moment& moment, const Place& place) const {
  if (!options_.listener) return;
  Json json = {{"type", to_string(turn)},
               {"id", incident.id},
               {"camera", incident.camera},
               {"frame", moment.frame},
               {"pts_ms", static_cast<double>(moment.pts_us) / 1000.0}};
  if (!options_.fast) json["time_ms"] = moment.capture_us / 1000;
  json["box"] = box_json(turn == Turn::start || turn == Turn::end ? incident.last_box : place.box);
  json["class"] = incident.label;
  json["confidence"] = rounded(incident.confidence, 1000);
  json["track"] = incident.track == 0 ? Json(nullptr) : Json(incident.track);
  if (turn == Turn::enter || turn == Turn::leave || turn == Turn::dwell) json["zone"] = place.name;
  if (turn == Turn::leave || turn == Turn::dwell)
    json["inside_s"] = rounded(static_cast<double>(place.inside_us) / 1e6, 1000);
  if (turn == Turn::line) {
    json["line"] = place.name;
    json["direction"] = place.forward ? "forward" : "backward";
  }
  json["zones"] = incident.zones;
  if (turn == Turn::end) {
    json["lasted_s"] = rounded(static_cast<double>(incident.end.pts_us - incident.start.pts_us) / 1e6, 1000);
  }
  if (!incident.snapshot.empty()) json["snapshot"] = incident.snapshot;
  if (!incident.clip.empty()) json["clip"] = incident.clip;
  options_.listener(incident, turn, place, line(json));
}

std::string Story::list(const Filter& filter) const {
  Json list = Json::array();
  bool older = filter.before.empty();
  const auto add = [&](const Incident& incident) {
    if (!older) {
      older = incident.id == filter.before;
      return;
    }
    if (list.size() >= filter.limit) return;
    if (!filter.camera.empty() && incident.camera != filter.camera) return;
    if (!filter.label.empty() && incident.label != filter.label) return;
    list.push_back(incident_json(incident, options_.fast));
  };
  std::lock_guard lock(mutex_);
  std::vector<const Incident*> now;
  for (const auto& [id, incident] : now_) now.push_back(&incident);
  std::sort(now.begin(), now.end(),
            [](const Incident* a, const Incident* b) { return a->start.capture_us > b->start.capture_us; });
  for (const Incident* incident : now) add(*incident);
  std::for_each(past_.rbegin(), past_.rend(), add);
  return line({{"events", list}, {"total", total_}});
}

std::string Story::one(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto now = now_.find(id);
  if (now != now_.end()) return line(incident_json(now->second, options_.fast));
  const auto past = std::find_if(past_.rbegin(), past_.rend(), [&](const Incident& one) { return one.id == id; });
  return past == past_.rend() ? std::string() : line(incident_json(*past, options_.fast));
}

std::uint64_t Story::total() const {
  std::lock_guard lock(mutex_);
  return total_;
}

}  // namespace weir::watch
