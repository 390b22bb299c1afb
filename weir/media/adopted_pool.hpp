// A pool of frames whose memory is a library's: each slot is one preallocated AVFrame that takes over references.
// Internal to the frame store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/core/pool.hpp"
#include "weir/core/slot_words.hpp"
#include "weir/media/av.hpp"

namespace weir::media {

// Thread-safety: adopt() from one thread, releases from any.  Allocates: make() only.  Blocks: never.
// Ownership: owns the AVFrames; the references in them go with the last lease.
class AdoptedPool {
 public:
  static Result<std::unique_ptr<AdoptedPool>> make(std::string id, std::string owner, std::size_t capacity) {
    auto adopted = std::make_unique<AdoptedPool>();
    PoolOptions o;
    o.id = std::move(id);
    o.owner = std::move(owner);
    o.capacity = capacity;
    Result<std::unique_ptr<Pool>> pool = Pool::make(std::move(o));
    if (!pool) return tl::unexpected(pool.error());
    adopted->pool_ = std::move(*pool);
    adopted->handles_ = std::vector<Handle>(capacity);
    adopted->free_ = std::make_unique<Mask[]>((capacity + 63) / 64);
    for (std::size_t i = 0; i < capacity; ++i) {
      adopted->handles_[i].frame.reset(av_frame_alloc());
      if (adopted->handles_[i].frame == nullptr) return fail(Code::exhausted, "not enough memory for frame handles");
      adopted->handles_[i].home = adopted.get();
      adopted->put_back(i);
    }
    return adopted;
  }

  // Moves the references of `frame` into a slot; `frame` is empty then. An empty lease, and `frame` as it was, when no
  // slot is free.
  Lease adopt(AVFrame& frame) {
    const std::size_t index = take_free();
    if (index == none) return {};
    Handle& handle = handles_[index];
    Lease lease = pool_->try_adopt(Role::engine, &handle, &release);
    if (!lease) {
      put_back(index);
      return lease;
    }
    av_frame_move_ref(handle.frame.get(), &frame);
    return lease;
  }

  Pool& pool() noexcept { return *pool_; }
  std::size_t capacity() const noexcept { return handles_.size(); }

 private:
  using Mask = detail::FreeMask<detail::StdAtomics>;
  static constexpr std::size_t none = ~std::size_t{0};
  struct Handle {
    Av<AVFrame> frame;
    AdoptedPool* home = nullptr;
  };

  static void release(void* opaque) {
    auto* handle = static_cast<Handle*>(opaque);
    av_frame_unref(handle->frame.get());
    handle->home->put_back(static_cast<std::size_t>(handle - handle->home->handles_.data()));
  }
  std::size_t take_free() {
    for (std::size_t w = 0; w < (handles_.size() + 63) / 64; ++w) {
      const unsigned bit = free_[w].pop();
      if (bit != Mask::none) return 64 * w + bit;
    }
    return none;
  }
  void put_back(std::size_t index) { free_[index / 64].push(static_cast<unsigned>(index % 64)); }

  std::vector<Handle> handles_;
  std::unique_ptr<Mask[]> free_;
  std::unique_ptr<Pool> pool_;  // goes first: it checks that nothing is held
};

}  // namespace weir::media
