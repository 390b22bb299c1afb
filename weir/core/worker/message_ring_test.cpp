#include "weir/core/worker/message_ring.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <thread>

namespace weir::worker {
namespace {

constexpr auto watchdog = std::chrono::seconds(60);

// A ring between two pages that nobody may touch: who reads or writes beside it dies.
class Shared {
 public:
  Shared() {
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    static_assert(sizeof(RingMemory) % 64 == 0);
    inner_ = (sizeof(RingMemory) + page - 1) / page * page;
    bytes_ = inner_ + 2 * page;
    void* mapping = ::mmap(nullptr, bytes_, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(mapping, MAP_FAILED);
    mapping_ = static_cast<std::byte*>(mapping);
    EXPECT_EQ(::mprotect(mapping_ + page, inner_, PROT_READ | PROT_WRITE), 0);
    // At the end of its pages: what follows it is forbidden at once.
    ring_ = reinterpret_cast<RingMemory*>(mapping_ + page + inner_ - sizeof(RingMemory));
  }
  ~Shared() { ::munmap(mapping_, bytes_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  RingMemory& operator*() const { return *ring_; }
  RingMemory* operator->() const { return ring_; }

 private:
  std::byte* mapping_ = nullptr;
  std::size_t inner_ = 0, bytes_ = 0;
  RingMemory* ring_ = nullptr;
};

Message numbered(std::uint64_t n) {
  Message message;
  message.type = static_cast<std::uint32_t>(n);
  message.sequence = n;
  std::memset(message.body.data(), static_cast<int>(n * 31), message.body.size());
  return message;
}

bool whole(const Message& message, std::uint64_t n) {
  const Message expected = numbered(n);
  return std::memcmp(&message, &expected, sizeof message) == 0;
}

TEST(MessageRing, GivesMessagesInOrderAndThenNone) {
  Shared ring;
  RingWriter writer(*ring);
  RingReader reader(*ring);
  Message message;
  EXPECT_FALSE(*reader.read(message));
  for (std::uint64_t n = 0; n < 3 * RingMemory::capacity; ++n) {
    ASSERT_TRUE(writer.write(numbered(2 * n)));
    ASSERT_TRUE(writer.write(numbered(2 * n + 1)));
    ASSERT_TRUE(*reader.read(message));
    EXPECT_TRUE(whole(message, 2 * n));
    ASSERT_TRUE(*reader.read(message));
    EXPECT_TRUE(whole(message, 2 * n + 1));
    EXPECT_FALSE(*reader.read(message));
  }
}

TEST(MessageRing, AFullRingTakesNoMoreUntilSomethingIsRead) {
  Shared ring;
  RingWriter writer(*ring);
  RingReader reader(*ring);
  for (std::uint64_t n = 0; n < RingMemory::capacity; ++n) ASSERT_TRUE(writer.write(numbered(n)));
  EXPECT_FALSE(writer.write(numbered(1000)));
  Message message;
  ASSERT_TRUE(*reader.read(message));
  EXPECT_TRUE(whole(message, 0));
  EXPECT_TRUE(writer.write(numbered(RingMemory::capacity)));
  EXPECT_FALSE(writer.write(numbered(1000)));
  for (std::uint64_t n = 1; n <= RingMemory::capacity; ++n) {
    ASSERT_TRUE(*reader.read(message));
    EXPECT_TRUE(whole(message, n));
  }
  EXPECT_FALSE(*reader.read(message));
}

TEST(MessageRing, ARingThatWasNeverHeardEndsTheNextWait) {
  Shared ring;
  RingWriter writer(*ring);
  RingReader reader(*ring);
  Message message;
  EXPECT_FALSE(*reader.read(message));
  reader.ring();
  reader.wait(never);
  for (std::uint64_t n = 0; n < RingMemory::capacity; ++n) ASSERT_TRUE(writer.write(numbered(n)));
  writer.ring();
  writer.wait_for_room(never);
  EXPECT_FALSE(writer.write(message));
}

TEST(MessageRing, WhoSleepsIsWokenByRinging) {
  Shared ring;
  RingWriter writer(*ring);
  RingReader reader(*ring);
  for (std::uint64_t n = 0; n < RingMemory::capacity; ++n) ASSERT_TRUE(writer.write(numbered(n)));
  std::thread waiting([&] { writer.wait_for_room(never); });
  while (ring->room_sleeping == 0) std::this_thread::yield();
  writer.ring();
  waiting.join();
  Message message;
  while (*reader.read(message)) {
  }
  waiting = std::thread([&] { reader.wait(never); });
  while (ring->sleeping == 0) std::this_thread::yield();
  reader.ring();
  waiting.join();
}

TEST(MessageRing, WaitingEndsAtTheDeadline) {
  Shared ring;
  RingWriter writer(*ring);
  RingReader reader(*ring);
  const Instant start = Clock::real().now(), deadline = start + std::chrono::milliseconds(20);
  reader.wait(start);
  reader.wait(Instant::min());
  while (Clock::real().now() < deadline) reader.wait(deadline);
  Message message;
  EXPECT_FALSE(*reader.read(message));
  writer.wait_for_room(never);  // there is room: no wait at all
}

TEST(MessageRing, AWriterThatTurnsTheBellBackKeepsTheReaderForAMomentOnly) {
  Shared ring;
  RingReader reader(*ring);
  reader.ring();
  ring->bell = 0;
  reader.wait(Clock::real().now() + std::chrono::hours(1));
}

TEST(MessageRing, APositionThatCannotBeIsCorruptForTheReader) {
  for (const std::uint32_t ahead : {RingMemory::capacity + 1, 1u << 31, ~0u}) {
    Shared ring;
    RingWriter writer(*ring);
    RingReader reader(*ring);
    Message message;
    ASSERT_TRUE(writer.write(numbered(7)));
    ASSERT_TRUE(writer.write(numbered(8)));
    ASSERT_TRUE(*reader.read(message));
    ring->written = 1 + ahead;
    const auto got = reader.read(message);
    ASSERT_FALSE(got) << ahead;
    EXPECT_EQ(got.error().code, Code::corrupt);
    ring->written = 2;
    ASSERT_TRUE(*reader.read(message)) << "nothing was taken meanwhile";
    EXPECT_TRUE(whole(message, 8));
    ring->written = 2 + RingMemory::capacity;
    EXPECT_TRUE(reader.read(message)) << "a full ring is possible";
  }
}

TEST(MessageRing, APositionThatCannotBeIsAFullRingForTheWriter) {
  for (const std::uint32_t wrong : {1u, 1u << 31, ~0u - RingMemory::capacity}) {
    Shared ring;
    RingWriter writer(*ring);
    ring->read = wrong;
    EXPECT_FALSE(writer.write(numbered(1))) << wrong;
    EXPECT_FALSE(writer.write(numbered(1))) << wrong;
    writer.wait_for_room(Clock::real().now());
    ring->read = 0;
    EXPECT_TRUE(writer.write(numbered(1)));
  }
}

// Rings for both sides when the test has taken too long, so that a wake-up that is lost is a failure and not a hang.
class Watchdog {
 public:
  template <class Ring>
  explicit Watchdog(Ring ring)
      : thread_([this, ring](const std::stop_token& stop) {
          if (!Clock::real().sleep_until(Clock::real().now() + watchdog, stop)) return;
          for (barked_ = true; !stop.stop_requested(); std::this_thread::yield()) ring();
        }) {}
  bool barked() const { return barked_; }

 private:
  std::atomic<bool> barked_{false};
  std::jthread thread_;
};

// The writer looked for a sleeper before there was one: it is the reader who has to look again.
TEST(MessageRing, WhatChangedBeforeTheWaitEndsIt) {
  Shared ring;
  RingWriter writer(*ring);
  RingReader reader(*ring);
  const Watchdog dog([&] {
    reader.ring();
    writer.ring();
  });
  Message message;
  EXPECT_FALSE(*reader.read(message));
  ASSERT_TRUE(writer.write(numbered(0)));
  reader.wait(never);
  while (writer.write(numbered(1))) {
  }
  ASSERT_TRUE(*reader.read(message));
  writer.wait_for_room(never);
  EXPECT_FALSE(dog.barked());
}

void send_all(RingWriter& writer, std::uint64_t messages, unsigned seed, const Watchdog* dog) {
  std::minstd_rand random(seed);
  for (std::uint64_t n = 0; n < messages && (dog == nullptr || !dog->barked());) {
    if (writer.write(numbered(n))) {
      ++n;
      if (random() % 64 == 0) std::this_thread::yield();
    } else {
      writer.wait_for_room(never);
    }
  }
}

std::uint64_t receive_all(RingReader& reader, std::uint64_t messages, unsigned seed, const Watchdog& dog) {
  std::minstd_rand random(seed);
  Message message;
  std::uint64_t n = 0;
  while (n < messages && !dog.barked()) {
    const auto got = reader.read(message);
    if (!got || (*got && !whole(message, n))) return n;
    if (!*got) {
      reader.wait(never);
      continue;
    }
    ++n;
    if (random() % 512 == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return n;
}

// Both sides sleep and wake as the ring runs empty and full; neither has a timer that would make up for a lost wake-up.
TEST(MessageRingStress, EveryMessageArrivesOnceInOrderAndWhole) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr std::uint64_t messages = 100000;
  Shared ring;
  RingWriter writer(*ring);
  RingReader reader(*ring);
  const Watchdog dog([&] {
    reader.ring();
    writer.ring();
  });
  std::thread sender([&] { send_all(writer, messages, seed, &dog); });
  const std::uint64_t arrived = receive_all(reader, messages, seed + 1, dog);
  while (!dog.barked() && arrived < messages) std::this_thread::yield();  // the sender waits for room that never comes
  sender.join();
  EXPECT_EQ(arrived, messages);
  EXPECT_FALSE(dog.barked());
}

TEST(MessageRingStress, EveryMessageArrivesFromAnotherProcess) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr std::uint64_t messages = 50000;
  Shared ring;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(static_cast<unsigned>(std::chrono::seconds(watchdog).count()));
    RingWriter writer(*ring);
    send_all(writer, messages, seed, nullptr);
    ::_exit(0);
  }
  RingReader reader(*ring);
  const Watchdog dog([&] { reader.ring(); });
  EXPECT_EQ(receive_all(reader, messages, seed + 1, dog), messages);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// One message to and fro: each side sleeps before each message.
TEST(MessageRingStress, AHandOverToASleeperIsNeverLost) {
  constexpr std::uint64_t rounds = 20000;
  Shared there, back;
  RingReader reader(*back);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(static_cast<unsigned>(std::chrono::seconds(watchdog).count()));
    RingReader in(*there);
    RingWriter out(*back);
    Message message;
    for (std::uint64_t n = 0; n < rounds;) {
      const auto got = in.read(message);
      if (!got || (*got && !out.write(message))) ::_exit(1);
      if (*got) {
        ++n;
      } else {
        in.wait(never);
      }
    }
    ::_exit(0);
  }
  RingWriter writer(*there);
  const Watchdog dog([&] { reader.ring(); });
  for (std::uint64_t n = 0; n < rounds && !dog.barked(); ++n) {
    ASSERT_TRUE(writer.write(numbered(n)));
    Message message;
    while (!dog.barked()) {
      const auto got = reader.read(message);
      ASSERT_TRUE(got);
      if (*got) break;
      reader.wait(never);
    }
    ASSERT_TRUE(dog.barked() || whole(message, n)) << n;
  }
  EXPECT_FALSE(dog.barked());
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

void scribble(RingMemory& ring, std::mt19937& random) {
  const auto word = [&] {
    const std::uint32_t any = random();
    switch (random() % 4) {
      case 0: return any;
      case 1: return any % (2 * RingMemory::capacity);
      case 2: return ~std::uint32_t{0} - any % (2 * RingMemory::capacity);
      default: return any % 2;
    }
  };
  std::atomic<std::uint32_t>* const words[] = {&ring.written,  &ring.read,      &ring.bell,
                                               &ring.sleeping, &ring.room_bell, &ring.room_sleeping};
  for (auto* w : words) {
    if (random() % 2 == 0) *w = word();
  }
  ring.messages[random() % RingMemory::capacity] = numbered(random());
}

TEST(MessageRingHostile, RubbishInEveryFieldGivesAtMostARingfulOfMessages) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Shared ring;
  RingReader reader(*ring);
  RingWriter writer(*ring);
  for (int round = 0; round < 20000; ++round) {
    scribble(*ring, random);
    const Instant now = Clock::real().now();
    Message message;
    std::uint32_t read = 0, written = 0;
    switch (random() % 4) {
      case 0:
        for (auto got = reader.read(message); got && *got && read <= RingMemory::capacity; ++read) {
          got = reader.read(message);
        }
        ASSERT_LE(read, RingMemory::capacity);
        break;
      case 1:
        while (written <= RingMemory::capacity && writer.write(message)) ++written;
        ASSERT_LE(written, RingMemory::capacity);
        break;
      case 2: reader.wait(now); break;
      default: writer.wait_for_room(now);
    }
  }
}

TEST(MessageRingHostile, AProcessThatScribblesAllTheTimeHarmsNobody) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Shared ring;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(static_cast<unsigned>(std::chrono::seconds(watchdog).count()));
    for (std::mt19937 random(seed);;) scribble(*ring, random);
  }
  RingReader reader(*ring);
  RingWriter writer(*ring);
  // Until enough of it was met: the child may not run at once.
  const Instant deadline = Clock::real().now() + watchdog;
  int messages = 0, corrupt = 0;
  for (int round = 0; (messages < 50 || corrupt < 50) && Clock::real().now() < deadline; ++round) {
    Message message;
    const auto got = reader.read(message);
    messages += got && *got;
    corrupt += !got;
    writer.write(message);
    if (round % 64 == 0) {
      reader.wait(Clock::real().now() + std::chrono::microseconds(100));
      writer.wait_for_room(Clock::real().now() + std::chrono::microseconds(100));
    }
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it scribbled until it was killed";
  EXPECT_GE(messages, 50);
  EXPECT_GE(corrupt, 50);
}

}  // namespace
}  // namespace weir::worker
