// smaps: what the kernel says about each mapping of the process, read from its text form.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::detail {

struct Mapping {
  // What the kernel's name for the mapping says about it.
  enum class Kind : std::uint8_t {
    anonymous,  // no name, a name given by prctl, shared memory, devices
    file,       // a file: code and data of libraries, models
    stack,      // the first thread's
    kernel,     // vdso and the like: the kernel's own pages
  };
  std::uintptr_t begin = 0, end = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t pss_bytes = 0;
  Kind kind = Kind::anonymous;
};

// The mappings in `text`, the content of a smaps or maps file, in its order. Lines that it does not know are passed
// over, as newer kernels add some; a mapping's first line that cannot be read is an error.
Result<void> parse_smaps(std::string_view text, std::vector<Mapping>& out);

// /proc/self/smaps. `text` is a buffer to be used again.
Result<void> read_smaps(std::string& text, std::vector<Mapping>& out);
// /proc/self/maps: where the mappings lie, without figures; a tenth of the time.
Result<void> read_maps(std::string& text, std::vector<Mapping>& out);

// The proportional share (PSS) of a whole process.
struct Rollup {
  std::uint64_t private_bytes = 0;  // anonymous: heap, stacks, data of libraries that was written to
  std::uint64_t file_bytes = 0;
  std::uint64_t shared_bytes = 0;  // shared memory
};

// The figures in `text`, the content of a smaps_rollup file. Corrupt: one of them is missing.
Result<Rollup> parse_rollup(std::string_view text);
// /proc/PID/smaps_rollup of a process of this user. Not found: it is gone.
Result<Rollup> read_rollup(pid_t pid, std::string& text);

}  // namespace weir::detail
