// A file that is either written whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"

namespace weir::app {

// open() already holds all that is needed to write, so that a wrong path is found before hours of work; commit() puts
// the whole text in place at once. What is no regular file, such as /dev/stdout, is written to directly.
// Thread-safety: one thread.  Allocates: yes.  Blocks: file system.  Ownership: removes its temporary file.
class OutputFile {
 public:
  // `flag` names the argument in errors: "--report".
  static Result<OutputFile> open(const std::filesystem::path& path, std::string_view flag);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Once.
  Result<void> commit(std::string_view text);

 private:
  OutputFile(std::filesystem::path path, std::string flag) : path_(std::move(path)), flag_(std::move(flag)) {}
  std::filesystem::path path_, temporary_;
  std::string flag_;
  int file_ = -1;
};

// Whether a file at `path` can be written, found out by creating or opening it; what is in it stays.
Result<void> check_writable(const std::filesystem::path& path, std::string_view flag);

}  // namespace weir::app
