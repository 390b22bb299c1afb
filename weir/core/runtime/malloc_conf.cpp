// What the allocator reads before the program's first line. It has to be in the executable itself, so this is an
// object library: an archive would leave it out.
#include "weir/core/arenas.hpp"

#ifndef WEIR_SANITIZED

// No thread cache: with it, blocks that one owner frees are handed to another without the arenas seeing it, and a leak
// is charged to the wrong one. No arena for big blocks: they are their owner's like all others.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "tcache:false,narenas:1,oversize_threshold:0";
}

namespace {

void start() { weir::detail::start_arenas(true); }

// Before the constructors of all libraries, so that what those allocate is charged too.
__attribute__((section(".preinit_array"), used)) void (*const before_all)() = start;

}  // namespace

#endif
