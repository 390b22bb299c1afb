#include "weir/app/terminal.hpp"

#include <cstdio>
#include <string>

namespace weir::app {

void print_error(std::string_view program, const Error& error) {
  // One write, so that lines of two threads cannot mix.
  const std::string line = std::string(program) + ": " + error.line() + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_errors(std::string_view program, std::span<const Error> errors) {
  for (const Error& error : errors) print_error(program, error);
}

}  // namespace weir::app
