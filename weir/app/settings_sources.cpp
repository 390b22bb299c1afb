#include "weir/app/settings_sources.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

// Far more than hundreds of cameras need; it bounds what a wrong file can make us read.
constexpr std::size_t max_file_bytes = 1 << 20;
// Each dot of a dotted key is a table inside a table. The parser bounds brackets itself, but not dots, and a document
// that is nested a hundred thousand deep would overflow the stack when it is destroyed.
constexpr std::ptrdiff_t max_dots_in_line = 64;

std::string_view line_of(std::string_view text, std::size_t number) {
  for (std::size_t line = 1; line < number && !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text.substr(0, text.find('\n'));
}

std::string at(std::string_view name, std::size_t line) { return std::string(name) + ':' + std::to_string(line); }

std::size_t first_deep_line(std::string_view text) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t start = line.find_first_not_of(" \t");
    const bool comment = start != std::string_view::npos && line[start] == '#';
    if (!comment && std::count(line.begin(), line.end(), '.') > max_dots_in_line) return number;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return 0;
}

struct Reader {
  std::string_view name;
  std::vector<std::pair<toml::source_position, Assignment>> out;

  void value(const std::vector<std::string>& path, const toml::node& node) {
    Assignment assignment{path};
    assignment.layer = Layer::file;
    assignment.origin = at(name, node.source().begin.line);
    if (const auto* b = node.as_boolean()) assignment.written = Value{b->get()};
    else if (const auto* i = node.as_integer()) assignment.written = Value{i->get()};
    else if (const auto* d = node.as_floating_point()) assignment.written = Value{d->get()};
    else if (const auto* s = node.as_string()) assignment.written = Value{s->get()};
    else if (node.is_table()) assignment.found = "a table";
    else if (node.is_array()) assignment.found = "an array";
    else assignment.found = "a date or time";
    out.emplace_back(node.source().begin, std::move(assignment));
  }

  void table(std::vector<std::string>& path, const toml::table& table) {
    for (const auto& [key, node] : table) {
      path.emplace_back(key.str());
      const toml::table* inner = node.as_table();
      if (inner && !inner->empty()) {
        this->table(path, *inner);
      } else {
        value(path, node);
      }
      path.pop_back();
    }
  }
};

}  // namespace

std::vector<Assignment> read_toml(std::string_view text, std::string_view name, std::vector<Error>& errors) {
  if (const std::size_t line = first_deep_line(text)) {
    errors.push_back({Code::invalid, "nested too deep", at(name, line), "more than 64 dots in one line"});
    return {};
  }
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    const std::size_t line = error.source().begin.line;
    errors.push_back({Code::invalid, "not valid TOML", at(name, line),
                      printable(error.description()) + "; the line is: " + printable(redact(line_of(text, line)))});
    return {};
  }
  Reader reader{name, {}};
  std::vector<std::string> path;
  reader.table(path, parsed.table());
  // The parser keeps tables sorted by name; people expect their cameras in the order in which they wrote them.
  std::stable_sort(reader.out.begin(), reader.out.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Assignment> out;
  for (auto& [position, assignment] : reader.out) out.push_back(std::move(assignment));
  return out;
}

Result<std::string> read_settings_file(const std::filesystem::path& path) {
  constexpr const char* cannot = "cannot read the settings file";
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail(Code::invalid, cannot, path.string(), "is a directory");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(errno == EACCES ? Code::denied : Code::not_found, cannot, path.string(), std::strerror(errno));
  std::string text(max_file_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(Code::failed, cannot, path.string(), std::strerror(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_file_bytes) return fail(Code::invalid, cannot, path.string(), "larger than 1 MiB");
  return text;
}

std::vector<Assignment> read_environment(const std::vector<std::string>& environment) {
  std::vector<Assignment> out;
  for (std::string_view variable : environment) {
    if (!variable.starts_with("WEIR_") || variable.starts_with("WEIR_TEST_")) continue;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    Assignment assignment;
    assignment.layer = Layer::environment;
    assignment.origin = "env:" + printable(name);
    assignment.written = Value{std::string(variable.substr(equals + 1))};
    assignment.text = true;
    std::string rest(name.substr(5));
    std::transform(rest.begin(), rest.end(), rest.begin(), [](unsigned char c) { return std::tolower(c); });
    for (std::size_t start = 0;;) {
      const std::size_t end = rest.find("__", start);
      assignment.path.push_back(rest.substr(start, end - start));
      if (end == std::string::npos) break;
      start = end + 2;
    }
    out.push_back(std::move(assignment));
  }
  return out;
}

}  // namespace weir::app
