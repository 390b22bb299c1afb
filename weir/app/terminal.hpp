// What all of weir's programs say in the same way: errors, one line each, and how they end.
#pragma once

#include <span>
#include <string_view>

#include "weir/core/result.hpp"

namespace weir::app {

namespace exit_status {
constexpr int done = 0;
constexpr int failed = 1;
constexpr int usage = 2;  // also settings
}  // namespace exit_status

// "weir watch: front: refused (…)" on stderr.
void print_error(std::string_view program, const Error& error);
void print_errors(std::string_view program, std::span<const Error> errors);

}  // namespace weir::app
