#include "weir/app/settings_value.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

template <class T>
std::optional<T> whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string quoted(std::string_view text) { return '"' + printable(redact(text)) + '"'; }

const char* kind(const Value& value) {
  if (std::holds_alternative<bool>(value)) return "the truth value ";
  if (std::holds_alternative<std::string>(value)) return "the text ";
  return "the number ";
}

tl::unexpected<Refusal> wrong_type(const Value& written) {
  const std::string* text = std::get_if<std::string>(&written);
  return tl::unexpected(Refusal{"wrong type", kind(written) + (text ? quoted(*text) : to_text(written))});
}
tl::unexpected<Refusal> out_of_range(const Value& written) {
  const std::string* text = std::get_if<std::string>(&written);
  return tl::unexpected(Refusal{"out of range", text ? quoted(*text) : to_text(written)});
}

bool inside(const Key& key, double value) { return value >= key.min && value <= key.max; }

tl::expected<Value, Refusal> check_text(const Key& key, const std::string& text, const Value& written) {
  if (key.type == Type::choice) {
    for (std::string_view choice : choices_of(key)) {
      if (choice == text) return Value{text};
    }
    return tl::unexpected(Refusal{"not one of the choices", quoted(text)});
  }
  if (!inside(key, static_cast<double>(text.size()))) {
    return tl::unexpected(Refusal{"out of range", "text of " + std::to_string(text.size()) + " characters"});
  }
  // A control character or a NUL would cut the value short, or break the line that shows it.
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return out_of_range(written);
  }
  return Value{text};
}

tl::expected<Value, Refusal> check_points(const Key& key, const std::string& text, const Value& written) {
  const auto points = parse_points(text);
  if (!points) return wrong_type(written);
  if (!inside(key, static_cast<double>(points->size()))) {
    return tl::unexpected(Refusal{"out of range", std::to_string(points->size()) + " points"});
  }
  for (const SettingPoint& point : *points) {
    // Not the other way round: NaN is inside no range.
    if (!(point.x >= 0 && point.x <= 1 && point.y >= 0 && point.y <= 1)) return out_of_range(written);
  }
  return Value{text};
}

tl::expected<Value, Refusal> check_list(const Key& key, const std::string& text, const Value& written) {
  const auto parts = parse_list(text);
  if (!inside(key, static_cast<double>(parts.size()))) {
    return tl::unexpected(Refusal{"out of range", std::to_string(parts.size()) + " texts"});
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return out_of_range(written);
  }
  return Value{text};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Calls `each` with every part between separators; stops when it says false.
template <class Each>
bool split(std::string_view text, char separator, Each each) {
  for (;;) {
    const std::size_t end = text.find(separator);
    if (!each(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::vector<SettingPoint>> parse_points(std::string_view text) {
  std::vector<SettingPoint> points;
  const bool all = split(trimmed(text), ' ', [&](std::string_view part) {
    if (part.empty()) return true;
    const std::size_t comma = part.find(',');
    if (comma == std::string_view::npos) return false;
    const auto x = whole<double>(part.substr(0, comma)), y = whole<double>(part.substr(comma + 1));
    if (!x || !y) return false;
    points.push_back({*x, *y});
    return true;
  });
  if (!all) return std::nullopt;
  return points;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> parts;
  split(text, ',', [&](std::string_view part) {
    if (!trimmed(part).empty()) parts.emplace_back(trimmed(part));
    return true;
  });
  return parts;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const auto count = whole<std::int64_t>(text.substr(0, digits));
  if (!count) return std::nullopt;
  std::string_view unit = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  struct Unit {
    std::string_view name;
    std::int64_t factor;
  };
  static constexpr std::array units = {
      Unit{"", 1},
      Unit{"B", 1},
      Unit{"k", 1'000},
      Unit{"kB", 1'000},
      Unit{"KB", 1'000},
      Unit{"KiB", 1LL << 10},
      Unit{"M", 1'000'000},
      Unit{"MB", 1'000'000},
      Unit{"MiB", 1LL << 20},
      Unit{"G", 1'000'000'000},
      Unit{"GB", 1'000'000'000},
      Unit{"GiB", 1LL << 30},
      Unit{"T", 1'000'000'000'000},
      Unit{"TB", 1'000'000'000'000},
      Unit{"TiB", 1LL << 40},
  };
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    if (*count > (std::int64_t{1} << 62) / known.factor) return std::nullopt;
    return *count * known.factor;
  }
  return std::nullopt;
}

tl::expected<Value, Refusal> parse_value(const Key& key, std::string_view text) {
  const Value written{std::string(text)};
  switch (key.type) {
    case Type::boolean:
      if (text == "true") return Value{true};
      if (text == "false") return Value{false};
      return wrong_type(written);
    case Type::integer:
      if (const auto value = whole<std::int64_t>(text)) return check_value(key, Value{*value});
      return wrong_type(written);
    case Type::number:
      if (const auto value = whole<double>(text)) return check_value(key, Value{*value});
      return wrong_type(written);
    case Type::bytes:
    case Type::text:
    case Type::secret:
    case Type::list:
    case Type::points:
    case Type::choice: return check_value(key, written);
  }
  return wrong_type(written);
}

tl::expected<Value, Refusal> check_value(const Key& key, const Value& written) {
  const auto* truth = std::get_if<bool>(&written);
  const auto* integer = std::get_if<std::int64_t>(&written);
  const auto* number = std::get_if<double>(&written);
  const auto* text = std::get_if<std::string>(&written);
  switch (key.type) {
    case Type::boolean:
      if (truth) return written;
      break;
    case Type::integer:
      if (!integer) break;
      return inside(key, static_cast<double>(*integer)) ? tl::expected<Value, Refusal>(written) : out_of_range(written);
    case Type::number: {
      if (!integer && !number) break;
      const double value = integer ? static_cast<double>(*integer) : *number;
      // NaN is inside no range: it fails the comparison.
      return inside(key, value) ? tl::expected<Value, Refusal>(Value{value}) : out_of_range(written);
    }
    case Type::bytes: {
      const auto size = integer ? std::optional(*integer) : text ? parse_bytes(*text) : std::nullopt;
      if (!size) break;
      return inside(key, static_cast<double>(*size)) ? tl::expected<Value, Refusal>(Value{*size})
                                                     : out_of_range(written);
    }
    case Type::list:
      if (text) return check_list(key, *text, written);
      break;
    case Type::points:
      if (text) return check_points(key, *text, written);
      break;
    case Type::text:
    case Type::secret:
    case Type::choice:
      if (text) return check_text(key, *text, written);
      break;
  }
  return wrong_type(written);
}

}  // namespace weir::app
