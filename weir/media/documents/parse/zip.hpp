// Zip: the files within a ZIP archive that lies in memory, by their names, each bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"

namespace weir::documents {

// Opens the time zone and the character tables (/etc/localtime, /usr/lib/locale/C.utf8, gconv-modules.cache) that
// libarchive needs for names beyond ASCII: once, and before a sandbox. With TZ set no file is looked for afterwards.
void prepare_zip();

// Thread-safety: one thread at a time.  Allocates: yes.  Blocks: never.  Ownership: borrows the archive's bytes.
class Zip {
 public:
  static constexpr std::size_t max_entry_bytes = std::size_t{64} << 20, max_total_bytes = std::size_t{512} << 20;

  // `corrupt`: this is no archive. Of two entries with one name the first is taken; names that lead out of the archive
  // ("../x", "/x", "a\\b") are as if they were not there.
  static Result<Zip> open(std::span<const std::byte> archive, std::string owner);

  bool has(std::string_view name) const { return entries_.contains(name); }
  // `not_found`, `corrupt`, `unsupported`: encrypted; `exhausted`: larger than `most`, or the archive unpacks to more
  // than 512 MiB, or to more than 200 times its size.
  Result<std::string> read(std::string_view name, std::size_t most = max_entry_bytes);

 private:
  struct Entry {
    std::size_t index = 0;
    bool counted = false;  // read before: its bytes are in total_
  };
  Zip(std::span<const std::byte> archive, std::string owner) : archive_(archive), owner_(std::move(owner)) {}

  std::span<const std::byte> archive_;
  std::string owner_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t total_ = 0;
};

// What a relative reference in the archive's file `base` names: percent signs decoded, dots resolved, without query and
// fragment. Nothing: another scheme, an absolute path, a way out of the archive, no valid UTF-8.
std::optional<std::string> resolve(std::string_view base, std::string_view reference);

// Behind the '#', decoded; empty: none.
std::string fragment_of(std::string_view reference);

}  // namespace weir::documents
