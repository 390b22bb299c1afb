// Children: processes whose memory is the flow's, for the ledger.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string_view>

namespace weir {

// From now on the private memory of that process belongs to `owner` (an account's name; made if there is none).
// Thread-safety: from any thread.  Allocates: yes.  Blocks: a short lock; unregistering waits for a sample in progress.
// Ownership: names the process, owns nothing; must be taken back before it is reaped, as its number may be used again.
void register_child(std::string_view owner, pid_t pid);
void unregister_child(pid_t pid) noexcept;

namespace detail {
// Under the lock that unregister_child() waits for.
void for_each_child(const std::function<void(unsigned account, pid_t pid)>& visit);
}  // namespace detail

}  // namespace weir
