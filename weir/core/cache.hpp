// Cache<Key, Value>: what was loaded once is kept while there is room for it; two askers never load the same thing
// twice.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "weir/core/account.hpp"
#include "weir/core/result.hpp"

namespace weir {

struct CacheOptions {
  std::string id;             // shown to people: "read/speech"
  std::string owner;          // the account that loads allocate in
  std::size_t max_bytes = 0;  // of all values together
};

struct CacheReport {
  std::string id, owner;
  std::uint64_t hits = 0;       // found at once
  std::uint64_t misses = 0;     // loads begun
  std::uint64_t waits = 0;      // askers who waited for a load that another had begun
  std::uint64_t evictions = 0;  // values let go to make room
  std::uint64_t failures = 0;   // loads that ended in an error, those that nobody waited for any more left out
  std::size_t max_bytes = 0;
  std::size_t kept_bytes = 0;  // to be found here: never more than max_bytes
  std::size_t bytes = 0;       // kept, and those no longer kept that somebody still uses
  std::size_t peak_bytes = 0;  // the most that `bytes` has been; a value that is just in counts before what makes room
};

// What a load brings.
template <class Value>
struct Loaded {
  Value value;
  std::size_t bytes = 0;  // what it takes in memory, as the loader knows it
};

namespace detail {

// What is the same for all caches: the figures, and being found by the report.
class CacheBase {
 public:
  explicit CacheBase(CacheOptions options);
  CacheBase(const CacheBase&) = delete;
  CacheBase& operator=(const CacheBase&) = delete;

  CacheReport report() const;
  static std::vector<CacheReport> report_all();  // every live cache, by id

 protected:
  ~CacheBase();

  // Bytes of all values that live: they outlive the cache if somebody uses them.
  struct Held {
    std::atomic<std::size_t> now{0}, peak{0};
  };
  // Counts a value's bytes until it is destroyed.
  class Count {
   public:
    Count(std::shared_ptr<Held> held, std::size_t bytes) noexcept;
    ~Count() { held_->now.fetch_sub(bytes_, std::memory_order_relaxed); }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    std::size_t bytes() const noexcept { return bytes_; }

   private:
    std::shared_ptr<Held> held_;
    std::size_t bytes_;
  };

  tl::unexpected<Error> cancelled() const;

  const CacheOptions options_;
  const Account& account_;
  const std::shared_ptr<Held> held_ = std::make_shared<Held>();
  mutable std::mutex mutex_;  // never held while a load runs or a value is destroyed
  // Guarded by it.
  std::uint64_t hits_ = 0, misses_ = 0, waits_ = 0, evictions_ = 0, failures_ = 0;
  std::size_t kept_bytes_ = 0;
};

}  // namespace detail

// Values are shared and do not change. All that live, kept here or in use, are counted. When they are more than
// max_bytes, kept values that nobody uses are let go, the least recently used first; a new one that does not fit even
// then (what is in use takes the room, or it is larger than the bound) is handed to its askers and not kept.
// Key: copied, ordered by <.
// Thread-safety: all members from any thread.  Allocates: yes.
// Blocks: get(), for the load; never while holding exclusive access that the load needs.
// Ownership: owns what is kept; must outlive its askers, not the values that they hold.
template <class Key, class Value>
class Cache : public detail::CacheBase {
 public:
  explicit Cache(CacheOptions options) : CacheBase(std::move(options)) {}
  ~Cache() {
    WEIR_CHECK(loading_.empty(), "a cache is destroyed while somebody asks it");
    clear();
  }

  // The value of `key`: kept, or of the load that runs for it, or of `load(const std::stop_token&)`, which returns
  // Result<Loaded<Value>> and runs in the thread of the first asker, without a lock and bound to the cache's account.
  // It may ask for other keys; for its own key it would wait for itself, which ends the program.
  // A failure reaches all who wait for that load; the next asker loads again.
  // `stop` cancels this asker alone: `cancelled`. One who waits leaves at once. The one whose thread loads stays until
  // its load has ended, for whoever waits for it. When all have left, the load's own token is asked to stop; what it
  // brings nevertheless is kept. Who comes while it is still ending waits for that, and then loads if it has to: no key
  // is ever loaded twice at once.
  template <class Load>
  Result<std::shared_ptr<const Value>> get(const Key& key, Load&& load, const std::stop_token& stop = {}) {
    for (;;) {
      if (stop.stop_requested()) return cancelled();
      std::shared_ptr<Job> job;
      bool mine = false;
      {
        const std::lock_guard lock(mutex_);
        if (const auto found = kept_.find(key); found != kept_.end()) {
          ++hits_;
          recent_.splice(recent_.begin(), recent_, found->second.place);
          return found->second.value;
        }
        std::shared_ptr<Job>& running = loading_[key];
        mine = running == nullptr;
        if (mine) running = std::make_shared<Job>();
        job = running;
        ++job->askers;
        ++(mine ? misses_ : waits_);
      }
      if (mine) return run(key, job, load, stop);
      if (auto outcome = wait(*job, stop)) return std::move(*outcome);
    }
  }

  // Everything kept is given back, and loads that still run are not kept when they end. What is in use lives on.
  void clear() {
    Entries let_go;  // destroyed after the lock
    const std::lock_guard lock(mutex_);
    let_go.swap(kept_);
    recent_.clear();
    kept_bytes_ = 0;
    for (auto& [key, job] : loading_) job->keep = false;
  }

 private:
  using Shared = std::shared_ptr<const Value>;

  // The count goes last: the bytes are there until the value is destroyed.
  struct Holder {
    Holder(std::shared_ptr<Held> held, Loaded<Value>&& loaded)
        : count(std::move(held), loaded.bytes), value(std::move(loaded.value)) {}
    Count count;
    const Value value;
  };
  struct Entry {
    Shared value;
    std::size_t bytes = 0;
    std::list<const Key*>::iterator place;
  };
  using Entries = std::map<Key, Entry>;

  // One load, and who waits for it. Guarded by mutex_, but for the source.
  struct Job {
    const std::thread::id loader = std::this_thread::get_id();
    std::stop_source stop;
    std::size_t askers = 0;  // who want the value: the loader is one
    bool keep = true;
    bool abandoned = false;
    std::optional<Result<Shared>> outcome;
    std::condition_variable_any ended;
  };

  // Nothing: the load was given up before this asker came, and did not bring a value.
  std::optional<Result<Shared>> wait(Job& job, const std::stop_token& stop) {
    WEIR_CHECK(job.loader != std::this_thread::get_id(), "a load asks for the key that it loads");
    std::unique_lock lock(mutex_);
    if (!job.ended.wait(lock, stop, [&] { return job.outcome.has_value(); })) {
      lock.unlock();
      leave(job);
      return cancelled();
    }
    if (job.abandoned && !*job.outcome) return std::nullopt;
    return *job.outcome;
  }

  void leave(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      if (--job.askers > 0 || job.outcome.has_value()) return;
      job.abandoned = true;
    }
    job.stop.request_stop();  // runs what the load has hung on its token: not under the lock
  }

  template <class Load>
  Result<Shared> run(const Key& key, const std::shared_ptr<Job>& job, Load& load, const std::stop_token& stop) {
    Result<Shared> outcome = cancelled();
    std::size_t bytes = 0;
    {
      const std::stop_callback leaves(stop, [&] { leave(*job); });
      outcome = call(*job, load, bytes);
    }
    Entries let_go;                               // destroyed after the lock
    typename decltype(loading_)::node_type done;  // so is the key
    {
      const std::lock_guard lock(mutex_);
      if (outcome && job->keep) keep(key, *outcome, bytes, let_go);
      if (!outcome && !job->abandoned) ++failures_;
      done = loading_.extract(key);
      job->outcome = outcome;
    }
    job->ended.notify_all();
    if (stop.stop_requested()) return cancelled();
    return outcome;
  }

  template <class Load>
  Result<Shared> call(Job& job, Load& load, std::size_t& bytes) {
    const AccountBinding bind(account_);
    // Those who wait must hear of the end, whatever the way out.
    try {
      Result<Loaded<Value>> loaded = load(std::as_const(job).stop.get_token());
      if (!loaded) return tl::unexpected(std::move(loaded.error()));
      bytes = loaded->bytes;
      const auto holder = std::make_shared<Holder>(held_, std::move(*loaded));
      return Shared(holder, &holder->value);
    } catch (const std::exception& e) {
      return fail(Code::failed, "a load threw an exception", options_.id, e.what());
    }
  }

  // With the lock: room is made, and the value kept if there is.
  void keep(const Key& key, const Shared& value, std::size_t bytes, Entries& let_go) {
    std::size_t leaving = 0;
    const auto over = [&] { return held_->now.load(std::memory_order_relaxed) - leaving > options_.max_bytes; };
    for (auto place = recent_.end(); over() && place != recent_.begin();) {
      --place;
      const auto found = kept_.find(**place);
      // Nothing is won by forgetting what is in memory anyway.
      if (found->second.value.use_count() > 1) continue;
      leaving += found->second.bytes;
      kept_bytes_ -= found->second.bytes;
      place = recent_.erase(place);
      let_go.insert(kept_.extract(found));
      ++evictions_;
    }
    if (over()) return;
    const auto added = kept_.emplace(key, Entry{value, bytes, {}}).first;
    recent_.push_front(&added->first);
    added->second.place = recent_.begin();
    kept_bytes_ += bytes;
  }

  Entries kept_;
  std::list<const Key*> recent_;  // keys in kept_, the most recently used first
  std::map<Key, std::shared_ptr<Job>> loading_;
};

}  // namespace weir
