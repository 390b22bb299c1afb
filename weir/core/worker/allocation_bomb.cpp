#include "weir/core/worker/allocation_bomb.hpp"

#ifdef WEIR_TEST_HOOKS
#include <sys/mman.h>

#include <csignal>

#include "weir/core/worker/child.hpp"

namespace weir::worker {
namespace {

// By mmap: a handler may interrupt malloc, and what counts for the limit is the same.
void allocate_all(int) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  constexpr std::size_t most = std::size_t{64} << 30;  // sanitizer builds have no limit: not for ever
  for (std::size_t taken = 0; taken < most; taken += piece) {
    if (::mmap(nullptr, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) break;
  }
  out_of_memory();
}

}  // namespace

void allocate_all_on_sigusr1() noexcept { std::signal(SIGUSR1, allocate_all); }

}  // namespace weir::worker
#endif
