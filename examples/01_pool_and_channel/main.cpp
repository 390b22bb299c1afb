// A producer and a consumer that share a bounded number of frames. How many slots the pool needs is added up from
// what lies between them, so the pool is never empty, however slow the consumer is.
#include <cstdio>
#include <cstring>
#include <thread>

#include "weir/core/capacity.hpp"
#include "weir/core/channel.hpp"
#include "weir/core/pool.hpp"

int main() {
  weir::Line line;
  const auto edge = line.connect("camera", "viewer", "frames", 4, weir::Overflow::drop_oldest);
  line.hold("camera", 1, "being filled");
  line.hold("viewer", 1, "being looked at");
  if (!edge) return std::fprintf(stderr, "%s\n", edge.error().line().c_str()), 1;

  auto pool = weir::Pool::make({.id = "frames", .owner = "example", .slot_bytes = 640 * 360, .capacity = line.slots()});
  if (!pool) return std::fprintf(stderr, "%s\n", pool.error().line().c_str()), 1;
  weir::Channel<weir::Lease> frames(*edge);

  std::thread viewer([&frames] {
    while (auto frame = frames.take()) frame->pass(weir::Role::presenter);  // given back at the end of its scope
  });
  unsigned refused = 0;
  for (int i = 0; i < 1000; ++i) {
    weir::Lease frame = (*pool)->try_acquire(weir::Role::source);
    if (!frame) {
      ++refused;
      continue;
    }
    std::memset(frame.bytes().data(), i, frame.bytes().size());
    frames.offer(std::move(frame));
  }
  frames.close();
  viewer.join();

  const auto channel = frames.report();
  const auto dropped = channel.dropped[static_cast<std::size_t>(weir::Drop::full)];
  const auto leases = (*pool)->report();
  std::printf("%llu frames: %llu seen, %llu dropped because the channel was full, %u refused\n",
              static_cast<unsigned long long>(channel.offered), static_cast<unsigned long long>(channel.taken),
              static_cast<unsigned long long>(dropped), refused);
  std::printf("%zu slots: %llu leases acquired, %llu released, %llu outstanding\n", leases.capacity,
              static_cast<unsigned long long>(leases.acquired), static_cast<unsigned long long>(leases.released),
              static_cast<unsigned long long>(leases.outstanding));
  return channel.taken + dropped == 1000 && leases.acquired == leases.released ? 0 : 1;
}
