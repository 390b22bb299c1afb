// WorkersBook: what became of all workers, by id, for the report. Those that are gone count on.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "weir/core/worker/process.hpp"

namespace weir::worker::detail {

// Thread-safety: from any thread.  Allocates: yes, once for each id.  Blocks: a short lock.  Ownership: none.
void book_start(const std::string& id, const std::string& owner, pid_t pid);
void book_sandbox(const std::string& id, std::string sandbox);
void book_end(const std::string& id, pid_t pid, const End& end);
void book_revoked(const std::string& id, std::size_t leases) noexcept;
std::vector<ProcessReport> book_report();

}  // namespace weir::worker::detail
