// Registry: which objects of a kind are alive, so that one report can name them all.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

namespace weir::detail {

// Thread-safety: all members from any thread.  Allocates: add() and snapshot.  Blocks: a short lock.
// Ownership: none; an object adds itself when it is complete and removes itself before it is taken apart.
template <class T>
class Registry {
 public:
  void add(T* object) {
    std::lock_guard lock(mutex_);
    objects_.push_back(object);
  }
  void remove(T* object) noexcept {
    std::lock_guard lock(mutex_);
    objects_.erase(std::remove(objects_.begin(), objects_.end(), object), objects_.end());
  }
  // `visit` runs under the lock: an object cannot go away meanwhile.
  template <class Visit>
  void for_each(Visit visit) const {
    std::lock_guard lock(mutex_);
    for (T* object : objects_) visit(*object);
  }

  static Registry& instance() {
    static Registry* const registry = new Registry;  // outlives static objects that are still registered
    return *registry;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<T*> objects_;
};

}  // namespace weir::detail
