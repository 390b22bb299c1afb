#include "weir/app/drawn_toml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "weir/app/output_file.hpp"
#include "weir/app/settings.hpp"
#include "weir/app/settings_sources.hpp"
#include "weir/app/watch_settings.hpp"

namespace weir::app {
namespace {

using watch::DrawnOptions;
using watch::Point;

// One thing with a name, as its lines in the file.
struct Thing {
  std::string group, name;
  std::vector<std::pair<std::string, std::string>> values;  // key and value; a value that is the default is left out
  bool operator==(const Thing&) const = default;
};

std::string number(double value) {
  std::array<char, 32> buffer{};
  // A ten-thousandth of the picture is less than a pixel.
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::round(value * 1e4) / 1e4).ptr;
  return {buffer.data(), end};
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string key_part(const std::string& text) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '_';
  });
  return bare ? text : in_quotes(text);
}

std::string points_value(const std::vector<Point>& points) {
  std::string out = "[";
  for (const Point& point : points) {
    out += (out.size() > 1 ? ", [" : "[") + number(point.x) + ", " + number(point.y) + "]";
  }
  return out + "]";
}

std::string list_value(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + in_quotes(text);
  return out + "]";
}

std::vector<Thing> things_of(const DrawnOptions& drawn) {
  std::vector<Thing> out;
  for (const auto& zone : drawn.zones) {
    Thing& thing = out.emplace_back(Thing{"zones", zone.name, {{"points", points_value(zone.points)}}});
    if (!zone.classes.empty()) thing.values.emplace_back("classes", list_value(zone.classes));
    if (zone.dwell.count() != 0) thing.values.emplace_back("dwell_s", number(zone.dwell.count()));
  }
  for (const auto& line : drawn.lines) {
    Thing& thing = out.emplace_back(Thing{"lines", line.name, {{"points", points_value({line.from, line.to})}}});
    if (!line.classes.empty()) thing.values.emplace_back("classes", list_value(line.classes));
  }
  for (const auto& mask : drawn.masks) {
    out.push_back(Thing{"masks", mask.name, {{"points", points_value(mask.points)}}});
  }
  return out;
}

std::string text_of(std::string_view camera, const Thing& thing) {
  std::string out =
      "[cameras." + key_part(std::string(camera)) + '.' + thing.group + '.' + key_part(thing.name) + "]\n";
  for (const auto& [key, value] : thing.values) out += key + " = " + value + '\n';
  return out;
}

// The parts of a dotted key, without its quotes; empty where it is none.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  const auto blank = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  };
  for (;;) {
    blank();
    std::string part;
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
      const char quote = text[at++];
      while (at < text.size() && text[at] != quote) {
        if (quote == '"' && text[at] == '\\' && at + 1 < text.size()) ++at;
        part += text[at++];
      }
      if (at++ >= text.size()) return {};
    } else {
      while (at < text.size() && text[at] != '.' && text[at] != ' ' && text[at] != '\t') part += text[at++];
    }
    if (part.empty()) return {};
    parts.push_back(std::move(part));
    blank();
    if (at >= text.size()) return parts;
    if (text[at++] != '.') return {};
  }
}

// Behind the string that begins at `at`, of any of TOML's four kinds.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view three = text.substr(at, 3);
  const bool is_long = three == "\"\"\"" || three == "'''";
  const std::string_view close = is_long ? three : text.substr(at, 1);
  at += close.size();
  while (at < text.size() && text.substr(at, close.size()) != close) at += quote == '"' && text[at] == '\\' ? 2 : 1;
  return std::min(at + close.size(), text.size());
}

// Walks over a value from `at`, over strings, comments and brackets, to the end of its line.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '#') {
      while (at < text.size() && text[at] != '\n') ++at;
      if (at < text.size() && depth == 0) return at + 1;
    } else if (c == '"' || c == '\'') {
      at = end_of_string(text, at) - 1;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == '\n' && depth <= 0) {
      return at + 1;
    }
  }
  return text.size();
}

// A stretch of the file: a header's line, a key with its value, or a line that is neither.
struct Piece {
  enum class Kind { header, key, other } kind = Kind::other;
  std::string text;
  std::vector<std::string> path;  // header, key
};

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t line_end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, line_end - at);
    const std::size_t first = line.find_first_not_of(" \t");
    const char c = first == std::string_view::npos ? '\n' : line[first];
    if (c == '[' && line.substr(first, 2) != "[[") {
      std::vector<std::string> path;
      // The bracket that ends a header is the last before a comment; names with brackets in quotes are left alone.
      const std::size_t close = line.find(']', first);
      if (close != std::string_view::npos) path = parts_of(line.substr(first + 1, close - first - 1));
      out.push_back({Piece::Kind::header, std::string(line), std::move(path)});
      at = line_end;
    } else if (c == '[') {
      out.push_back({Piece::Kind::header, std::string(line), {}});
      at = line_end;
    } else if (c != '\n' && c != '\r' && c != '#' && line.find('=') != std::string_view::npos) {
      const std::size_t equals = line.find('=');
      const std::size_t end = end_of_value(text, at + equals + 1);
      out.push_back({Piece::Kind::key, std::string(text.substr(at, end - at)), parts_of(line.substr(0, equals))});
      at = end;
    } else {
      out.push_back({Piece::Kind::other, std::string(line), {}});
      at = line_end;
    }
  }
  return out;
}

// The comments of a piece, a line each: behind a header or a value, and between the lines of a long one.
std::string comments_of(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '#') {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      out += text.substr(at, text.find_last_not_of("\r\n", end) - at + 1);
      out += '\n';
      at = end;
    } else if (text[at] == '"' || text[at] == '\'') {
      at = end_of_string(text, at) - 1;
    }
  }
  return out;
}

struct Exchange {
  std::string camera;
  std::vector<Thing> wanted, before;
  std::string out;
  std::size_t last_of_camera = std::string::npos;  // in `out`: behind the camera's last line

  static bool is_ours(const std::string& key) { return key == "points" || key == "classes" || key == "dwell_s"; }

  void run(std::string_view toml) {
    enum class Table { kept, changed, gone } table = Table::kept;  // that the pieces belong to
    bool of_camera = false;
    for (const Piece& piece : pieces_of(toml)) {
      if (piece.kind == Piece::Kind::header) {
        const auto& path = piece.path;
        of_camera = path.size() >= 2 && path[0] == "cameras" && path[1] == camera;
        const bool thing =
            of_camera && path.size() == 4 && (path[2] == "zones" || path[2] == "lines" || path[2] == "masks");
        const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const Thing& one) {
          return thing && one.group == path[2] && one.name == path[3];
        });
        const bool same = found != wanted.end() && std::find(before.begin(), before.end(), *found) != before.end();
        table = !thing || same ? Table::kept : found == wanted.end() ? Table::gone : Table::changed;
        out += table == Table::gone ? comments_of(piece.text) : piece.text;
        if (table == Table::changed) write_values(*found);
        if (found != wanted.end()) wanted.erase(found);
      } else if (piece.kind == Piece::Kind::key) {
        const bool ours = piece.path.size() == 1 && is_ours(piece.path[0]);
        // Values were written behind the header; comments beside those that go stay on lines of their own.
        const bool goes = table == Table::gone || (table == Table::changed && ours);
        out += goes ? comments_of(piece.text) : piece.text;
        if (goes) continue;
      } else {
        out += piece.text;
        if (piece.text.find_first_not_of(" \t\r\n") == std::string::npos) continue;  // room between tables
      }
      mark(of_camera);
    }
    std::string fresh;
    for (const Thing& thing : wanted) fresh += '\n' + text_of(camera, thing);
    if (fresh.empty()) return;
    if (last_of_camera == std::string::npos) last_of_camera = out.size();
    if (last_of_camera > 0 && out[last_of_camera - 1] != '\n') fresh.insert(0, "\n");
    out.insert(last_of_camera, fresh);
  }

  void mark(bool of_camera) {
    if (of_camera) last_of_camera = out.size();
  }

  void write_values(const Thing& thing) {
    if (!out.empty() && out.back() != '\n') out += '\n';
    for (const auto& [key, value] : thing.values) out += key + " = " + value + '\n';
  }
};

DrawnOptions sorted(DrawnOptions drawn) {
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  const auto round = [](Point& point) { point = {std::round(point.x * 1e4) / 1e4, std::round(point.y * 1e4) / 1e4}; };
  for (auto& zone : drawn.zones) {
    std::for_each(zone.points.begin(), zone.points.end(), round);
    zone.dwell = watch::Seconds(std::round(zone.dwell.count() * 1e4) / 1e4);
  }
  for (auto& line : drawn.lines) round(line.from), round(line.to);
  for (auto& mask : drawn.masks) std::for_each(mask.points.begin(), mask.points.end(), round);
  std::sort(drawn.zones.begin(), drawn.zones.end(), by_name);
  std::sort(drawn.lines.begin(), drawn.lines.end(), by_name);
  std::sort(drawn.masks.begin(), drawn.masks.end(), by_name);
  return drawn;
}

Result<DrawnOptions> drawn_in(std::string_view toml, std::string_view camera) {
  const auto settings = Settings::load_text(toml, "settings");
  if (!settings) return tl::unexpected(settings.error().front());
  return drawn_options(*settings, std::string(camera));
}

}  // namespace

std::string drawn_toml(std::string_view camera, const DrawnOptions& drawn) {
  std::string out;
  for (const Thing& thing : things_of(drawn)) out += (out.empty() ? "" : "\n") + text_of(camera, thing);
  return out;
}

Result<void> check_drawn(std::string_view camera, const DrawnOptions& drawn) {
  const std::string header = "[cameras." + key_part(std::string(camera)) + "]\nurl = \"demo:street\"\n\n";
  const auto read = drawn_in(header + drawn_toml(camera, drawn), camera);
  if (!read) return tl::unexpected(read.error());
  // The same name twice would be one table twice, which is no TOML; what is left is what cannot be written down.
  if (sorted(*read) != sorted(drawn)) return fail(Code::invalid, "cannot be written as settings", std::string(camera));
  return {};
}

Result<std::string> exchange_drawn(std::string_view toml, std::string_view camera, const DrawnOptions& drawn) {
  if (auto good = check_drawn(camera, drawn); !good) return tl::unexpected(good.error());
  // What holds for all cameras stays there.
  const auto settings = Settings::load_text(toml, "settings");
  if (!settings) return tl::unexpected(settings.error().front());
  const DrawnOptions everywhere = sorted(drawn_options(*settings, ""));
  Exchange exchange{
      std::string(camera), things_of(drawn), things_of(sorted(drawn_options(*settings, std::string(camera)))), {}};
  for (const Thing& thing : things_of(everywhere)) std::erase(exchange.wanted, thing);
  exchange.run(toml);
  const auto after = drawn_in(exchange.out, camera);
  if (!after || sorted(*after) != sorted(drawn)) {
    return fail(Code::unsupported,
                "the file says it in a way that cannot be changed line by line: copy the TOML instead",
                std::string(camera));
  }
  return exchange.out;
}

Result<void> save_drawn(const std::filesystem::path& file, std::string_view camera, const DrawnOptions& drawn) {
  // Through a link to the file itself, which would otherwise take the link's place.
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(file, error);
  const auto text = read_settings_file(error ? file : real);
  if (!text) return tl::unexpected(text.error());
  const auto changed = exchange_drawn(*text, camera, drawn);
  if (!changed) return tl::unexpected(changed.error());
  auto out = OutputFile::open(error ? file : real, "--config");
  if (!out) return tl::unexpected(out.error());
  return out->commit(*changed);
}

}  // namespace weir::app
