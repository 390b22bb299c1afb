// Settings: what flags, environment, file and defaults add up to, each value with its origin, each read noted.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "weir/app/schema.hpp"
#include "weir/core/result.hpp"

namespace weir::app {

// Later ones win.
enum class Layer { fallback, file, environment, flag };

// One value as somebody wrote it, before it is checked.
struct Assignment {
  std::vector<std::string> path;      // {"cameras", "front", "url"}
  std::optional<Value> written = {};  // typed, from a file; empty with `found` for what is no value at all
  bool text = false;                  // `written` is untyped text, from environment or flag
  bool array = false;                 // … that stands for an array of texts or points
  std::string found = {};             // "an array", "a table"
  Layer layer = Layer::flag;
  std::string origin = "flag";  // "flag", "env:WEIR_DETECT__FPS", "weir.toml:3"
};

// Where settings come from.
struct SettingsSources {
  std::optional<std::filesystem::path> file = {};
  std::vector<std::string> environment = {};  // "NAME=value" of the whole process; only WEIR_… is looked at
  std::vector<Assignment> flags = {};
  std::vector<std::string> addresses = {};  // cameras without a name: they get one of their own, see source_names()
};

// One value that is in force, for `weir config show` and the page. Secrets are redacted.
struct SettingShown {
  std::string key;  // "cameras.front.url"
  std::string value;
  std::string origin;  // "default", "weir.toml:3", "env:WEIR_DETECT__FPS", "flag"
};

// Thread-safety: load() from one thread, everything else from any.  Allocates: yes.  Blocks: load() reads one file.
// Ownership: owns everything; movable.
class Settings {
 public:
  // All errors, not only the first: whoever mends one wants to know of the others.
  static tl::expected<Settings, std::vector<Error>> load(const SettingsSources& sources);
  // As load(), with the file's text given and called `name` in origins.
  static tl::expected<Settings, std::vector<Error>> load_text(std::string_view toml, std::string_view name,
                                                              const SettingsSources& sources = {});

  // Names in the order in which they were written down, disabled ones included.
  const std::vector<std::string>& cameras() const { return cameras_; }
  // Names in a group of things that people name, such as "zones": those for all cameras, then the camera's own.
  std::vector<std::string> names(std::string_view group, std::string_view camera) const;
  // That name was given for this very camera.
  bool own_name(std::string_view group, std::string_view camera, std::string_view name) const;

  // The value for a camera where it has its own, else the global one, else the default; of "zones.NAME.points" that of
  // the zone `name`. The key must be in the schema with that type: anything else is a mistake in the program and ends
  // it.
  bool boolean(std::string_view key, std::string_view camera = {}) const;
  std::int64_t integer(std::string_view key, std::string_view camera = {}) const;
  double number(std::string_view key, std::string_view camera = {}, std::string_view name = {}) const;
  std::uint64_t bytes(std::string_view key, std::string_view camera = {}) const;
  const std::string& text(std::string_view key, std::string_view camera = {}, std::string_view name = {}) const;

  Layer layer(std::string_view key, std::string_view camera = {}) const;
  // Who said so: "default", "weir.toml:3", "env:WEIR_DETECT__FPS", "flag".
  const std::string& origin(std::string_view key, std::string_view camera = {}) const;
  // Set for this very camera, not only globally.
  bool own(std::string_view key, std::string_view camera) const;

  // Global values, then each camera's, in the schema's order.
  std::vector<SettingShown> show() const;
  // Keys that nothing has read so far: a setting that nobody obeys.
  std::vector<std::string_view> unread() const;

 private:
  struct Entry {
    Value value;
    Layer layer = Layer::fallback;
    std::string origin = "default";
  };
  class Loader;

  Settings();
  // Which value: the key by its place in the schema, and the name for one in a named group.
  struct Which {
    std::size_t key = 0;
    std::string name = {};
    auto operator<=>(const Which&) const = default;
  };
  const Entry& entry(const Key& key, std::string_view camera, std::string_view name = {}) const;
  const Value& read(std::string_view key_name, Type type, std::string_view camera, std::string_view name = {}) const;

  std::vector<Entry> globals_;                                      // by place in the schema; defaults of named ones
  std::map<std::string, std::map<Which, Entry>, std::less<>> own_;  // by camera; named ones for all: under ""
  std::map<std::string, std::vector<std::string>, std::less<>> names_;  // "front/zones", "/zones", in written order
  std::vector<std::string> cameras_;
  std::unique_ptr<std::atomic<bool>[]> read_;  // by place in the schema
};

// "KEY=VALUE" as given to --set.
Result<Assignment> parse_assignment(std::string_view text);
// The value of a flag of its own, such as --listen.
Assignment flag(std::vector<std::string> path, std::string value);

}  // namespace weir::app
