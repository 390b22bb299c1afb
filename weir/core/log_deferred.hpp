// Events logged inside a hot path, put aside until its scope has ended. For log.cpp and hot_path.cpp only.
#pragma once

#include <string_view>

#include "weir/core/log.hpp"

namespace weir::detail {

// Neither allocates nor blocks.
void defer_log(Level level, std::string_view owner, std::string_view text) noexcept;

// For the calling thread.
bool logs_deferred() noexcept;
void emit_deferred_logs() noexcept;

#if defined(WEIR_TEST_HOOKS)
// So that tests can see what a release does; true at the start.
void set_log_in_hot_path_fatal(bool fatal) noexcept;
#endif

}  // namespace weir::detail
