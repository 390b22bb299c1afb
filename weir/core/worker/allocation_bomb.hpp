// A worker that takes all the memory it can get, for tests of what follows. Only in builds with test hooks.
#pragma once

#ifdef WEIR_TEST_HOOKS
namespace weir::worker {

// From now on SIGUSR1 makes this process take memory until it gets no more, and then end as if malloc had failed.
// Thread-safety: call once, early.  Allocates: everything.  Blocks: never.  Ownership: none.
void allocate_all_on_sigusr1() noexcept;

}  // namespace weir::worker
#endif
