#include "weir/server/packet_store.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "weir/server/slot_layout.hpp"

namespace weir::server {
namespace {

std::string in_mib(std::size_t bytes) {
  const std::size_t tenths = (bytes * 10 + (std::size_t{1} << 19)) >> 20;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

std::string class_name(std::size_t bytes) {
  if (bytes >= (1u << 20) && bytes % (1u << 20) == 0) return std::to_string(bytes >> 20) + "m";
  if (bytes % 1024 == 0) return std::to_string(bytes >> 10) + "k";
  return std::to_string(bytes);
}

std::size_t bytes_of(const Pool& pool) { return pool.slot_bytes() * pool.capacity(); }

std::size_t bytes_of(PacketClass size) { return (size.payload_bytes + slot_overhead_bytes) * size.slots; }

}  // namespace

std::size_t PacketStore::overhead() noexcept { return slot_overhead_bytes; }

Result<std::unique_ptr<Pool>> PacketStore::make_pool(PacketClass size) const {
  PoolOptions pool;
  pool.id = options_.id + "-" + class_name(size.payload_bytes);
  pool.owner = options_.owner;
  pool.slot_bytes = size.payload_bytes + slot_overhead_bytes;
  pool.capacity = size.slots;
  return Pool::make(std::move(pool));
}

Result<std::unique_ptr<PacketStore>> PacketStore::make(PacketStoreOptions options) {
  std::unique_ptr<PacketStore> store(new PacketStore(std::move(options)));
  const PacketStoreOptions& o = store->options_;
  if (o.classes.empty()) return fail(Code::invalid, "a packet store needs at least one size class", o.id);
  std::size_t total = 0, previous = 0;
  for (const PacketClass& size : o.classes) {
    if (size.payload_bytes <= previous || size.payload_bytes > max_payload_bytes) {
      return fail(Code::invalid, "size classes must ascend, up to 16 MiB", o.id, std::to_string(size.payload_bytes));
    }
    previous = size.payload_bytes;
    total += bytes_of(size);
  }
  if (total > o.limit_bytes) {
    return fail(Code::exhausted, "the packets of this stream need more memory than they may have", o.id,
                in_mib(total) + " of " + in_mib(o.limit_bytes));
  }
  for (const PacketClass& size : o.classes) {
    auto pool = store->make_pool(size);
    if (!pool) return tl::unexpected(pool.error());
    store->live_.push_back(std::move(*pool));
  }
  store->total_bytes_.store(total, std::memory_order_relaxed);
  return store;
}

Lease PacketStore::try_take(std::size_t payload_bytes) noexcept {
  for (const auto& pool : live_) {
    if (pool->slot_bytes() < payload_bytes + slot_overhead_bytes) continue;
    if (Lease lease = pool->try_acquire(Role::source)) return lease;
  }
  return {};
}

Lease PacketStore::try_take_fitting(std::size_t payload_bytes) noexcept {
  for (const auto& pool : live_) {
    if (pool->slot_bytes() >= payload_bytes + slot_overhead_bytes) return pool->try_acquire(Role::source);
  }
  return {};
}

Result<void> PacketStore::grow(std::size_t payload_bytes) {
  reap();
  if (payload_bytes > max_payload_bytes) {
    return fail(Code::exhausted, "an access unit is larger than the protocol allows", options_.id,
                in_mib(payload_bytes) + " of " + in_mib(max_payload_bytes));
  }
  if (payload_bytes <= largest_bytes()) return {};
  const PacketClass size{std::bit_ceil(payload_bytes), live_.back()->capacity()};
  const std::size_t needed = total_bytes() + bytes_of(size);
  if (needed > options_.limit_bytes) {
    return fail(Code::exhausted, "the packets of this stream need more memory than they may have", options_.id,
                in_mib(needed) + " of " + in_mib(options_.limit_bytes));
  }
  auto pool = make_pool(size);
  if (!pool) return tl::unexpected(pool.error());
  draining_.push_back(std::exchange(live_.back(), std::move(*pool)));
  total_bytes_.store(needed, std::memory_order_relaxed);
  reap();
  return {};
}

void PacketStore::reap() {
  std::erase_if(draining_, [this](const std::unique_ptr<Pool>& pool) {
    if (pool->outstanding() != 0) return false;
    total_bytes_.fetch_sub(bytes_of(*pool), std::memory_order_relaxed);
    return true;
  });
}

Result<void> PacketStore::close(Clock& clock, Instant deadline) {
  for (auto* list : {&live_, &draining_}) {
    for (const auto& pool : *list) {
      if (auto closed = pool->close(clock, deadline); !closed) return closed;
    }
  }
  return {};
}

}  // namespace weir::server
