// weir::Pool beside the ways others pool frames.
#include <boost/lockfree/stack.hpp>
#include <gst/gst.h>
#include <memory>
#include <mutex>

#include "bench/core/measure.hpp"
#include "weir/core/pool.hpp"

extern "C" {
#include <libavutil/buffer.h>
}

namespace bench {
namespace {

constexpr std::size_t slots = 16;
constexpr std::size_t slot_bytes = 4096;

struct WeirPool {
  using Handle = weir::Lease;
  std::unique_ptr<weir::Pool> pool =
      weir::Pool::make({.id = "bench", .owner = "bench", .slot_bytes = slot_bytes, .capacity = slots}).value();
  Handle acquire() { return pool->try_acquire(weir::Role::decoder); }
  static Handle share(const Handle& held) { return held.share(weir::Role::client); }
  static void release(Handle&& handle) { handle.release(); }
};

struct Buffer {
  std::unique_ptr<std::byte[]> bytes = std::make_unique<std::byte[]>(slot_bytes);
};

// A shared_ptr whose deleter returns the buffer: the shape of MediaPipe and of most hand-written pools. Two ways to
// keep the free ones; the faster of the two is the one to compare with.
struct MutexFreeList {
  std::mutex mutex;
  std::vector<Buffer*> free;
  MutexFreeList() { free.reserve(slots); }
  void push(Buffer* buffer) {
    std::lock_guard lock(mutex);
    free.push_back(buffer);
  }
  Buffer* pop() {
    std::lock_guard lock(mutex);
    if (free.empty()) return nullptr;
    Buffer* buffer = free.back();
    free.pop_back();
    return buffer;
  }
};

struct LockFreeFreeList {
  boost::lockfree::stack<Buffer*, boost::lockfree::capacity<slots>> free;
  void push(Buffer* buffer) { free.push(buffer); }
  Buffer* pop() {
    Buffer* buffer = nullptr;
    return free.pop(buffer) ? buffer : nullptr;
  }
};

template <class FreeList>
struct SharedPtrPool {
  using Handle = std::shared_ptr<Buffer>;
  std::vector<Buffer> buffers{slots};
  FreeList list;
  SharedPtrPool() {
    for (Buffer& buffer : buffers) list.push(&buffer);
  }
  Handle acquire() {
    Buffer* buffer = list.pop();
    if (buffer == nullptr) return {};
    return Handle(buffer, [this](Buffer* b) { list.push(b); });
  }
  static Handle share(const Handle& held) { return held; }
  static void release(Handle&& handle) { handle.reset(); }
};

struct AvPool {
  using Handle = AVBufferRef*;
  AVBufferPool* pool = av_buffer_pool_init(slot_bytes, nullptr);
  ~AvPool() { av_buffer_pool_uninit(&pool); }
  Handle acquire() { return av_buffer_pool_get(pool); }
  static Handle share(const Handle& held) { return av_buffer_ref(held); }
  static void release(Handle&& handle) { av_buffer_unref(&handle); }
};

struct GstPool {
  using Handle = GstBuffer*;
  GstBufferPool* pool;
  GstPool() {
    gst_init(nullptr, nullptr);
    pool = gst_buffer_pool_new();
    GstStructure* config = gst_buffer_pool_get_config(pool);
    gst_buffer_pool_config_set_params(config, nullptr, slot_bytes, slots, slots);
    gst_buffer_pool_set_config(pool, config);
    gst_buffer_pool_set_active(pool, TRUE);
  }
  ~GstPool() {
    gst_buffer_pool_set_active(pool, FALSE);
    gst_object_unref(pool);
  }
  // Waiting for a free buffer is its default; it costs nothing while there is one.
  Handle acquire() {
    GstBuffer* buffer = nullptr;
    gst_buffer_pool_acquire_buffer(pool, &buffer, nullptr);
    return buffer;
  }
  static Handle share(const Handle& held) { return gst_buffer_ref(held); }
  static void release(Handle&& handle) { gst_buffer_unref(handle); }
};

template <class P>
Subject acquire_release(const char* name) {
  return {name, [pool = std::make_shared<P>()](std::size_t, std::size_t operations) {
            for (std::size_t i = 0; i < operations; ++i) {
              typename P::Handle handle = pool->acquire();
              keep(handle);
              P::release(std::move(handle));
            }
          }};
}

template <class P>
struct Held {
  P pool;
  typename P::Handle handle = pool.acquire();
  ~Held() { P::release(std::move(handle)); }
};

template <class P>
Subject share_release(const char* name) {
  return {name, [held = std::make_shared<Held<P>>()](std::size_t, std::size_t operations) {
            for (std::size_t i = 0; i < operations; ++i) {
              typename P::Handle handle = P::share(held->handle);
              keep(handle);
              P::release(std::move(handle));
            }
          }};
}

// One thread acquires, another releases. The ring between them is the same for all: eight places, each with its own
// flag, so that its share of the time is small and equal.
template <class P>
struct Relay {
  static constexpr std::size_t places = 8;
  struct alignas(64) Place {
    std::atomic<bool> full{false};
    typename P::Handle handle{};
  };
  P pool;
  std::array<Place, places> ring;
};

template <class P>
Subject hand_over(const char* name) {
  return {name, [relay = std::make_shared<Relay<P>>()](std::size_t thread, std::size_t operations) {
            Backoff backoff;
            for (std::size_t i = 0; i < operations; ++i) {
              auto& place = relay->ring[i % relay->places];
              const bool producer = thread == 0;
              while (place.full.load(std::memory_order_acquire) == producer) backoff.pause();
              if (producer) {
                place.handle = relay->pool.acquire();
                place.full.store(true, std::memory_order_release);
              } else {
                typename P::Handle handle = std::exchange(place.handle, {});
                place.full.store(false, std::memory_order_release);
                P::release(std::move(handle));
              }
            }
          }};
}

}  // namespace

std::vector<Case> pool_cases() {
  using MutexPool = SharedPtrPool<MutexFreeList>;
  using LockFreePool = SharedPtrPool<LockFreeFreeList>;
  std::vector<Case> all;
  for (std::size_t threads : {1, 2}) {
    const std::string with = threads == 1 ? ", 1 thread" : ", 2 threads";
    all.push_back({"acquire+release" + with,
                   threads,
                   {acquire_release<WeirPool>("weir"), acquire_release<MutexPool>("shared_ptr pool (mutex)"),
                    acquire_release<LockFreePool>("shared_ptr pool (lock-free)"),
                    acquire_release<AvPool>("AVBufferPool"), acquire_release<GstPool>("GstBufferPool")}});
    all.push_back({"share+release" + with,
                   threads,
                   {share_release<WeirPool>("weir"), share_release<MutexPool>("shared_ptr copy"),
                    share_release<AvPool>("av_buffer_ref"), share_release<GstPool>("gst_buffer_ref")}});
  }
  all.push_back({"hand-over to another thread",
                 2,
                 {hand_over<WeirPool>("weir"), hand_over<MutexPool>("shared_ptr pool (mutex)"),
                  hand_over<LockFreePool>("shared_ptr pool (lock-free)"), hand_over<AvPool>("AVBufferPool"),
                  hand_over<GstPool>("GstBufferPool")}});
  return all;
}

}  // namespace bench
