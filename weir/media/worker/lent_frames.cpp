#include "weir/media/worker/lent_frames.hpp"

#include <algorithm>
#include <utility>

#include "weir/media/frame_store.hpp"
#include "weir/media/worker/decode_protocol.hpp"
#include "weir/media/worker/picture_check.hpp"

namespace weir::media::decode {
namespace {

constexpr std::uint64_t max_slots = 4096;  // as Pool
// A pool costs some KiB besides its slots. A former one lives for as long as somebody holds a frame of it, so honest
// workers have few.
constexpr std::size_t max_pools = 64;

tl::unexpected<Error> lie(const char* what, std::string detail = {}) {
  return fail(Code::corrupt, what, {}, std::move(detail));
}

bool good_time(std::int64_t us) { return us >= -max_time_us && us <= max_time_us; }

}  // namespace

LentFrames::Lent* LentFrames::find(std::uint32_t serial) noexcept {
  const auto it = std::find_if(pools_.begin(), pools_.end(), [&](const auto& p) { return p->serial == serial; });
  return it == pools_.end() ? nullptr : it->get();
}

std::size_t LentFrames::bytes() const noexcept {
  std::size_t total = 0;
  for (const auto& p : pools_) total += p->pool->slot_bytes() * p->pool->capacity();
  return total;
}

Result<LentFrames::Made> LentFrames::make(const worker::Message& want_pool, std::size_t other_bytes) {
  const auto body = want_pool.get<PoolBody>();
  if (body.slot_bytes == 0 || body.slot_bytes % plane_alignment != 0 || body.capacity == 0 ||
      body.capacity > max_slots) {
    return lie("a worker wants a pool that cannot be");
  }
  const std::size_t held = bytes();
  const std::size_t before = held + other_bytes;
  // Divided, not multiplied: a stream may claim any size.
  if (pools_.size() >= max_pools || before > options_.max_bytes ||
      body.capacity > (options_.max_bytes - before) / body.slot_bytes) {
    return tl::unexpected(beyond_camera_max(options_.owner, body.capacity, body.slot_bytes, held,
                                            options_.max_bytes - std::min(options_.max_bytes, other_bytes)));
  }
  PoolOptions o;
  o.id = options_.pool_id;
  o.owner = options_.owner;
  o.slot_bytes = body.slot_bytes;
  o.capacity = body.capacity;
  o.alignment = plane_alignment;
  o.shared = true;
  Result<std::unique_ptr<Pool>> pool = Pool::make(std::move(o));
  if (!pool) return tl::unexpected(pool.error());
  pools_.push_back(std::make_unique<Lent>(++last_serial_, std::move(*pool)));
  Lent& lent = *pools_.back();
  for (std::size_t i = 0; i < body.capacity; ++i) lent.lending.lend(lent.pool->try_acquire(Role::decoder));
  const std::size_t downstream = options_.downstream_slots + slots_on_their_way;
  ++report_.pools_made;
  report_.slots = body.capacity, report_.slot_bytes = body.slot_bytes;
  report_.hold = body.capacity - std::min<std::size_t>(body.capacity, downstream);
  return Made{lent.serial, lent.pool.get()};
}

Result<Frame> LentFrames::take(const worker::Message& message, std::uint32_t newest_epoch) {
  Lent* lent = find(message.pool);
  if (lent == nullptr) return lie("a worker gave a frame of a pool that it does not have");
  const auto body = message.get<FrameBody>();
  if (const char* wrong = check_picture(body, lent->pool->slot_bytes())) {
    return lie("a worker described a picture that cannot be", wrong);
  }
  if (!good_time(body.pts_us) || !good_time(body.capture_us)) return lie("a worker gave a time that cannot be");
  if (body.epoch > newest_epoch) return lie("a worker gave a frame of an epoch that has not begun");
  Result<Lease> lease = lent->lending.share({message.slot, message.generation}, Role::engine);
  if (!lease) return tl::unexpected(lease.error());
  Frame out;
  const auto* base = reinterpret_cast<const std::uint8_t*>(lease->bytes().data());
  for (std::size_t p = 0; p < 4; ++p) {
    if ((body.planes >> p & 1) == 0) continue;
    out.data[p] = base + body.offset[p];
    out.stride[p] = body.stride[p];
  }
  out.lease = std::move(*lease);
  out.pts_us = body.pts_us;
  out.capture_us = body.capture_us;
  out.epoch = body.epoch;
  out.key = body.key != 0;
  out.full_range = body.full_range != 0;
  out.width = body.width, out.height = body.height, out.format = body.format;
  return out;
}

Result<void> LentFrames::drop(const worker::Message& message) {
  Lent* lent = find(message.pool);
  if (lent == nullptr) return lie("a worker let go of a pool that it does not have");
  // Its own slots of that pool were all free, so it was told of every frame that was let go, and there are no others.
  lent->lending.revoke();
  if (lent->pool->outstanding() != 0) return lie("a worker let go of a pool whose frames are still out");
  std::erase_if(pools_, [lent](const auto& p) { return p.get() == lent; });
  return {};
}

std::size_t LentFrames::revoke() noexcept {
  std::size_t lent = 0;
  for (const auto& p : pools_) lent += p->lending.revoke();
  return lent;
}

Result<void> LentFrames::close(Clock& clock, Instant deadline) {
  for (const auto& p : pools_) {
    if (Result<void> closed = p->pool->close(clock, deadline); !closed) return closed;
  }
  return {};
}

LentFramesReport LentFrames::report() const noexcept {
  LentFramesReport r = report_;
  r.bytes = bytes();
  return r;
}

}  // namespace weir::media::decode
