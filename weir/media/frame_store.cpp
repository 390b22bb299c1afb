#include "weir/media/frame_store.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>

#include "weir/core/log.hpp"

namespace weir::media {
namespace {

std::size_t aligned(std::size_t n) { return (n + plane_alignment - 1) / plane_alignment * plane_alignment; }

std::string megabytes(std::size_t bytes) {
  const std::size_t tenths = (bytes + 50'000) / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

}  // namespace

Error beyond_camera_max(const std::string& owner, std::size_t slots, std::size_t slot_bytes, std::size_t held_bytes,
                        std::size_t max_bytes) {
  return {Code::exhausted, "the stream needs more memory than memory.camera_max; raise it or use a smaller stream",
          owner,
          std::to_string(slots) + " slots of " + megabytes(slot_bytes) + " needed, " + megabytes(held_bytes) +
              " of its former format held, " + megabytes(max_bytes) + " allowed"};
}

// What libavcodec's own allocator guarantees: aligned size (codecs write whole blocks), aligned lines, and room behind
// each plane for wide reads.
std::optional<FrameStore::Shape> FrameStore::shape_of(AVCodecContext* context, int width, int height, int format) {
  Shape shape;
  const auto pixel_format = static_cast<AVPixelFormat>(format);
  int line_alignment[AV_NUM_DATA_POINTERS] = {64, 64, 64, 64, 64, 64, 64, 64};
  if (context != nullptr) avcodec_align_dimensions2(context, &width, &height, line_alignment);
  shape.width = width, shape.height = height, shape.format = format;

  // Chroma lines must stay the exact fraction of luma lines that the format says: the width grows until all fit.
  constexpr int step = 16, tries = 64;
  bool good = false;
  for (int i = 0, w = width; i < tries && !good; ++i, w = (w / step + 1) * step) {
    if (av_image_fill_linesizes(shape.stride.data(), pixel_format, w) < 0) return std::nullopt;
    good = true;
    for (std::size_t p = 0; p < 4; ++p) good = good && shape.stride[p] % line_alignment[p] == 0;
  }
  if (!good) return std::nullopt;

  const std::array<std::ptrdiff_t, 4> strides{shape.stride[0], shape.stride[1], shape.stride[2], shape.stride[3]};
  std::array<std::size_t, 4> sizes{};
  if (av_image_fill_plane_sizes(sizes.data(), pixel_format, height, strides.data()) < 0) return std::nullopt;
  for (std::size_t p = 0; p < 4 && sizes[p] > 0; ++p) {
    shape.offset[p] = shape.bytes;
    shape.bytes += aligned(sizes[p] + AV_INPUT_BUFFER_PADDING_SIZE);
    shape.planes = static_cast<int>(p) + 1;
  }
  if (shape.bytes == 0) return std::nullopt;
  return shape;
}

void FrameStore::point(AVFrame& frame, const Shape& shape, std::uint8_t* base) {
  for (std::size_t p = 0; p < static_cast<std::size_t>(shape.planes); ++p) {
    frame.data[p] = base + shape.offset[p];
    frame.linesize[p] = shape.stride[p];
  }
  frame.extended_data = frame.data;
}

int FrameStore::get_buffer(AVCodecContext& context, AVFrame& frame, int flags) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
  const bool direct = (context.codec->capabilities & AV_CODEC_CAP_DR1) != 0 && descriptor != nullptr &&
                      (descriptor->flags & AV_PIX_FMT_FLAG_HWACCEL) == 0;
  const std::optional<Shape> shape =
      direct ? shape_of(&context, frame.width, frame.height, frame.format) : std::nullopt;
  if (!shape) return avcodec_default_get_buffer2(&context, &frame, flags);

  std::lock_guard lock(mutex_);
  Pool* pool = pool_for(*shape, codec_hold(context));
  if (pool == nullptr) return AVERROR(ENOMEM);
  Lease lease = pool->try_acquire(Role::decoder);
  if (!lease) return from_heap(*shape, frame);
  auto* data = reinterpret_cast<std::uint8_t*>(lease.bytes().data());
  void* detached = Lease::detach(std::move(lease));
  frame.buf[0] = av_buffer_create(
      data, shape->bytes, [](void* opaque, std::uint8_t*) { Lease::attach(opaque).release(); }, detached, 0);
  if (frame.buf[0] == nullptr) {
    Lease::attach(detached).release();
    return AVERROR(ENOMEM);
  }
  point(frame, *shape, data);
  return 0;
}

// A slot was missing although the rule says that there are enough. Losing frames or waiting would be worse than a
// bounded number of heap buffers; that it happened is counted, and is a bug.
int FrameStore::from_heap(const Shape& shape, AVFrame& frame) {
  counts_.rule_short.fetch_add(1, std::memory_order_relaxed);
  if (!std::exchange(warned_, true)) {
    log(Level::warn, options_.owner,
        "the decoder holds more buffers than its rule says (" + std::to_string(counts_.hold.load()) +
            "); heap buffers step in. Please report the stream's kind");
  }
  if (heap_out_.load(std::memory_order_relaxed) >= counts_.hold.load(std::memory_order_relaxed)) {
    counts_.lost.fetch_add(1, std::memory_order_relaxed);
    return AVERROR(ENOMEM);
  }
  auto* data = static_cast<std::uint8_t*>(av_malloc(shape.bytes));
  if (data == nullptr) return AVERROR(ENOMEM);
  frame.buf[0] = av_buffer_create(
      data, shape.bytes,
      [](void* opaque, std::uint8_t* memory) {
        av_free(memory);
        static_cast<FrameStore*>(opaque)->heap_out_.fetch_sub(1, std::memory_order_relaxed);
      },
      this, 0);
  if (frame.buf[0] == nullptr) {
    av_free(data);
    return AVERROR(ENOMEM);
  }
  heap_out_.fetch_add(1, std::memory_order_relaxed);
  point(frame, shape, data);
  return 0;
}

std::size_t FrameStore::held_bytes() const {
  std::size_t total = 0;
  for (const ShapedPool& p : pools_) total += p.pool->slot_bytes() * p.pool->capacity();
  for (const auto& a : adopted_) total += a->capacity() * adopted_frame_bytes_;
  return total;
}

bool FrameStore::fits(std::size_t slots, std::size_t slot_bytes) {
  reap_locked();
  const std::size_t before = held_bytes();
  // Divided, not multiplied: a stream may claim any size.
  const bool good =
      before <= options_.max_bytes && (slot_bytes == 0 || slots <= (options_.max_bytes - before) / slot_bytes);
  if (!good) error_ = beyond_camera_max(options_.owner, slots, slot_bytes, before, options_.max_bytes);
  return good;
}

Pool* FrameStore::pool_for(const Shape& shape, std::size_t hold) {
  const std::size_t slots = hold + options_.downstream_slots;
  for (ShapedPool& p : pools_) {
    if (p.shape != shape || p.pool->capacity() < slots) continue;
    current_ = p.pool.get();
    return current_;
  }
  // The format changed, or the codec now keeps more. What is out of the former pool drains while the new one serves.
  current_ = nullptr;
  if (!fits(slots, shape.bytes)) return nullptr;
  Result<std::unique_ptr<Pool>> pool = make_pool(slots, shape.bytes);
  if (!pool) {
    error_ = pool.error();
    return nullptr;
  }
  current_ = pool->get();
  pools_.push_back({shape, std::move(*pool)});
  counts_.pools_made.fetch_add(1, std::memory_order_relaxed);
  counts_.slots.store(slots, std::memory_order_relaxed);
  counts_.slot_bytes.store(shape.bytes, std::memory_order_relaxed);
  counts_.hold.store(hold, std::memory_order_relaxed);
  counts_.bytes.store(held_bytes(), std::memory_order_relaxed);
  return current_;
}

Result<std::unique_ptr<Pool>> FrameStore::make_pool(std::size_t slots, std::size_t slot_bytes) {
  PoolOptions o;
  o.id = options_.pool_id;
  o.owner = options_.owner;
  o.slot_bytes = slot_bytes;
  o.capacity = slots;
  o.alignment = plane_alignment;
  return options_.pools != nullptr ? options_.pools->make(std::move(o)) : Pool::make(std::move(o));
}

void FrameStore::reap() {
  std::lock_guard lock(mutex_);
  if (pools_.size() + adopted_.size() > 1) reap_locked();
}

void FrameStore::reap_locked() {
  for (auto p = pools_.begin(); p != pools_.end();) {
    if (p->pool.get() == current_ || p->pool->outstanding() != 0) {
      ++p;
      continue;
    }
    std::unique_ptr<Pool> drained = std::move(p->pool);
    p = pools_.erase(p);
    if (options_.pools != nullptr) options_.pools->drop(std::move(drained));
  }
  std::erase_if(adopted_, [this](const auto& a) { return a != adopted_.back() && a->pool().outstanding() == 0; });
  counts_.bytes.store(held_bytes(), std::memory_order_relaxed);
}

bool FrameStore::owns(const AVBufferRef& buffer) const {
  std::lock_guard lock(mutex_);
  return std::any_of(pools_.begin(), pools_.end(), [&](const ShapedPool& p) {
    const auto memory = p.pool->memory();
    const auto* data = reinterpret_cast<const std::byte*>(buffer.data);
    return data >= memory.data() && data < memory.data() + memory.size();
  });
}

bool FrameStore::take(AVFrame& frame, std::size_t hold, Frame& out) {
  out.width = frame.width;
  out.height = frame.height;
  out.format = frame.format;
  for (std::size_t p = 0; p < 4; ++p) {
    out.data[p] = frame.data[p];
    out.stride[p] = frame.linesize[p];
  }
  bool placed = false;
  // The lease is behind the buffer, never behind data[0]: cropping moves that.
  if (frame.buf[0] != nullptr && owns(*frame.buf[0])) {
    out.lease = Lease::share_detached(av_buffer_get_opaque(frame.buf[0]), Role::engine);
    placed = static_cast<bool>(out.lease);
    if (placed) counts_.into_leases.fetch_add(1, std::memory_order_relaxed);
  } else {
    const bool adoptable = frame.buf[0] != nullptr && options_.pools == nullptr;
    const auto fill = [&frame](AVFrame& to) { return av_frame_copy(&to, &frame); };
    placed = (adoptable && adopt(frame, hold, out)) ||
             (frame.data[0] != nullptr && copy(frame, frame.format, hold, fill, out));
  }
  if (!placed) counts_.lost.fetch_add(1, std::memory_order_relaxed);
  return placed;
}

bool FrameStore::adopt(AVFrame& frame, std::size_t hold, Frame& out) {
  const std::size_t slots = hold + options_.downstream_slots;
  const int bytes = av_image_get_buffer_size(static_cast<AVPixelFormat>(frame.format), frame.width, frame.height, 64);
  const std::size_t frame_bytes = bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
  std::lock_guard lock(mutex_);
  if (adopted_.empty() || adopted_.back()->capacity() < slots || adopted_frame_bytes_ < frame_bytes) {
    adopted_frame_bytes_ = std::max(adopted_frame_bytes_, frame_bytes);
    const bool enough = !adopted_.empty() && adopted_.back()->capacity() >= slots;
    // Handles have no size: for larger frames only the bound is looked at again.
    if (!fits(enough ? 0 : slots, adopted_frame_bytes_)) return false;
    if (!enough) {
      auto made = AdoptedPool::make(options_.pool_id + "/adopted", options_.owner, slots);
      if (!made) {
        error_ = made.error();
        return false;
      }
      adopted_.push_back(std::move(*made));
      counts_.pools_made.fetch_add(1, std::memory_order_relaxed);
      if (counts_.slots.load() == 0) counts_.slots.store(slots, std::memory_order_relaxed);
      if (counts_.hold.load() == 0) counts_.hold.store(hold, std::memory_order_relaxed);
    }
    counts_.bytes.store(held_bytes(), std::memory_order_relaxed);
  }
  out.lease = adopted_.back()->adopt(frame);
  if (!out.lease) return false;
  counts_.adopted.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool FrameStore::download(const AVFrame& surface, int format, const std::function<int(AVFrame&)>& fill, Frame& out) {
  // The one that is on its way to the consumers.
  constexpr std::size_t hold = 1;
  const bool placed = copy(surface, format, hold, fill, out);
  if (!placed) counts_.lost.fetch_add(1, std::memory_order_relaxed);
  return placed;
}

bool FrameStore::copy(const AVFrame& frame, int format, std::size_t hold, const std::function<int(AVFrame&)>& fill,
                      Frame& out) {
  const std::optional<Shape> shape = shape_of(nullptr, frame.width, frame.height, format);
  if (!shape) return false;
  Lease lease;
  {
    std::lock_guard lock(mutex_);
    if (error_) return false;
    Pool* pool = pool_for(*shape, hold);
    if (pool != nullptr) lease = pool->try_acquire(Role::engine);
  }
  if (!lease) return false;
  if (view_ == nullptr) view_.reset(av_frame_alloc());
  if (view_ == nullptr) return false;
  AVFrame& view = *view_;
  auto* base = reinterpret_cast<std::uint8_t*>(lease.bytes().data());
  // The library writes only into a frame that has a buffer. The lease is what keeps this one.
  view.buf[0] = av_buffer_create(base, shape->bytes, [](void*, std::uint8_t*) {}, nullptr, 0);
  if (view.buf[0] == nullptr) return false;
  view.width = frame.width, view.height = frame.height, view.format = format;
  point(view, *shape, base);
  const int code = fill(view);
  if (code >= 0) {
    // A surface cannot be cropped at its left and upper edge; its copy can.
    view.crop_left = frame.crop_left, view.crop_top = frame.crop_top;
    av_frame_apply_cropping(&view, AV_FRAME_CROP_UNALIGNED);
    out.width = view.width, out.height = view.height, out.format = format;
    for (std::size_t p = 0; p < 4; ++p) out.data[p] = view.data[p], out.stride[p] = view.linesize[p];
    out.lease = std::move(lease);
    counts_.copied.fetch_add(1, std::memory_order_relaxed);
  } else {
    std::lock_guard lock(mutex_);
    error_ = Error{Code::failed, "a decoded picture cannot be copied; the device may be gone", options_.owner,
                   av_text(code)};
  }
  av_frame_unref(&view);
  return code >= 0;
}

std::optional<Error> FrameStore::take_error() {
  std::lock_guard lock(mutex_);
  return std::exchange(error_, std::nullopt);
}

Result<void> FrameStore::close(Clock& clock, Instant deadline) {
  // No codec calls back any more: only consumers hold leases, and they need no lock of ours.
  for (ShapedPool& p : pools_) {
    if (const Result<void> closed = p.pool->close(clock, deadline); !closed) return closed;
  }
  for (auto& a : adopted_) {
    if (const Result<void> closed = a->pool().close(clock, deadline); !closed) return closed;
  }
  return {};
}

}  // namespace weir::media
