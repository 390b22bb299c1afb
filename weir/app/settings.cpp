#include "weir/app/settings.hpp"

#include <algorithm>
#include <utility>

#include "weir/app/did_you_mean.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/settings_rules.hpp"
#include "weir/app/settings_sources.hpp"
#include "weir/app/settings_value.hpp"
#include "weir/app/source_names.hpp"

namespace weir::app {
namespace {

std::string join(const std::vector<std::string>& parts, std::size_t from = 0) {
  std::string out;
  for (std::size_t i = from; i < parts.size(); ++i) {
    if (i > from) out += '.';
    out += parts[i];
  }
  return out;
}

// "weir.toml:3: detect.fps", "--set / flag: detect.fps".
std::string whose(const Assignment& assignment, const std::string& key) {
  return assignment.origin + ": " + printable(redact(key));
}

// What the environment cannot spell: upper case and '-'.
std::string folded(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::tolower(c)); });
  return out;
}

// A name is taken where something else gives it an address; settings for a camera of that name are meant for it.
std::vector<Assignment> name_addresses(const std::vector<std::string>& addresses, const Settings& file,
                                       const std::vector<Assignment>& environment,
                                       const std::vector<Assignment>& flags) {
  std::vector<std::string> taken;
  for (const std::string& camera : file.cameras()) {
    if (file.own("url", camera)) taken.push_back(camera);
  }
  for (const auto* layer : {&environment, &flags}) {
    for (const Assignment& a : *layer) {
      if (a.path.size() == 3 && a.path[0] == "cameras" && a.path[2] == "url") taken.push_back(a.path[1]);
    }
  }
  std::vector<Assignment> out;
  const std::vector<std::string> names = source_names(addresses, taken);
  for (std::size_t i = 0; i < names.size(); ++i) out.push_back(flag({"cameras", names[i], "url"}, addresses[i]));
  return out;
}

}  // namespace

// Collects assignments, lowest layer first, into a Settings, and every mistake into a list.
class Settings::Loader {
 public:
  explicit Loader(Settings& settings, std::vector<Error>& errors) : settings_(settings), errors_(errors) {}

  void expect_camera(const Assignment& assignment) {
    if (assignment.path.size() < 2 || assignment.path.front() != "cameras") return;
    const std::string& name = assignment.path[1];
    auto& cameras = settings_.cameras_;
    const bool known = std::find(cameras.begin(), cameras.end(), name) != cameras.end();
    if (!known && valid_camera_name(name)) cameras.push_back(name);
  }

  void apply(Assignment assignment) {
    const bool camera = assignment.path.front() == "cameras";
    if (camera && assignment.path.size() >= 2 && !note_camera(assignment)) return;
    const std::string_view name = camera && assignment.path.size() >= 2 ? assignment.path[1] : std::string_view{};
    std::vector<std::string> rest(assignment.path.begin() + (name.empty() ? 0 : 2), assignment.path.end());
    std::string thing;
    if (rest.size() >= 2 && is_named_group(rest[0])) {
      thing = std::exchange(rest[1], "NAME");
      if (!valid_camera_name(thing)) {
        return refuse(assignment, "not a name", "allowed: up to 64 letters, digits, - and _");
      }
    }
    const std::string key_name = join(rest);
    if (is_group(key_name, !name.empty()) || assignment.path == std::vector<std::string>{"cameras"}) {
      // An empty table is a group without entries: nothing to set, and no mistake.
      if (assignment.found != "a table") refuse_group(assignment);
      return;
    }
    const Key* key = find_key(key_name);
    if (!key || (key->scope == Scope::camera && name.empty())) return refuse_unknown(assignment);
    if (key->scope == Scope::global && !name.empty()) {
      return refuse(assignment, "cannot be set for one camera", "set " + std::string(key->name) + " instead");
    }
    store(*key, name, thing, assignment);
  }

 private:
  void refuse(const Assignment& assignment, const char* text, std::string detail) {
    errors_.push_back({Code::invalid, text, whose(assignment, join(assignment.path)), std::move(detail)});
  }

  void refuse_group(const Assignment& assignment) {
    refuse(assignment, "is a group of settings, not a setting",
           assignment.path.front() == "cameras" ? "write [cameras.NAME] and url = \"...\" below it"
                                                : "write [" + join(assignment.path) + "] and its settings below it");
  }

  void refuse_unknown(const Assignment& assignment) {
    std::vector<std::string> known;
    for (const Key& key : schema()) {
      if (key.scope != Scope::camera) known.emplace_back(key.name);
      if (key.scope == Scope::global) continue;
      const bool named = assignment.path.size() >= 2;
      if (named || key.scope == Scope::camera) {
        known.push_back("cameras." + (named ? assignment.path[1] : std::string("NAME")) + '.' + std::string(key.name));
      }
    }
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const std::string_view near = did_you_mean(join(assignment.path), candidates);
    refuse(assignment, "unknown setting",
           near.empty() ? "docs/settings.md lists all of them" : "did you mean " + printable(near) + "?");
  }

  static bool is_named_group(std::string_view name) {
    return std::any_of(schema().begin(), schema().end(), [&](const Key& key) { return named_group_of(key) == name; });
  }

  bool is_group(std::string_view name, bool of_camera) const {
    if (name.empty()) return of_camera;
    return std::any_of(schema().begin(), schema().end(), [&](const Key& key) {
      const bool same = group_of(key) == name || (name.ends_with(".NAME") && key.name.starts_with(name) &&
                                                  key.name.substr(name.size()).starts_with('.'));
      return same && !(of_camera && key.scope == Scope::global);
    });
  }

  // Makes sure that the assignment's camera exists; from the environment its name is matched to a known one.
  bool note_camera(Assignment& assignment) {
    std::string& name = assignment.path[1];
    auto& cameras = settings_.cameras_;
    if (assignment.layer == Layer::environment) {
      const auto known = std::find_if(cameras.begin(), cameras.end(),
                                      [&](const std::string& camera) { return folded(camera) == folded(name); });
      if (known != cameras.end()) name = *known;
    }
    if (!valid_camera_name(name)) {
      refuse(assignment, "not a camera's name", "allowed: up to 64 letters, digits, - and _");
      return false;
    }
    expect_camera(assignment);
    return true;
  }

  void store(const Key& key, std::string_view camera, const std::string& thing, const Assignment& assignment) {
    if (!assignment.written || (assignment.array && key.type != Type::list && key.type != Type::points)) {
      return refuse(assignment, "wrong type", "found " + assignment.found + ", allowed: " + describe_allowed(key));
    }
    const auto value = assignment.text ? parse_value(key, std::get<std::string>(*assignment.written))
                                       : check_value(key, *assignment.written);
    if (!value) {
      return refuse(assignment, value.error().what,
                    "found " + value.error().found + ", allowed: " + describe_allowed(key));
    }
    const bool global = camera.empty() && thing.empty();
    Entry& entry =
        global ? settings_.globals_[key_index(key)] : settings_.own_[std::string(camera)][Which{key_index(key), thing}];
    entry = Entry{*value, assignment.layer, assignment.origin};
    if (thing.empty()) return;
    auto& names = settings_.names_[std::string(camera) + '/' + std::string(named_group_of(key))];
    if (std::find(names.begin(), names.end(), thing) == names.end()) names.push_back(thing);
  }

  Settings& settings_;
  std::vector<Error>& errors_;
};

Settings::Settings() : read_(std::make_unique<std::atomic<bool>[]>(schema().size())) {
  for (const Key& key : schema()) globals_.push_back({default_value(key)});
}

tl::expected<Settings, std::vector<Error>> Settings::load(const SettingsSources& sources) {
  if (!sources.file) return load_text({}, {}, sources);
  auto text = read_settings_file(*sources.file);
  if (!text) return tl::unexpected(std::vector<Error>{text.error()});
  return load_text(*text, sources.file->string(), sources);
}

tl::expected<Settings, std::vector<Error>> Settings::load_text(std::string_view toml, std::string_view name,
                                                               const SettingsSources& sources) {
  std::vector<Error> errors;
  Settings settings;
  Loader loader(settings, errors);
  for (Assignment& assignment : read_toml(toml, name, errors)) loader.apply(std::move(assignment));
  std::vector<Assignment> later = read_environment(sources.environment);
  std::vector<Assignment> flags = sources.flags;
  for (Assignment& unnamed : name_addresses(sources.addresses, settings, later, flags))
    flags.push_back(std::move(unnamed));
  // A camera that only a flag creates must be known when the environment's spelling of its name is matched.
  for (const Assignment& given : flags) loader.expect_camera(given);
  for (Assignment& assignment : later) loader.apply(std::move(assignment));
  for (Assignment& given : flags) loader.apply(std::move(given));
  // Combinations are judged only when every single value is sound.
  if (errors.empty()) check_combinations(settings, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  // The checks above are no readers.
  for (std::size_t i = 0; i < schema().size(); ++i) settings.read_[i].store(false, std::memory_order_relaxed);
  return settings;
}

const Settings::Entry& Settings::entry(const Key& key, std::string_view camera, std::string_view name) const {
  const Which which{key_index(key), std::string(name)};
  for (const std::string_view owner : {camera, std::string_view{}}) {
    const auto own = own_.find(owner);
    if (own == own_.end()) continue;
    const auto found = own->second.find(which);
    if (found != own->second.end()) return found->second;
  }
  return globals_[key_index(key)];
}

std::vector<std::string> Settings::names(std::string_view group, std::string_view camera) const {
  std::vector<std::string> out;
  for (const std::string_view owner : {std::string_view{}, camera}) {
    const auto found = names_.find(std::string(owner) + '/' + std::string(group));
    if (found == names_.end()) continue;
    for (const std::string& name : found->second) {
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
  }
  return out;
}

bool Settings::own_name(std::string_view group, std::string_view camera, std::string_view name) const {
  const auto found = names_.find(std::string(camera) + '/' + std::string(group));
  return found != names_.end() && std::find(found->second.begin(), found->second.end(), name) != found->second.end();
}

const Value& Settings::read(std::string_view key_name, Type type, std::string_view camera,
                            std::string_view name) const {
  const Key* key = find_key(key_name);
  const bool is_text = key && (key->type == Type::choice || key->type == Type::secret || key->type == Type::list ||
                               key->type == Type::points);
  if (!key || (key->type != type && !(type == Type::text && is_text))) {
    fatal("the program reads a setting that the schema does not have", key_name);
  }
  read_[key_index(*key)].store(true, std::memory_order_relaxed);
  return entry(*key, camera, name).value;
}

bool Settings::boolean(std::string_view key, std::string_view camera) const {
  return std::get<bool>(read(key, Type::boolean, camera));
}
std::int64_t Settings::integer(std::string_view key, std::string_view camera) const {
  return std::get<std::int64_t>(read(key, Type::integer, camera));
}
double Settings::number(std::string_view key, std::string_view camera, std::string_view name) const {
  return std::get<double>(read(key, Type::number, camera, name));
}
std::uint64_t Settings::bytes(std::string_view key, std::string_view camera) const {
  return static_cast<std::uint64_t>(std::get<std::int64_t>(read(key, Type::bytes, camera)));
}
const std::string& Settings::text(std::string_view key, std::string_view camera, std::string_view name) const {
  return std::get<std::string>(read(key, Type::text, camera, name));
}

Layer Settings::layer(std::string_view name, std::string_view camera) const {
  const Key* key = find_key(name);
  if (!key) fatal("the program asks for the origin of a setting that the schema does not have", name);
  return entry(*key, camera).layer;
}

const std::string& Settings::origin(std::string_view name, std::string_view camera) const {
  const Key* key = find_key(name);
  if (!key) fatal("the program asks for the origin of a setting that the schema does not have", name);
  return entry(*key, camera).origin;
}

bool Settings::own(std::string_view name, std::string_view camera) const {
  const Key* key = find_key(name);
  const auto found = camera.empty() ? own_.end() : own_.find(camera);
  return key && found != own_.end() && found->second.contains(Which{key_index(*key)});
}

std::vector<SettingShown> Settings::show() const {
  std::vector<SettingShown> out;
  const auto add = [&](const Key& key, std::string name, const Entry& entry) {
    const std::string value = to_text(entry.value);
    const bool hide = key.type == Type::secret && !value.empty();
    out.push_back({std::move(name), hide ? "***" : redact(value), entry.origin});
  };
  // Of what people name, only what somebody wrote; it has no defaults of its own.
  const auto add_named = [&](const std::string& camera) {
    const auto own = own_.find(camera);
    if (own == own_.end()) return;
    const std::string prefix = camera.empty() ? "" : "cameras." + camera + '.';
    for (const auto& [which, entry] : own->second) {
      if (which.name.empty()) continue;
      const Key& key = schema()[which.key];
      const std::string_view group = named_group_of(key);
      add(key, prefix + std::string(group) + '.' + which.name + std::string(key.name.substr(group.size() + 5)), entry);
    }
  };
  for (const Key& key : schema()) {
    if (key.scope != Scope::camera && named_group_of(key).empty()) {
      add(key, std::string(key.name), globals_[key_index(key)]);
    }
  }
  add_named("");
  for (const std::string& camera : cameras_) {
    for (const Key& key : schema()) {
      if (key.scope == Scope::camera || own(key.name, camera)) {
        add(key, "cameras." + camera + '.' + std::string(key.name), entry(key, camera));
      }
    }
    add_named(camera);
  }
  return out;
}

std::vector<std::string_view> Settings::unread() const {
  std::vector<std::string_view> out;
  for (const Key& key : schema()) {
    if (!read_[key_index(key)].load(std::memory_order_relaxed)) out.push_back(key.name);
  }
  return out;
}

Result<Assignment> parse_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail(Code::invalid, "must be KEY=VALUE, for example detect.fps=2", "--set " + printable(redact(text)));
  }
  Assignment assignment;
  const std::string_view key = text.substr(0, equals);
  for (std::size_t start = 0;;) {
    const std::size_t end = key.find('.', start);
    assignment.path.emplace_back(key.substr(start, end - start));
    if (end == std::string_view::npos) break;
    start = end + 1;
  }
  assignment.written = Value{std::string(text.substr(equals + 1))};
  assignment.text = true;
  return assignment;
}

Assignment flag(std::vector<std::string> path, std::string value) {
  Assignment assignment{std::move(path)};
  assignment.written = Value{std::move(value)};
  assignment.text = true;
  return assignment;
}

}  // namespace weir::app
