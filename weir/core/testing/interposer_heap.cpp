// The heap by name: HotPath counts the bytes in every build, this says which function it was.
#include <malloc.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "weir/core/testing/next.hpp"

#if !defined(WEIR_SANITIZED)

namespace {

using weir::traps::held_against;
using weir::traps::Next;

// Should dlsym allocate while it looks for the allocator (it does when it fails), there is none to ask yet.
alignas(16) std::array<std::byte, 4096> before_heap;
std::size_t before_heap_used = 0;
thread_local constinit bool looking = false;

void* from_before_heap(std::size_t bytes) noexcept {
  const std::size_t rounded = (bytes + 15) & ~std::size_t{15};
  if (rounded > before_heap.size() - before_heap_used) weir::fatal("allocation before the allocator is found");
  void* const block = before_heap.data() + before_heap_used;
  before_heap_used += rounded;
  return block;
}

bool is_before_heap(const void* block) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(block);
  const auto begin = reinterpret_cast<std::uintptr_t>(before_heap.data());
  return at >= begin && at < begin + before_heap.size();
}

template <class Function>
Function* find(Next<Function>& next) noexcept {
  looking = true;
  Function* const found = next.get();
  looking = false;
  return found;
}

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) noexcept {
  static constinit Next<void*(std::size_t)> next{"malloc"};
  if (looking) [[unlikely]]
    return from_before_heap(bytes);
  held_against("malloc");
  return find(next)(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
  static constinit Next<void*(std::size_t, std::size_t)> next{"calloc"};
  if (looking) [[unlikely]]
    return from_before_heap(count * bytes);  // static memory: zero
  held_against("calloc");
  return find(next)(count, bytes);
}

void* realloc(void* block, std::size_t bytes) noexcept {
  static constinit Next<void*(void*, std::size_t)> next{"realloc"};
  held_against("realloc");
  if (is_before_heap(block)) [[unlikely]] {
    void* const moved = std::malloc(bytes);
    const auto left =
        static_cast<std::size_t>(before_heap.data() + before_heap.size() - static_cast<std::byte*>(block));
    if (moved != nullptr) std::memcpy(moved, block, bytes < left ? bytes : left);
    return moved;
  }
  return find(next)(block, bytes);
}

void free(void* block) noexcept {
  static constinit Next<void(void*)> next{"free"};
  if (block == nullptr || is_before_heap(block)) return;
  held_against("free");
  find(next)(block);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  static constinit Next<void*(std::size_t, std::size_t)> next{"aligned_alloc"};
  held_against("aligned_alloc");
  return find(next)(alignment, bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  static constinit Next<void*(std::size_t, std::size_t)> next{"memalign"};
  held_against("memalign");
  return find(next)(alignment, bytes);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
  static constinit Next<int(void**, std::size_t, std::size_t)> next{"posix_memalign"};
  held_against("posix_memalign");
  return find(next)(block, alignment, bytes);
}

}  // extern "C"

// jemalloc brings these of its own, which do not come by malloc. The kinds left out here go to it and are counted
// there.
void* operator new(std::size_t bytes) {
  static constinit Next<void*(std::size_t)> next{"_Znwm"};
  held_against("operator new");
  return find(next)(bytes);
}
void* operator new[](std::size_t bytes) {
  static constinit Next<void*(std::size_t)> next{"_Znam"};
  held_against("operator new[]");
  return find(next)(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  static constinit Next<void*(std::size_t, std::align_val_t)> next{"_ZnwmSt11align_val_t"};
  held_against("operator new");
  return find(next)(bytes, alignment);
}
void operator delete(void* block) noexcept {
  static constinit Next<void(void*)> next{"_ZdlPv"};
  if (block == nullptr) return;
  held_against("operator delete");
  find(next)(block);
}
void operator delete[](void* block) noexcept {
  static constinit Next<void(void*)> next{"_ZdaPv"};
  if (block == nullptr) return;
  held_against("operator delete[]");
  find(next)(block);
}
void operator delete(void* block, std::size_t bytes) noexcept {
  static constinit Next<void(void*, std::size_t)> next{"_ZdlPvm"};
  if (block == nullptr) return;
  held_against("operator delete");
  find(next)(block, bytes);
}
void operator delete[](void* block, std::size_t bytes) noexcept {
  static constinit Next<void(void*, std::size_t)> next{"_ZdaPvm"};
  if (block == nullptr) return;
  held_against("operator delete[]");
  find(next)(block, bytes);
}

#endif
