#include "weir/core/arenas.hpp"

#ifdef WEIR_SANITIZED

namespace weir::detail {

void start_arenas(bool) noexcept {}
bool arenas_available() noexcept { return false; }
bool arenas_exact() noexcept { return false; }
unsigned main_arena() noexcept { return no_arena; }
unsigned create_arena() noexcept { return no_arena; }
unsigned current_arena() noexcept { return no_arena; }
unsigned bind_arena(unsigned) noexcept { return no_arena; }
void refresh_arena_stats() noexcept {}
ArenaStats arena_stats(unsigned) noexcept { return {}; }
void decay_arena(unsigned) noexcept {}
void arena_ranges(std::vector<Range>& out) { out.clear(); }
std::uint64_t arena_ranges_lost_bytes() noexcept { return 0; }

}  // namespace weir::detail

#else

#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#include <jemalloc/jemalloc.h>

#include <cstdlib>
#include <cstring>

#include "weir/core/result.hpp"

namespace weir::detail {
namespace {

// Everything here is ready before any constructor has run: start_arenas() comes first of all.
constinit RangeTable<16384> ranges;
constinit extent_hooks_t* default_hooks = nullptr;
constinit extent_hooks_t hooks{};
constinit bool retains = true;
constinit unsigned main_index = no_arena;
constinit bool started = false;
constinit std::size_t page_bytes = 4096;

template <std::size_t Length>
struct Mib {
  std::size_t part[Length]{};
  std::size_t length = Length;

  void find(const char* name) noexcept {
    if (mallctlnametomib(name, part, &length) != 0) fatal("the allocator does not know a figure", name);
  }
};
constinit Mib<2> thread_arena, epoch;
constinit Mib<3> decay;
constinit Mib<5> small_allocated, large_allocated;
constinit Mib<4> pages_active, pages_dirty, pages_muzzy;

template <class T>
T read_option(const char* name, T fallback) noexcept {
  T value = fallback;
  std::size_t length = sizeof value;
  return mallctl(name, &value, &length, nullptr, 0) == 0 ? value : fallback;
}

std::uintptr_t address(const void* pointer) noexcept { return reinterpret_cast<std::uintptr_t>(pointer); }

void* hooked_alloc(extent_hooks_t*, void* wanted, std::size_t bytes, std::size_t alignment, bool* zero, bool* commit,
                   unsigned arena) noexcept {
  void* const extent = default_hooks->alloc(default_hooks, wanted, bytes, alignment, zero, commit, arena);
  if (extent != nullptr) ranges.insert(address(extent), address(extent) + bytes, arena);
  return extent;
}

bool hooked_dalloc(extent_hooks_t*, void* extent, std::size_t bytes, bool committed, unsigned arena) noexcept {
  if (retains) return default_hooks->dalloc(default_hooks, extent, bytes, committed, arena);
  // Forgotten first: once unmapped, the addresses may be another arena's before this call returns.
  ranges.erase(address(extent), address(extent) + bytes);
  const bool kept = default_hooks->dalloc(default_hooks, extent, bytes, committed, arena);
  if (kept) ranges.insert(address(extent), address(extent) + bytes, arena);
  return kept;
}

void hooked_destroy(extent_hooks_t*, void* extent, std::size_t bytes, bool committed, unsigned arena) noexcept {
  ranges.erase(address(extent), address(extent) + bytes);
  default_hooks->destroy(default_hooks, extent, bytes, committed, arena);
}

// What the allocator mapped before the hooks were in place: its first metadata and arena 0's first extents. They lie in
// one or two large anonymous mappings, told from libraries' data by the loader's list and, when other threads may have
// mappings too, by holding blocks that were allocated just now.
class EarlyMappings {
 public:
  void adopt(bool alone) noexcept {
    if (!alone) probe();
    const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    char text[4096];
    char line[512];
    std::size_t used = 0;
    bool overlong = false;
    for (ssize_t got; (got = ::read(file, text, sizeof text)) > 0;) {
      for (ssize_t i = 0; i < got; ++i) {
        if (text[i] == '\n') {
          line[used] = '\0';
          if (!overlong) consider(line, alone);
          used = 0;
          overlong = false;
        } else if (used + 1 < sizeof line) {
          line[used++] = text[i];
        } else {
          overlong = true;
        }
      }
    }
    ::close(file);
    for (void* block : probes_) std::free(block);
  }

 private:
  void probe() noexcept {
    std::size_t bytes = 16;
    for (void*& block : probes_) {
      block = std::malloc(bytes);
      bytes *= 2;
    }
  }

  void consider(const char* line, bool alone) noexcept {
    char* rest = nullptr;
    const std::uintptr_t begin = std::strtoull(line, &rest, 16);
    if (*rest != '-') return;
    const std::uintptr_t end = std::strtoull(rest + 1, &rest, 16);
    // "begin-end rw-p 00000000 00:00 0" and no name.
    if (std::strncmp(rest, " rw-p 00000000 00:00 0", 22) != 0) return;
    for (const char* c = rest + 22; *c != '\0'; ++c) {
      if (*c != ' ') return;
    }
    if (end - begin < (std::size_t{1} << 20) || image(begin, end)) return;
    bool holds_probe = alone;
    for (const void* block : probes_)
      holds_probe |= block != nullptr && address(block) >= begin && address(block) < end;
    if (holds_probe) ranges.insert(begin, end, 0);
  }

  struct Span {
    std::uintptr_t begin, end;
    bool found;
  };
  static bool image(std::uintptr_t begin, std::uintptr_t end) noexcept {
    Span span{begin, end, false};
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* data) noexcept {
          auto& wanted = *static_cast<Span*>(data);
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            const auto& part = info->dlpi_phdr[i];
            if (part.p_type != PT_LOAD) continue;
            const std::uintptr_t first = info->dlpi_addr + part.p_vaddr;
            if (first < wanted.end && first + part.p_memsz > wanted.begin) wanted.found = true;
          }
          return 0;
        },
        &span);
    return span.found;
  }

  void* probes_[16] = {};
};

std::uint64_t figure(Mib<4> mib, unsigned arena) noexcept {
  mib.part[2] = arena;
  std::size_t value = 0, length = sizeof value;
  return mallctlbymib(mib.part, mib.length, &value, &length, nullptr, 0) == 0 ? value : 0;
}

std::uint64_t figure(Mib<5> mib, unsigned arena) noexcept {
  mib.part[2] = arena;
  std::size_t value = 0, length = sizeof value;
  return mallctlbymib(mib.part, mib.length, &value, &length, nullptr, 0) == 0 ? value : 0;
}

}  // namespace

void start_arenas(bool first) noexcept {
  if (started) return;
  started = true;
  page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  thread_arena.find("thread.arena");
  epoch.find("epoch");
  decay.find("arena.0.decay");
  small_allocated.find("stats.arenas.0.small.allocated");
  large_allocated.find("stats.arenas.0.large.allocated");
  pages_active.find("stats.arenas.0.pactive");
  pages_dirty.find("stats.arenas.0.pdirty");
  pages_muzzy.find("stats.arenas.0.pmuzzy");
  retains = read_option("opt.retain", true);

  std::size_t length = sizeof(extent_hooks_t*);
  if (mallctl("arena.0.extent_hooks", &default_hooks, &length, nullptr, 0) != 0) {
    fatal("the allocator does not show its extent hooks");
  }
  hooks = *default_hooks;
  hooks.alloc = hooked_alloc;
  hooks.dalloc = hooked_dalloc;
  hooks.destroy = hooked_destroy;
  EarlyMappings().adopt(first);
  // Arena 0 from here on: the allocator's own metadata comes through its hooks too.
  extent_hooks_t* wanted = &hooks;
  if (mallctl("arena.0.extent_hooks", nullptr, nullptr, &wanted, sizeof(extent_hooks_t*)) != 0) {
    fatal("the allocator does not take extent hooks");
  }
  ::pthread_atfork(nullptr, nullptr, [] { ranges.unlock_after_fork(); });
  main_index = create_arena();
  if (main_index != no_arena) bind_arena(main_index);
}

bool arenas_available() noexcept { return started && main_index != no_arena; }
bool arenas_exact() noexcept { return arenas_available() && !read_option("opt.tcache", true); }
unsigned main_arena() noexcept { return main_index; }

unsigned create_arena() noexcept {
  unsigned index = no_arena;
  std::size_t length = sizeof index;
  extent_hooks_t* wanted = &hooks;
  return mallctl("arenas.create", &index, &length, &wanted, sizeof(extent_hooks_t*)) == 0 ? index : no_arena;
}

unsigned current_arena() noexcept {
  if (!started) return no_arena;
  unsigned index = no_arena;
  std::size_t length = sizeof index;
  return mallctlbymib(thread_arena.part, thread_arena.length, &index, &length, nullptr, 0) == 0 ? index : no_arena;
}

unsigned bind_arena(unsigned arena) noexcept {
  if (!started || arena == no_arena) return no_arena;
  unsigned former = no_arena;
  std::size_t length = sizeof former;
  return mallctlbymib(thread_arena.part, thread_arena.length, &former, &length, &arena, sizeof arena) == 0 ? former
                                                                                                           : no_arena;
}

void refresh_arena_stats() noexcept {
  if (!started) return;
  std::uint64_t now = 1;
  mallctlbymib(epoch.part, 1, nullptr, nullptr, &now, sizeof now);
}

ArenaStats arena_stats(unsigned arena) noexcept {
  if (!started) return {};
  return {.allocated_bytes = figure(small_allocated, arena) + figure(large_allocated, arena),
          .active_bytes = figure(pages_active, arena) * page_bytes,
          .idle_bytes = (figure(pages_dirty, arena) + figure(pages_muzzy, arena)) * page_bytes};
}

void decay_arena(unsigned arena) noexcept {
  if (!started) return;
  Mib<3> mib = decay;
  mib.part[1] = arena;
  mallctlbymib(mib.part, mib.length, nullptr, nullptr, nullptr, 0);
}

void arena_ranges(std::vector<Range>& out) { ranges.snapshot(out); }
std::uint64_t arena_ranges_lost_bytes() noexcept { return ranges.lost_bytes(); }

}  // namespace weir::detail

#endif
