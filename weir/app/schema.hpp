// The schema: every setting of every flow, in one table. Parsing, checking, defaults, docs/settings.md and the JSON
// schema for editors are all made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::app {

enum class Type {
  boolean,
  integer,
  number,
  bytes,  // an integer, or text such as "256MB"
  text,
  secret,  // text that is shown as ***
  choice,  // one of `choices`
  list,    // texts: an array of them, or one text with commas between
  points,  // corners, as shares of the picture: [[0.1, 0.2], …], or the text "0.1,0.2 0.5,0.2 …"
};

enum class Scope {
  global,  // once for the program
  both,    // global, and under [cameras.NAME] for one camera
  camera,  // under [cameras.NAME] only
};

// A value after checking. `bytes` are integers; `secret`, `choice`, `list` and `points` are text, the last two as
// written after --set.
using Value = std::variant<bool, std::int64_t, double, std::string>;

// One setting.
// Thread-safety: constant data.  Allocates: never.  Blocks: never.  Ownership: static storage.
struct Key {
  std::string_view name;  // "detect.fps"; a camera's own: "url"; of something with a name: "zones.NAME.points"
  Type type;
  Scope scope;
  std::string_view fallback;  // the default, written as after --set; for a required key: empty
  double min, max;            // integer, number, bytes; text and secret: the length; list, points: how many
  std::string_view choices;   // "auto|tcp|udp"
  std::string_view unit;      // for people: "s", "pixels", ""
  std::string_view doc;       // one sentence
  bool required = false;
};

std::span<const Key> schema();

// The key of that name, or nullptr.
const Key* find_key(std::string_view name);
// "zones" for "zones.NAME.points": a group of things that people name; else empty.
std::string_view named_group_of(const Key& key);
// Its place in schema().
std::size_t key_index(const Key& key);

// "detect" for "detect.fps", "" for "url".
std::string_view group_of(const Key& key);
std::vector<std::string_view> choices_of(const Key& key);
// "a number from 0 to 240", "auto, tcp or udp".
std::string describe_allowed(const Key& key);
// The default as a value; empty text for a required key.
Value default_value(const Key& key);
// As one would write it after --set: "256MB" stays bytes ("268435456").
std::string to_text(const Value& value);

}  // namespace weir::app
