// FramePools: where a decoder's frame memory comes from, if not from this process's own. Internal to the decoder and
// its worker.
#pragma once

#include <memory>

#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"

namespace weir::media {

// Thread-safety: called under the frame store's lock, from any of the codec's threads.  Allocates: yes.
// Blocks: make() may.  Ownership: the pools made are the caller's until it drops them.
class FramePools {
 public:
  virtual ~FramePools() = default;
  // Id, owner, slot size, capacity and alignment are set. Exhausted: no memory for it.
  virtual Result<std::unique_ptr<Pool>> make(PoolOptions options) = 0;
  // A pool of a former format: nobody holds any of it.
  virtual void drop(std::unique_ptr<Pool> pool) = 0;
};

}  // namespace weir::media
