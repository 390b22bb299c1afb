// Responses from a SOFA file (AES69), convention SimpleFreeFieldHRIR.
#pragma once

#include <cstdint>
#include <filesystem>

#include "weir/media/responses/sofa_directions.hpp"

namespace weir::media {

// Where Debian's libmysofa1 keeps its measurement of a dummy head (MIT KEMAR, 44.1 kHz), the default where no file is
// given.
inline constexpr const char* kemar_path = "/usr/share/libmysofa/MIT_KEMAR_normal_pinna.sofa";

inline constexpr std::uint64_t max_sofa_bytes = 128U << 20;  // larger files are refused

// responses_at() of the file. It is read in a worker of its own (weir-worker-sofa), in a sandbox with at most 512 MiB,
// for at most a minute: libmysofa cannot be trusted with bytes that were made to break it.
// `not_found`, `denied`; `corrupt`: no SOFA file, a broken one, or one that its reader did not survive; `unsupported`:
// another convention; `invalid`: too large, no measurement within 20° of a speaker; `failed`: the worker is not there.
// Thread-safety: any thread.  Allocates: the whole file and the result.  Blocks: file system, while the worker works.
// Ownership: none; the worker is gone afterwards.
Result<ResponseSet> read_sofa(const std::filesystem::path& path, const Layout& layout,
                              SofaPick pick = SofaPick::interpolated);

// read_sofa() of the measurement above. `not_found`: it is not installed; the error names the package.
Result<ResponseSet> default_responses(const Layout& layout, SofaPick pick = SofaPick::interpolated);

}  // namespace weir::media
