// What must hold between settings, and what a few of them mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::app {

class Settings;

// Where a stream comes from, as far as settings must know.
enum class SourceKind { file, network, device, demo, unknown };
SourceKind source_kind(std::string_view url);

// Up to 64 bytes of letters, digits, '-', '_'; letters of any language, as UTF-8.
bool valid_camera_name(std::string_view name);

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const ListenAddress&) const = default;
};
// "127.0.0.1:8080", "localhost:0", "[::1]:8080". Loopback only: nothing yet keeps strangers out.
Result<ListenAddress> parse_listen(std::string_view text);

// Adds an error for every combination that cannot be; each names both keys.
void check_combinations(const Settings& settings, std::vector<Error>& errors);

}  // namespace weir::app
