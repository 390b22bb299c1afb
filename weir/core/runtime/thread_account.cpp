// pthread_create for the whole process: a new thread inherits its creator's account, whoever creates it (FFmpeg's frame
// threads and TBB's workers never heard of accounts), and its stack is made known to the ledger.
// It has to be in the executable itself, so this is an object library: an archive would leave it out.
#include "weir/core/arenas.hpp"

#ifndef WEIR_SANITIZED

#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <cstdlib>
#include <new>

#include "weir/core/regions.hpp"
#include "weir/core/result.hpp"

namespace {

using Body = void* (*)(void*);
using Create = int (*)(pthread_t*, const pthread_attr_t*, Body, void*);

struct Start {
  Body body;
  void* argument;
  unsigned arena;
};

// Runs its destructor on return, pthread_exit and cancellation alike: those unwind the stack.
class OwnStack {
 public:
  OwnStack() noexcept {
    pthread_attr_t attributes;
    if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
    void* low = nullptr;
    std::size_t bytes = 0;
    if (::pthread_attr_getstack(&attributes, &low, &bytes) == 0) memory_ = {static_cast<std::byte*>(low), bytes};
    ::pthread_attr_destroy(&attributes);
    weir::detail::register_stack(memory_);
  }
  ~OwnStack() { weir::detail::unregister_stack(memory_); }
  OwnStack(const OwnStack&) = delete;
  OwnStack& operator=(const OwnStack&) = delete;

 private:
  std::span<const std::byte> memory_;
};

void* run(void* given) {
  const Start start = *static_cast<Start*>(given);
  std::free(given);
  weir::detail::bind_arena(start.arena);
  const OwnStack stack;
  return start.body(start.argument);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread,
                                                                     const pthread_attr_t* attributes, Body body,
                                                                     void* argument) noexcept {
  static const auto real = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (real == nullptr) weir::fatal("the C library has no pthread_create");
  void* const memory = std::malloc(sizeof(Start));
  if (memory == nullptr) return EAGAIN;
  auto* const start = new (memory) Start{body, argument, weir::detail::current_arena()};
  const int error = real(thread, attributes, run, start);
  if (error != 0) std::free(memory);
  return error;
}

#endif
