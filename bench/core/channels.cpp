// weir::Channel beside the queues that people reach for. All are bounded to 1024 places and lose nothing.
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwritercircularbuffer.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include "bench/core/measure.hpp"
#include "weir/core/channel.hpp"

namespace bench {
namespace {

constexpr std::size_t places = 1024;
using Item = std::uint64_t;

struct WeirPolling {
  std::unique_ptr<weir::Channel<Item>> channel =
      weir::Channel<Item>::bounded("bench", places, weir::Overflow::drop_newest);
  bool push(Item item) { return channel->offer(std::move(item)) == weir::Offer::accepted; }
  bool pop(Item& item) {
    const auto taken = channel->try_take();
    if (taken) item = *taken;
    return taken.has_value();
  }
};

struct WeirWaiting {
  std::unique_ptr<weir::Channel<Item>> channel = weir::Channel<Item>::bounded("bench", places, weir::Overflow::wait);
  bool push(Item item) { return channel->offer(std::move(item)) == weir::Offer::accepted; }
  bool pop(Item& item) {
    item = *channel->take();
    return true;
  }
};

struct BoostQueue {
  boost::lockfree::queue<Item, boost::lockfree::fixed_sized<true>> queue{places};
  bool push(Item item) { return queue.bounded_push(item); }
  bool pop(Item& item) { return queue.pop(item); }
};

struct BoostSpsc {
  boost::lockfree::spsc_queue<Item, boost::lockfree::capacity<places>> queue;
  bool push(Item item) { return queue.push(item); }
  bool pop(Item& item) { return queue.pop(item); }
};

struct MoodycamelSpsc {
  moodycamel::ReaderWriterQueue<Item> queue{places};
  bool push(Item item) { return queue.try_enqueue(item); }
  bool pop(Item& item) { return queue.try_dequeue(item); }
};

struct MoodycamelSpscWaiting {
  moodycamel::BlockingReaderWriterCircularBuffer<Item> queue{places};
  bool push(Item item) {
    queue.wait_enqueue(item);
    return true;
  }
  bool pop(Item& item) {
    queue.wait_dequeue(item);
    return true;
  }
};

// Its producers refuse when the blocks that were allocated at construction are used up, its nearest thing to a bound.
struct MoodycamelMpmc {
  moodycamel::ConcurrentQueue<Item> queue{places, 0, 4};
  bool push(Item item) { return queue.try_enqueue(item); }
  bool pop(Item& item) { return queue.try_dequeue(item); }
};

template <class Q>
Subject one_thread(const char* name) {
  return {name, [queue = std::make_shared<Q>()](std::size_t, std::size_t operations) {
            Item item = 0;
            for (std::size_t i = 0; i < operations; ++i) {
              while (!queue->push(i)) {
              }
              while (!queue->pop(item)) {
              }
              keep(item);
            }
          }};
}

// The first half of the threads push, the second half pop, as many each.
template <class Q>
Subject across(const char* name, std::size_t threads) {
  return {name, [queue = std::make_shared<Q>(), threads](std::size_t thread, std::size_t operations) {
            Backoff backoff;
            const bool producer = thread < threads / 2;
            Item item = 0;
            for (std::size_t i = 0; i < operations; ++i) {
              while (producer ? !queue->push(i) : !queue->pop(item)) backoff.pause();
              keep(item);
            }
          }};
}

}  // namespace

std::vector<Case> channel_cases() {
  std::vector<Case> all;
  all.push_back({"channel: offer+take, 1 thread",
                 1,
                 {one_thread<WeirPolling>("weir"), one_thread<MoodycamelSpsc>("moodycamel ReaderWriterQueue"),
                  one_thread<MoodycamelMpmc>("moodycamel ConcurrentQueue"), one_thread<BoostSpsc>("boost spsc_queue"),
                  one_thread<BoostQueue>("boost lockfree::queue")}});
  all.push_back({"channel: 1 producer, 1 consumer, polling",
                 2,
                 {across<WeirPolling>("weir", 2), across<MoodycamelSpsc>("moodycamel ReaderWriterQueue", 2),
                  across<MoodycamelMpmc>("moodycamel ConcurrentQueue", 2), across<BoostSpsc>("boost spsc_queue", 2),
                  across<BoostQueue>("boost lockfree::queue", 2)}});
  all.push_back({"channel: 1 producer, 1 consumer, waiting",
                 2,
                 {across<WeirWaiting>("weir", 2),
                  across<MoodycamelSpscWaiting>("moodycamel BlockingReaderWriterCircularBuffer", 2)}});
  all.push_back({"channel: 2 producers, 2 consumers, polling",
                 4,
                 {across<WeirPolling>("weir", 4), across<MoodycamelMpmc>("moodycamel ConcurrentQueue", 4),
                  across<BoostQueue>("boost lockfree::queue", 4)}});
  return all;
}

}  // namespace bench
