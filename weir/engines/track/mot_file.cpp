#include "weir/engines/track/mot_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>

namespace weir::track {

namespace {

constexpr std::size_t least_columns = 6, most_columns = 10;
constexpr double most_coordinate = 1e6, most_id = 1e12, most_label = 1e6, most_confidence = 1e9;

constexpr std::array<const char*, most_columns> column_names = {"frame", "id",         "x",     "y",          "w",
                                                                "h",     "confidence", "class", "visibility", "z"};

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blank = " \t\r";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::optional<double> number(std::string_view text) noexcept {
  text = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// What is wrong with a line: the text says it all, the detail names the column.
struct Complaint {
  const char* text = "";
  std::string detail;
};

using Columns = std::array<double, most_columns>;

std::optional<Complaint> split(std::string_view line, Columns& values, std::size_t& count) {
  count = 0;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find(',', at), line.size());
    if (count == most_columns) return Complaint{"more than ten columns", {}};
    const auto value = number(line.substr(at, end - at));
    if (!value) return Complaint{"not a finite number", column_names[count]};
    values[count++] = *value;
    at = end + 1;
  }
  if (count < least_columns) return Complaint{"fewer than the six columns frame,id,x,y,w,h", {}};
  return std::nullopt;
}

bool is_whole(double value, double least, double most) noexcept {
  return value >= least && value <= most && value == std::floor(value);
}

std::optional<Complaint> check(const Columns& values, std::size_t count) {
  if (!is_whole(values[0], 1, max_mot_frame)) return Complaint{"a frame is a whole number from 1 to 10000000", {}};
  if (!is_whole(values[1], -1, most_id)) return Complaint{"an id is a whole number, or -1", {}};
  for (std::size_t i = 2; i < 6; ++i) {
    if (std::abs(values[i]) > most_coordinate) return Complaint{"beyond 1000000 pixels", column_names[i]};
  }
  if (values[4] < 0 || values[5] < 0) return Complaint{"a box has no negative side", {}};
  if (count > 6 && std::abs(values[6]) > most_confidence) return Complaint{"beyond 1e9", column_names[6]};
  if (count > 7 && !is_whole(values[7], -1, most_label)) return Complaint{"a class is a whole number, or -1", {}};
  return std::nullopt;
}

MotRow row_of(const Columns& values, std::size_t count) noexcept {
  const auto pixels = [&](std::size_t i) { return static_cast<float>(values[i]); };
  MotRow row{.frame = static_cast<std::int64_t>(values[0]),
             .id = static_cast<std::int64_t>(values[1]),
             .box = {pixels(2), pixels(3), pixels(4), pixels(5)}};
  if (count > 6) row.confidence = values[6];
  if (count > 7) row.label = static_cast<int>(values[7]);
  if (count > 8) row.visibility = values[8];
  return row;
}

}  // namespace

Result<std::vector<MotRow>> parse_mot(std::string_view text, std::string_view name) {
  std::vector<MotRow> rows;
  Columns values{};
  std::size_t count = 0, line_number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(text.substr(at, end - at));
    at = end + 1;
    ++line_number;
    if (line.empty()) continue;
    auto complaint = split(line, values, count);
    if (!complaint) complaint = check(values, count);
    if (complaint) {
      return fail(Code::corrupt, complaint->text, std::string(name) + ":" + std::to_string(line_number),
                  std::move(complaint->detail));
    }
    rows.push_back(row_of(values, count));
  }
  return rows;
}

Result<std::vector<MotRow>> read_mot(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  if (!file) return fail(Code::not_found, "cannot be read", path.string(), std::strerror(errno));
  if (std::filesystem::is_directory(path, error))
    return fail(Code::invalid, "is a directory, not a file", path.string());
  std::string text;
  std::array<char, 65536> part{};
  while (file.read(part.data(), part.size()) || file.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_mot_bytes) return fail(Code::exhausted, "larger than 256 MiB", path.string());
  }
  if (file.bad()) return fail(Code::failed, "could not be read to its end", path.string());
  return parse_mot(text, path.string());
}

std::string write_mot(std::span<const MotRow> rows) {
  std::string text;
  std::array<char, 256> line{};
  for (const MotRow& row : rows) {
    const int size = std::snprintf(line.data(), line.size(), "%lld,%lld,%.2f,%.2f,%.2f,%.2f,%.6g,%d,%.6g,-1\n",
                                   static_cast<long long>(row.frame), static_cast<long long>(row.id), row.box.x,
                                   row.box.y, row.box.w, row.box.h, row.confidence, row.label, row.visibility);
    text.append(line.data(), static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace weir::track
