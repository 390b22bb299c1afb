// The function that an interposed one hides: the next of its name in the order of linking.
#pragma once

#include <dlfcn.h>

#include <atomic>

#include "weir/core/hot_path.hpp"
#include "weir/core/result.hpp"

namespace weir::traps {

// Constant-initialised: interposed functions run before any constructor. dlsym does not allocate when it succeeds.
template <class Function>
class Next {
 public:
  constexpr explicit Next(const char* name) noexcept : name_(name) {}

  Function* get() noexcept {
    void* found = found_.load(std::memory_order_acquire);
    if (found == nullptr) [[unlikely]] {
      found = ::dlsym(RTLD_NEXT, name_);
      if (found == nullptr) fatal("nothing behind an interposed function", name_);
      found_.store(found, std::memory_order_release);
    }
    return reinterpret_cast<Function*>(found);
  }
  const char* name() const noexcept { return name_; }

 private:
  const char* name_;
  std::atomic<void*> found_{nullptr};
};

inline void held_against(const char* name) noexcept {
  if (HotPath::promised()) [[unlikely]]
    HotPath::record_violation(name);
}

}  // namespace weir::traps
