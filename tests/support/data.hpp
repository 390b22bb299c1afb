// Real input for tests: files that are shared between checkouts and never committed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace weir::test {

// A shared input file or directory, or nothing where this machine has none; then the test says so and skips:
//   const auto clip = weir::test::data("video/car-detection.mp4");
//   if (!clip) GTEST_SKIP() << weir::test::no_data("video/car-detection.mp4");
// Looked for under $WEIR_TEST_DATA, else under ../shared/data seen from the project's root.
// Thread-safety: any thread.  Allocates: yes.  Blocks: file system.  Ownership: none.
std::optional<std::filesystem::path> data(std::string_view relative);

// The line a test prints when its input is absent.
std::string no_data(std::string_view relative);

}  // namespace weir::test
