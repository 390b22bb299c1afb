// FileBody: a file as the body of an answer, whole or one range of it, read piece by piece.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"

namespace weir::server {

// What a request says about which bytes it wants (RFC 9110, sections 13 and 14); empty where it says nothing.
struct FileConditions {
  std::string if_none_match, range, if_range;
};

// Thread-safety: none.  Allocates: open() and the names.  Blocks: for the disk.  Ownership: closes what it has opened.
class FileBody {
 public:
  // Errors: `not_found` also for what is no plain file, `denied`, `failed`. A symbolic link is not followed.
  static Result<FileBody> open(const std::filesystem::path& path);
  FileBody(FileBody&& other) noexcept;
  FileBody& operator=(FileBody&& other) noexcept;
  ~FileBody();

  std::uint64_t size() const noexcept { return size_; }
  const std::string& etag() const noexcept { return etag_; }  // with its quotes; changes with size and time of change
  const std::string& last_modified() const noexcept { return last_modified_; }

  // Chooses what is sent and returns the status: 200 whole, 206 a range, 304 the client has it, 416 no such range. More
  // than one range, or a unit that is not bytes, gets the whole file, as the standard allows.
  int choose(const FileConditions& conditions);
  std::uint64_t begin() const noexcept { return begin_; }
  std::uint64_t length() const noexcept { return end_ - begin_; }
  // Of a 206 or 416.
  std::string content_range() const;

  // The next bytes of what was chosen; fewer than asked at its end. Error: `failed` when the file became shorter.
  Result<std::size_t> read(std::span<std::byte> into);

 private:
  FileBody() = default;

  int fd_ = -1;
  std::uint64_t size_ = 0, begin_ = 0, end_ = 0, at_ = 0;
  bool satisfiable_ = true;
  std::string etag_, last_modified_;
};

// The value of Content-Disposition for a name in any script; what could end the header or name a folder is replaced.
std::string attachment_header(std::string_view name);

}  // namespace weir::server
