// From what somebody wrote to a checked value of a key's type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "weir/app/schema.hpp"

namespace weir::app {

// Points as `points` are written: "0.1,0.2 0.5,0.2". Empty: not that.
struct SettingPoint {
  double x = 0, y = 0;
};
std::optional<std::vector<SettingPoint>> parse_points(std::string_view text);
// The parts of a `list`, without the spaces around them.
std::vector<std::string> parse_list(std::string_view text);

// Why a value was refused: "wrong type" or "out of range", and what was found instead.
struct Refusal {
  const char* what;
  std::string found;
};

// From text, as in the environment and after --set.
tl::expected<Value, Refusal> parse_value(const Key& key, std::string_view text);
// From a typed value, as in a file. Whole numbers do for numbers, text and numbers for bytes.
tl::expected<Value, Refusal> check_value(const Key& key, const Value& written);

// "256MB" (10^6), "256MiB" (2^20), "1024", also with k, M, G, T alone; nothing below 0 or above 2^62.
std::optional<std::int64_t> parse_bytes(std::string_view text);

}  // namespace weir::app
