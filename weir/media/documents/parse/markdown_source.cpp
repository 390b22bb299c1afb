#include "weir/media/documents/parse/markdown_source.hpp"

#include <algorithm>

namespace weir::documents {
namespace {

constexpr std::size_t long_segment_bytes = 64 << 10, most_front_bytes = 64 << 10, most_definition_bytes = 64 << 10;

std::size_t line_end(std::string_view text, std::size_t begin) {
  const std::size_t end = text.find('\n', begin);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Without the up to three blanks that mean nothing; nothing if there are more, which make it code.
std::string_view unindented(std::string_view line) {
  std::size_t blanks = 0;
  while (blanks < line.size() && line[blanks] == ' ') ++blanks;
  return blanks <= 3 ? line.substr(blanks) : std::string_view();
}

std::size_t run(std::string_view line, char c) { return std::min(line.find_first_not_of(c), line.size()); }

bool is_heading(std::string_view line) {
  const std::size_t marks = run(line, '#');
  return (marks == 1 || marks == 2) && (marks == line.size() || line[marks] == ' ' || line[marks] == '\t' ||
                                        line[marks] == '\r' || line[marks] == '\n');
}

bool is_underline(std::string_view line) {
  line = trimmed(line);
  return !line.empty() && (line[0] == '=' || line[0] == '-') && run(line, line[0]) == line.size();
}

// Its underline would not make a heading of it.
bool is_no_paragraph(std::string_view line) {
  if (line.empty() || line[0] == '>' || line[0] == '#' || line[0] == '|' || line[0] == '<' || line[0] == '[')
    return true;
  const bool bullet = (line[0] == '-' || line[0] == '+' || line[0] == '*') && line.size() > 1 && line[1] == ' ';
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const bool number = digits > 0 && digits + 1 < line.size() && (line[digits] == '.' || line[digits] == ')');
  return bullet || number;
}

// "title: A Book" of a line; nothing if it is of another key.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ':') return std::nullopt;
  std::string_view value = trimmed(line.substr(key.size() + 1));
  if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

}  // namespace

std::size_t read_front_matter(std::string_view text, Info& info) {
  if (trimmed(text.substr(0, line_end(text, 0))) != "---" || !text.starts_with("---")) return 0;
  Info found = info;
  bool author_follows = false;
  for (std::size_t begin = line_end(text, 0); begin < std::min(text.size(), most_front_bytes);) {
    const std::size_t end = line_end(text, begin);
    const std::string_view line = text.substr(begin, end - begin), bare = trimmed(line);
    if (bare == "---" || bare == "...") {
      info = found;
      return end;
    }
    if (author_follows && bare.starts_with("- ")) found.author = trimmed(bare.substr(2));
    author_follows = false;
    if (auto v = value_of(line, "title"); v && !v->empty()) found.title = *v;
    if (auto v = value_of(line, "author")) {
      found.author = *v;
      author_follows = v->empty();
    }
    for (const std::string_view key : {"lang", "language"}) {
      if (auto v = value_of(line, key)) found.language = *v;
    }
    begin = end;
  }
  return 0;
}

Segment segment_at(std::string_view text, std::size_t begin) {
  Segment segment{begin, text.size(), begin};
  std::size_t fence = 0, paragraph = 0, paragraph_lines = 0;
  char fence_mark = 0;
  bool blank_before = false;
  for (std::size_t at = begin; at < text.size();) {
    const std::size_t end = line_end(text, at);
    const std::string_view line = unindented(text.substr(at, end - at)), bare = trimmed(text.substr(at, end - at));
    const std::size_t marks = line.empty() ? 0 : run(line, line[0]);
    const bool is_fence = !line.empty() && (line[0] == '`' || line[0] == '~') && marks >= 3;
    if (fence > 0) {
      if (is_fence && line[0] == fence_mark && marks >= fence && trimmed(line).size() == marks) fence = 0;
    } else if (is_fence) {
      fence = marks;
      fence_mark = line[0];
      paragraph_lines = 0;
    } else if (is_heading(line)) {
      if (at == begin) {
        segment.heading_end = end;
      } else {
        segment.end = at;
        return segment;
      }
      paragraph_lines = 0;
    } else if (bare.empty()) {
      paragraph_lines = 0;
    } else if (paragraph_lines > 0 && is_underline(line)) {
      if (paragraph == begin) {
        segment.heading_end = end;
      } else {
        segment.end = paragraph;
        return segment;
      }
      paragraph_lines = 0;
    } else if (paragraph_lines > 0) {
      ++paragraph_lines;
    } else if (!line.empty() && (at == begin || blank_before) && !is_no_paragraph(line)) {
      paragraph = at;
      paragraph_lines = 1;
    }
    const bool outside = fence == 0 && blank_before && !line.empty() && !bare.empty() && line.size() == end - at;
    if (outside && at - begin > long_segment_bytes) {
      segment.end = at;
      return segment;
    }
    blank_before = bare.empty();
    at = end;
  }
  return segment;
}

std::string definitions_of(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find("]:"); at != std::string_view::npos; at = text.find("]:", at + 2)) {
    const std::size_t before = text.rfind('\n', at), begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view line = text.substr(begin, line_end(text, begin) - begin);
    const std::string_view bare = unindented(line);
    if (!bare.starts_with('[') || bare.starts_with("[^") || bare.find(']') + 1 != bare.find("]:") + 1) continue;
    if (out.size() + line.size() > most_definition_bytes) break;
    out += '\n';
    out += trimmed(line);
    out += '\n';
  }
  return out;
}

}  // namespace weir::documents
