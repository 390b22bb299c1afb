#include "weir/app/settings_docs.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* introduction =
    R"(# Settings

*Made from the schema by `weir config docs`; change `weir/app/schema.cpp`, not this file.*

A flow works without any settings. They come from four places; the later ones win, value by value:

1. the defaults below,
2. a TOML file: `--config FILE`,
3. the environment: `WEIR_` and the key in capitals, with `__` between its parts: `WEIR_DETECT__FPS=2`,
   `WEIR_CAMERAS__FRONT__URL=rtsp://10.0.0.7/front`,
4. the command line: `--set detect.fps=2`, and flags that have a name of their own, such as `--listen`.

What is marked *per camera* can also be set for one camera, which then wins over the global value wherever that
comes from:

```toml
detect.fps = 5

[cameras.front]
url = "rtsp://user:password@10.0.0.7/front"
detect.fps = 2

[cameras.gate]
url = "gate.mp4"
source.loop = true
```

An unknown key, a value of the wrong type or out of range, and settings that cannot be together are errors (exit status
2), also in the environment; only names that begin with `WEIR_TEST_` are left to the tests. `weir config check FILE` finds
them all without starting anything, `weir config show FILE` prints every value with its origin, and
`weir config schema` prints a JSON schema for editors. Sizes are bytes, or text such as `"256MB"` (10^6) and `"256MiB"` (2^20).
)";

std::string shown_name(const Key& key) {
  return (key.scope == Scope::camera ? "cameras.NAME." : "") + std::string(key.name);
}

std::string shown_default(const Key& key) {
  if (key.required) return "(required)";
  return key.fallback.empty() ? "(empty)" : '`' + std::string(key.fallback) + '`';
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

Json json_value(const Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Json property(const Key& key) {
  Json out;
  out["description"] = std::string(key.doc);
  const auto range = [&](const char* least, const char* most) {
    if (key.type == Type::number) {
      out[least] = key.min;
      out[most] = key.max;
    } else {
      out[least] = static_cast<std::int64_t>(key.min);
      out[most] = static_cast<std::int64_t>(key.max);
    }
  };
  switch (key.type) {
    case Type::boolean: out["type"] = "boolean"; break;
    case Type::integer:
      out["type"] = "integer";
      range("minimum", "maximum");
      break;
    case Type::number:
      out["type"] = "number";
      range("minimum", "maximum");
      break;
    case Type::bytes:
      out["type"] = {"integer", "string"};
      range("minimum", "maximum");
      out["pattern"] = "^[0-9]+ ?(B|[kKMGT]B?|[KMGT]iB)?$";
      break;
    case Type::text:
    case Type::secret:
      out["type"] = "string";
      range("minLength", "maxLength");
      break;
    case Type::list:
      out["type"] = {"array", "string"};
      out["items"] = {{"type", "string"}};
      range("minItems", "maxItems");
      break;
    case Type::points:
      out["type"] = {"array", "string"};
      out["items"] = {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}};
      range("minItems", "maxItems");
      break;
    case Type::choice:
      out["type"] = "string";
      for (std::string_view choice : choices_of(key)) out["enum"].push_back(std::string(choice));
      break;
  }
  if (!key.required)
    out["default"] = key.type == Type::bytes ? Json(std::string(key.fallback)) : json_value(default_value(key));
  return out;
}

Json object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}}; }

void put(Json& where, const Key& key) {
  const std::string_view group = group_of(key), named = named_group_of(key);
  Json* properties = &where["properties"];
  if (!named.empty()) {
    Json& things = (*properties)[std::string(named)];
    if (things.is_null()) things = {{"type", "object"}, {"additionalProperties", object()}};
    Json& thing = things["additionalProperties"];
    const std::string name(key.name.substr(named.size() + 6));
    thing["properties"][name] = property(key);
    if (key.required) thing["required"].push_back(name);
    return;
  }
  if (!group.empty()) {
    Json& inner = (*properties)[std::string(group)];
    if (inner.is_null()) inner = object();
    properties = &inner["properties"];
  }
  const std::size_t skip = group.empty() ? 0 : group.size() + 1;
  (*properties)[std::string(key.name.substr(skip))] = property(key);
}

}  // namespace

std::string settings_markdown() {
  std::string out = introduction;
  std::string_view group = "?";
  for (const Key& key : schema()) {
    if (group_of(key) != group) {
      group = group_of(key);
      out += "\n## " + (group.empty() ? "cameras.NAME, and the top of the file" : std::string(group));
      out += "\n\n| key | default | allowed | unit | per camera | meaning |\n|---|---|---|---|---|---|\n";
    }
    out += "| `" + shown_name(key) + "` | " + shown_default(key) + " | " + escaped(describe_allowed(key)) + " | " +
           std::string(key.unit) + " | " +
           (key.scope == Scope::global ? ""
            : key.scope == Scope::both ? "yes"
                                       : "only") +
           " | " + escaped(key.doc) + " |\n";
  }
  return out;
}

std::string settings_json_schema() {
  Json root = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "weir settings"}};
  root.update(object());
  Json camera = object();
  for (const Key& key : schema()) {
    if (key.scope != Scope::camera) put(root, key);
    if (key.scope != Scope::global) put(camera, key);
    if (key.required && named_group_of(key).empty()) camera["required"].push_back(std::string(key.name));
  }
  root["properties"]["cameras"] = {
      {"description", "One table for each camera, by its name."}, {"type", "object"}, {"additionalProperties", camera}};
  return root.dump(2) + '\n';
}

std::string settings_table(const Settings& settings) {
  const auto shown = settings.show();
  std::size_t key_width = 0, value_width = 0;
  for (const SettingShown& one : shown) {
    key_width = std::max(key_width, one.key.size());
    value_width = std::max(value_width, std::min<std::size_t>(one.value.size(), 40));
  }
  std::string out;
  const auto pad = [&](const std::string& text, std::size_t width) {
    out += text + std::string(width > text.size() ? width - text.size() : 0, ' ') + "  ";
  };
  for (const SettingShown& one : shown) {
    pad(one.key, key_width);
    pad(one.value, value_width);
    out += one.origin + '\n';
  }
  return out;
}

std::string settings_json(const Settings& settings) {
  Json out = Json::array();
  for (const SettingShown& one : settings.show()) {
    out.push_back({{"key", one.key}, {"value", one.value}, {"origin", one.origin}});
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace weir::app
