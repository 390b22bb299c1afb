// Handover<T>: a control side prepares, one hot thread uses, and what that no longer needs comes back to be freed.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir {

// What a T derives from, publicly, so that giving it back needs no memory.
struct HandoverLink {
  HandoverLink* next_back = nullptr;
};

// Newest wins on the way there; on the way back any number may wait to be collected.
// Thread-safety: take() and put_back() from one thread, give() and collect() from another one (or several, one at a
// time).  Allocates: never; frees in give(), collect() and the destructor only.  Blocks: never, either side.
// Ownership: owns what lies in it. What was taken is the hot side's until it is put back, which must happen before the
// destruction.
template <class T>
class Handover {
 public:
  Handover() = default;
  ~Handover() {
    delete given_.load(std::memory_order_acquire);
    collect();
  }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  // Control side. Replaces one that was not yet taken: that one is freed here.
  void give(std::unique_ptr<T> prepared) {
    static_assert(std::is_base_of_v<HandoverLink, T>, "a T that is handed over derives from HandoverLink");
    delete given_.exchange(prepared.release(), std::memory_order_acq_rel);
  }
  // Control side. Frees what has been put back and returns how many that were.
  std::size_t collect() {
    std::size_t freed = 0;
    HandoverLink* link = back_.exchange(nullptr, std::memory_order_acquire);
    while (link != nullptr) {
      const std::unique_ptr<T> last(static_cast<T*>(link));
      link = link->next_back;
      ++freed;
    }
    return freed;
  }

  // Hot side. What is new, now held by the caller; nullptr: nothing.
  T* take() noexcept {
    // The look costs nothing while nothing is there, the exchange would take the line from the other side each time.
    if (given_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return given_.exchange(nullptr, std::memory_order_acquire);
  }
  // Hot side. Wait-free: collect() only ever empties the list, so that a second attempt cannot fail.
  void put_back(T* used) noexcept {
    HandoverLink* const link = used;
    link->next_back = back_.load(std::memory_order_relaxed);
    while (
        !back_.compare_exchange_strong(link->next_back, link, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

 private:
  std::atomic<T*> given_{nullptr};
  // A line of its own: the other side's writes would slow this one's down.
  alignas(64) std::atomic<HandoverLink*> back_{nullptr};
};

}  // namespace weir
