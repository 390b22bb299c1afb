#include "weir/core/cache.hpp"

#include <algorithm>

#include "weir/core/registry.hpp"

namespace weir::detail {

CacheBase::CacheBase(CacheOptions options) : options_(std::move(options)), account_(Account::open(options_.owner)) {
  Registry<CacheBase>::instance().add(this);
}

CacheBase::~CacheBase() { Registry<CacheBase>::instance().remove(this); }

CacheBase::Count::Count(std::shared_ptr<Held> held, std::size_t bytes) noexcept
    : held_(std::move(held)), bytes_(bytes) {
  const std::size_t now = held_->now.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::size_t peak = held_->peak.load(std::memory_order_relaxed);
  while (peak < now && !held_->peak.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

tl::unexpected<Error> CacheBase::cancelled() const { return fail(Code::cancelled, "asked to stop", options_.id); }

CacheReport CacheBase::report() const {
  CacheReport r{.id = options_.id, .owner = options_.owner, .max_bytes = options_.max_bytes};
  {
    const std::lock_guard lock(mutex_);
    r.hits = hits_;
    r.misses = misses_;
    r.waits = waits_;
    r.evictions = evictions_;
    r.failures = failures_;
    r.kept_bytes = kept_bytes_;
  }
  r.bytes = held_->now.load(std::memory_order_relaxed);
  r.peak_bytes = held_->peak.load(std::memory_order_relaxed);
  return r;
}

std::vector<CacheReport> CacheBase::report_all() {
  std::vector<CacheReport> all;
  Registry<CacheBase>::instance().for_each([&](const CacheBase& c) { all.push_back(c.report()); });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace weir::detail
