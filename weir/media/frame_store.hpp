// FrameStore: gives a decoder memory in leases, and finds the lease of what comes out again. Internal to the decoder.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/pool.hpp"
#include "weir/media/adopted_pool.hpp"
#include "weir/media/av.hpp"
#include "weir/media/frame.hpp"
#include "weir/media/frame_pools.hpp"

namespace weir::media {

// How many buffers the codec of `context` holds at most, besides those that its user holds. Must be asked inside a
// callback: with frame threads the user's own context does not know its references.
std::size_t codec_hold(const AVCodecContext& context) noexcept;

struct FrameStoreOptions {
  std::string pool_id;
  std::string owner;
  std::size_t downstream_slots = 0;  // what consumers hold at most
  std::size_t max_bytes = 0;         // of all pools together, draining ones included
  // Makes the pools. Then every frame lies in one of them: what the library keeps in its own memory is copied.
  FramePools* pools = nullptr;
};

// Of lines and planes within a slot, and of the slots.
constexpr std::size_t plane_alignment = 64;

// The stream's pools would be larger than all that it may have.
Error beyond_camera_max(const std::string& owner, std::size_t slots, std::size_t slot_bytes, std::size_t held_bytes,
                        std::size_t max_bytes);

struct FrameStoreCounts {
  std::atomic<std::uint64_t> into_leases{0}, adopted{0}, copied{0};
  std::atomic<std::uint64_t> rule_short{0};  // the capacity rule was too small: a bug
  std::atomic<std::uint64_t> lost{0};        // frames without a place
  std::atomic<std::uint64_t> pools_made{0};
  std::atomic<std::uint64_t> slots{0}, slot_bytes{0}, hold{0}, bytes{0};
};

// Thread-safety: get_buffer() from any of the codec's threads; the rest from the decoding thread; counts() from any.
// Allocates: when the stream's format changes; two small library blocks a frame.  Blocks: never for a lease; a short
// lock.  Ownership: owns the pools; all leases must be back before it goes.
class FrameStore {
 public:
  explicit FrameStore(FrameStoreOptions options) : options_(std::move(options)) {}

  // For AVCodecContext::get_buffer2. Never waits: without a free slot the buffer comes from the heap, counted.
  int get_buffer(AVCodecContext& context, AVFrame& frame, int flags);

  // Fills lease, planes, size and format of `out` from a decoded frame, whose buffers may be moved out of it. False: no
  // place for it, counted.
  bool take(AVFrame& frame, std::size_t hold, Frame& out);
  // The same for a picture that lies on a device: `fill(AVFrame& to)` writes it into a slot, in `format`. The codec
  // holds no slot then. `fill` answers with the library's number; a negative one is take_error()'s.
  bool download(const AVFrame& surface, int format, const std::function<int(AVFrame&)>& fill, Frame& out);

  // Lets go of pools of former formats that have drained.
  void reap();
  // Why get_buffer() or take() refused, once: the memory bound was reached.
  std::optional<Error> take_error();
  // Waits until every lease is back.
  Result<void> close(Clock& clock, Instant deadline);

  const FrameStoreCounts& counts() const noexcept { return counts_; }

 private:
  struct Shape {
    int width = 0, height = 0, format = -1;  // aligned for the codec
    std::array<int, 4> stride{};
    std::array<std::size_t, 4> offset{};
    int planes = 0;
    std::size_t bytes = 0;
    bool operator==(const Shape& other) const = default;
  };
  struct ShapedPool {
    Shape shape;
    std::unique_ptr<Pool> pool;
  };

  static std::optional<Shape> shape_of(AVCodecContext* context, int width, int height, int format);
  Pool* pool_for(const Shape& shape, std::size_t hold);
  Result<std::unique_ptr<Pool>> make_pool(std::size_t slots, std::size_t slot_bytes);
  bool fits(std::size_t slots, std::size_t slot_bytes);
  std::size_t held_bytes() const;
  int from_heap(const Shape& shape, AVFrame& frame);
  static void point(AVFrame& frame, const Shape& shape, std::uint8_t* base);
  bool owns(const AVBufferRef& buffer) const;
  bool adopt(AVFrame& frame, std::size_t hold, Frame& out);
  bool copy(const AVFrame& frame, int format, std::size_t hold, const std::function<int(AVFrame&)>& fill, Frame& out);
  void reap_locked();

  FrameStoreOptions options_;
  mutable std::mutex mutex_;
  std::vector<ShapedPool> pools_;  // the last used one is current_; others drain
  Pool* current_ = nullptr;
  std::vector<std::unique_ptr<AdoptedPool>> adopted_;  // the last is the current one
  std::size_t adopted_frame_bytes_ = 0;
  Av<AVFrame> view_;  // of the slot that is copied into
  std::atomic<std::size_t> heap_out_{0};
  std::optional<Error> error_;
  bool warned_ = false;
  FrameStoreCounts counts_;
};

}  // namespace weir::media
