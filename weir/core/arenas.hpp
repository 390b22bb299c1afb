// Arenas: the allocator as an instrument. One arena an account; weir's extent hooks write down which addresses each
// arena has, because the allocator's own "resident" counts pages that were never touched.
#pragma once

#include <cstdint>
#include <vector>

#include "weir/core/range_table.hpp"

namespace weir::detail {

constexpr unsigned no_arena = ~0u;

struct ArenaStats {
  std::uint64_t allocated_bytes = 0;  // by the program, now
  std::uint64_t active_bytes = 0;     // pages that hold allocations
  std::uint64_t idle_bytes = 0;       // pages kept though nothing is in them
};

// Makes the main thread's arena, binds it and puts the hooks in place. Called before the first line of any library by
// weir_runtime (`first`); by the first account otherwise. Repeated calls do nothing.
// Thread-safety: the first call before there are threads, or under the accounts' lock.
void start_arenas(bool first = false) noexcept;

// False in sanitizer builds: no jemalloc there; everything below then answers "none".
bool arenas_available() noexcept;
// Whether frees reach the arena at once (`tcache:false`); with a thread cache, blocks change owners unseen.
bool arenas_exact() noexcept;

// The arena that was made for the main thread.
unsigned main_arena() noexcept;
// no_arena on failure.
unsigned create_arena() noexcept;
// The calling thread's arena; binding returns the former one.
unsigned current_arena() noexcept;
unsigned bind_arena(unsigned arena) noexcept;

// Figures are as fresh as the last refresh.
void refresh_arena_stats() noexcept;
ArenaStats arena_stats(unsigned arena) noexcept;
// Gives pages back whose time has come.
void decay_arena(unsigned arena) noexcept;

// Tag: arena index.
void arena_ranges(std::vector<Range>& out);
std::uint64_t arena_ranges_lost_bytes() noexcept;

}  // namespace weir::detail
