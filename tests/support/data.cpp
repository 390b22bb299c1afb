#include "tests/support/data.hpp"

#include <cstdlib>

namespace weir::test {

namespace {

std::filesystem::path root() {
  if (const char* set = std::getenv("WEIR_TEST_DATA"); set != nullptr && *set != '\0') return set;
  return std::filesystem::path(WEIR_SOURCE_DIR) / ".." / "shared" / "data";
}

}  // namespace

std::optional<std::filesystem::path> data(std::string_view relative) {
  const auto path = root() / relative;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return std::filesystem::canonical(path, error);
}

std::string no_data(std::string_view relative) {
  return "no shared input " + (root() / relative).string() + "; set WEIR_TEST_DATA to where it lies";
}

}  // namespace weir::test
