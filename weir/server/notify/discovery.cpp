#include "weir/server/notify/discovery.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace weir::notify {
namespace {

using nlohmann::json;

std::string kind_name(Entity::Kind kind) {
  switch (kind) {
    case Entity::Kind::motion: return "motion";
    case Entity::Kind::occupancy: return "occupancy";
    case Entity::Kind::count: return "count";
  }
  return {};
}

// One level of a topic.
std::string level(const std::string& name) {
  std::string out = name;
  for (char& c : out) {
    if (const auto byte = static_cast<unsigned char>(c);
        byte < 0x20 || byte == 0x7f || c == '/' || c == '+' || c == '#') {
      c = '_';
    }
  }
  return out;
}

// What Home Assistant takes for an id: letters, digits, '_' and '-'. Two names that would become the same differ in
// what is appended (FNV-1a).
std::string id_of(const std::string& name) {
  std::string out = name;
  std::uint32_t hash = 2166136261u;
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    hash = (hash ^ byte) * 16777619u;
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!plain) c = '_';
  }
  if (out == name) return out;
  char suffix[16];
  std::snprintf(suffix, sizeof suffix, "_%08x", hash);
  return out + suffix;
}

// What a person reads beside the camera's name: "Drive person count".
std::string title_of(const Entity& entity) {
  std::string title;
  for (const std::string& part : {entity.zone, entity.label, kind_name(entity.kind)}) {
    if (!part.empty()) title += (title.empty() ? "" : " ") + part;
  }
  if (title.front() >= 'a' && title.front() <= 'z') title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string topic_of(const Entity& entity) {
  std::string topic = level(entity.camera);
  if (!entity.zone.empty()) topic += "/" + level(entity.zone);
  topic += "/" + kind_name(entity.kind);
  return entity.label.empty() ? topic : topic + "/" + level(entity.label);
}

Message state_of(const Entity& entity, std::string id, bool on) {
  const std::string body = text_of({{"id", id}, {"state", on ? "ON" : "OFF"}});
  return {std::move(id), topic_of(entity), body, true};
}

Message count_of(const Entity& entity, std::string id, std::uint64_t count) {
  const std::string body = text_of({{"id", id}, {"count", count}});
  return {std::move(id), topic_of(entity), body, true};
}

Message discovery_of(const Entity& entity, const DiscoveryPrefixes& prefixes) {
  const bool counts = entity.kind == Entity::Kind::count;
  const std::string camera = id_of(prefixes.topic) + "_" + id_of(entity.camera);
  std::string object;
  for (const auto& [mark, part] :
       {std::pair<const char*, const std::string&>{"z_", entity.zone}, {"l_", entity.label}}) {
    if (!part.empty()) object += mark + id_of(part) + "_";
  }
  object += kind_name(entity.kind);
  json config = {
      {"name", title_of(entity)},
      {"unique_id", camera + "_" + object},
      {"state_topic", prefixes.topic + "/" + topic_of(entity)},
      {"value_template", counts ? "{{ value_json.count }}" : "{{ value_json.state }}"},
      {"availability_topic", prefixes.topic + "/status"},
      {"payload_available", "online"},
      {"payload_not_available", "offline"},
      {"qos", 1},
      {"device",
       {{"identifiers", json::array({camera})},
        {"name", entity.camera},
        {"manufacturer", "Weir"},
        {"model", "Camera"},
        {"sw_version", WEIR_VERSION}}},
      {"origin", {{"name", "weir"}, {"sw_version", WEIR_VERSION}}},
  };
  if (counts) {
    config["state_class"] = "measurement";
  } else {
    config["payload_on"] = "ON";
    config["payload_off"] = "OFF";
    config["device_class"] = kind_name(entity.kind);
  }
  const std::string component = counts ? "sensor" : "binary_sensor";
  return {{}, prefixes.discovery + "/" + component + "/" + camera + "/" + object + "/config", text_of(config), true};
}

}  // namespace weir::notify
