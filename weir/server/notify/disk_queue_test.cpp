#include "weir/server/notify/disk_queue.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <fstream>
#include <iostream>
#include <random>
#include <set>

#include "tests/support/process.hpp"

namespace weir::notify {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t small_bytes = DiskQueue::min_max_bytes;

Message message(std::uint64_t n, std::size_t body_bytes = 20) {
  return {"id" + std::to_string(n), "front/motion", std::string(body_bytes, static_cast<char>('a' + n % 26)),
          n % 2 == 0};
}

class DiskQueueTest : public testing::Test {
 protected:
  std::unique_ptr<DiskQueue> open(std::uint64_t max_bytes = small_bytes) {
    auto queue = DiskQueue::open({dir, max_bytes});
    EXPECT_TRUE(queue) << queue.error().line();
    return queue ? std::move(*queue) : nullptr;
  }
  static std::vector<std::string> drain(DiskQueue& queue) {
    std::vector<std::string> ids;
    while (const auto m = queue.front()) {
      ids.push_back(m->id);
      EXPECT_TRUE(queue.pop());
    }
    return ids;
  }
  std::vector<fs::path> files() const {
    std::set<fs::path> found;
    for (const auto& entry : fs::directory_iterator(dir)) {
      if (entry.path().extension() == ".queue") found.insert(entry.path());
    }
    return {found.begin(), found.end()};
  }
  std::uint64_t bytes_on_disk() const {
    std::uint64_t sum = 0;
    for (const auto& file : files()) sum += fs::file_size(file);
    return sum;
  }

  test::ScratchDir scratch;
  const fs::path dir = scratch / "queue";
};

TEST_F(DiskQueueTest, OldestFirstAndEverythingAsItWas) {
  auto queue = open();
  std::vector<Message> pushed = {{"", "", "", false},
                                 {"id", "topic", "{\"a\":1}", true},
                                 {std::string("\0\n\xff", 3), "t\xc3\xbcr", std::string(60000, 'x'), false}};
  for (const Message& m : pushed) ASSERT_TRUE(queue->push(m));
  EXPECT_EQ(queue->size(), 3u);
  for (const Message& m : pushed) {
    EXPECT_EQ(queue->front(), m);
    EXPECT_EQ(queue->front(), m) << "the same until it is popped";
    ASSERT_TRUE(queue->pop());
  }
  EXPECT_EQ(queue->front(), std::nullopt);
  EXPECT_EQ(queue->size(), 0u);
  EXPECT_TRUE(queue->pop()) << "of an empty queue: nothing";
}

TEST_F(DiskQueueTest, WhatWaitsSurvivesTheProgramAndWhatIsDoneDoesNotComeBack) {
  for (std::uint64_t run = 0; run < 20; ++run) {
    auto queue = open();
    ASSERT_NE(queue, nullptr);
    EXPECT_EQ(queue->size(), run * 2);
    EXPECT_EQ(queue->gaps(), 0u);
    EXPECT_FALSE(queue->torn());
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(queue->push(message(run * 5 + i)));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(queue->front());
      ASSERT_TRUE(queue->pop());
    }
  }
  auto queue = open();
  const auto ids = drain(*queue);
  ASSERT_EQ(ids.size(), 40u);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], "id" + std::to_string(60 + i));
}

TEST_F(DiskQueueTest, TheBoundHoldsOnDiskAndTheOldestGo) {
  auto queue = open();
  std::uint64_t pushed = 0;
  for (; pushed < 5000; ++pushed) {
    ASSERT_TRUE(queue->push(message(pushed, 200)));
    ASSERT_LE(queue->bytes(), small_bytes);
    if (pushed % 100 == 0) ASSERT_EQ(queue->bytes(), bytes_on_disk());
  }
  EXPECT_GT(queue->dropped(), 0u);
  EXPECT_EQ(queue->dropped() + queue->size(), pushed);
  EXPECT_GT(queue->bytes(), small_bytes * 3 / 4) << "the place is used";
  const std::uint64_t first = queue->dropped();
  const auto ids = drain(*queue);
  ASSERT_EQ(ids.size(), pushed - first);
  for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(ids[i], "id" + std::to_string(first + i));
  EXPECT_LT(queue->bytes(), small_bytes / 4) << "what is done gives its place back";
}

TEST_F(DiskQueueTest, TheMessageThatWasGivenOutStaysEvenIfTheBoundTakesItsFile) {
  auto queue = open();
  ASSERT_TRUE(queue->push(message(0)));
  ASSERT_EQ(queue->front()->id, "id0");
  std::uint64_t pushed = 1;
  while (queue->dropped() == 0) ASSERT_TRUE(queue->push(message(pushed++, 1000)));
  EXPECT_EQ(queue->front()->id, "id0");
  EXPECT_EQ(queue->dropped() + queue->size(), pushed);
  ASSERT_TRUE(queue->pop());
  EXPECT_EQ(queue->front()->id, "id" + std::to_string(queue->dropped() + 1));
  EXPECT_EQ(queue->dropped() + queue->size() + 1, pushed);
}

TEST_F(DiskQueueTest, AMessageThatIsOnlyInMemoryIsCountedWhenNobodySendsIt) {
  auto queue = open();
  ASSERT_TRUE(queue->push(message(0)));
  ASSERT_TRUE(queue->front());
  std::uint64_t pushed = 1;
  while (queue->dropped() == 0) ASSERT_TRUE(queue->push(message(pushed++, 1000)));
  queue->give_back();
  EXPECT_EQ(queue->dropped() + queue->size(), pushed);
  const std::uint64_t left = queue->size();
  queue.reset();
  EXPECT_EQ(open()->size(), left);
}

TEST_F(DiskQueueTest, WithoutABacklogItStaysSmallForEver) {
  auto queue = open();
  for (std::uint64_t i = 0; i < 20000; ++i) {
    ASSERT_TRUE(queue->push(message(i)));
    ASSERT_EQ(queue->front()->id, "id" + std::to_string(i));
    ASSERT_TRUE(queue->pop());
  }
  EXPECT_EQ(queue->dropped(), 0u);
  EXPECT_LE(files().size(), 2u);
  EXPECT_LT(bytes_on_disk(), small_bytes / 4);
}

TEST_F(DiskQueueTest, StartingAgainAndAgainWithABacklogAddsNoFiles) {
  ASSERT_TRUE(open()->push(message(0)));
  for (int i = 0; i < 100; ++i) ASSERT_NE(open(), nullptr);
  EXPECT_LE(files().size(), 2u);
}

TEST_F(DiskQueueTest, ARecordThatWasHalfWrittenIsCutAtAnyByte) {
  ASSERT_TRUE(open()->push(message(1)));
  const auto file = files().front();
  const auto whole = fs::file_size(file);
  std::ifstream in(file, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(in)), {});
  const std::string next = encode(2, message(2));
  for (std::size_t cut = 1; cut < next.size(); ++cut) {
    std::ofstream(file, std::ios::binary) << content << next.substr(0, cut);
    auto queue = open();
    ASSERT_NE(queue, nullptr) << cut;
    EXPECT_TRUE(queue->torn()) << cut;
    EXPECT_EQ(queue->gaps(), 0u) << cut;
    EXPECT_EQ(queue->bytes(), whole) << cut;
    // What is pushed after the repair is read again.
    ASSERT_TRUE(queue->push(message(3)));
    queue.reset();
    queue = open();
    EXPECT_FALSE(queue->torn()) << cut;
    EXPECT_EQ(queue->gaps(), 0u) << cut;
    EXPECT_EQ(drain(*queue), (std::vector<std::string>{"id1", "id3"})) << cut;
    queue.reset();
    for (const auto& f : files()) fs::remove(f);
    std::ofstream(file, std::ios::binary) << content;
  }
}

TEST_F(DiskQueueTest, DamageInTheMiddleCostsWhatItHitsAndIsCounted) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 50; ++round) {
    fs::remove_all(dir);
    {
      auto queue = open();
      for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(queue->push(message(i, 50)));
    }
    const auto file = files().front();
    const auto size = fs::file_size(file);
    const auto at = random() % (size - 200);
    const auto length = 1 + random() % 100;
    {
      std::fstream io(file, std::ios::binary | std::ios::in | std::ios::out);
      io.seekp(static_cast<std::streamoff>(at));
      for (std::size_t i = 0; i < length; ++i) io.put(static_cast<char>(random()));
    }
    auto queue = open();
    ASSERT_NE(queue, nullptr);
    EXPECT_EQ(queue->gaps(), 1u) << "at " << at << " for " << length;
    const auto ids = drain(*queue);
    EXPECT_GE(ids.size(), 96u);
    EXPECT_LT(ids.size(), 100u);
    EXPECT_EQ(ids.back(), "id99");
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end(), [](const std::string& a, const std::string& b) {
      return std::stoi(a.substr(2)) < std::stoi(b.substr(2));
    }));
  }
}

TEST_F(DiskQueueTest, DamageWhileItIsOpenIsCountedAsLost) {
  auto queue = open();
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(queue->push(message(i)));
  {
    std::fstream io(files().front(), std::ios::binary | std::ios::in | std::ios::out);
    io.seekp(static_cast<std::streamoff>(record_head_bytes) + 12);
    io.put('!');
  }
  const auto ids = drain(*queue);
  EXPECT_EQ(ids.size(), 9u);
  EXPECT_EQ(ids.front(), "id1");
  ASSERT_TRUE(queue->push(message(10)));
  EXPECT_EQ(drain(*queue).size(), 1u);
  EXPECT_EQ(queue->size(), 0u);
  EXPECT_EQ(queue->lost(), 1u);
}

TEST_F(DiskQueueTest, AFileThatIsTakenAwayIsLostAndTheQueueGoesOn) {
  auto queue = open();
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(queue->push(message(i)));
  for (const auto& file : files()) fs::remove(file);
  EXPECT_EQ(queue->front(), std::nullopt);
  EXPECT_EQ(queue->lost(), 10u);
  ASSERT_TRUE(queue->push(message(11)));
  EXPECT_EQ(drain(*queue), std::vector<std::string>{"id11"});
}

TEST_F(DiskQueueTest, AProgramThatIsKilledLosesNothingThatWasPushed) {
  // The child says what it has pushed and popped through a pipe, and is killed at a moment of chance.
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  std::uint64_t pushed = 0, popped = 0;
  for (int round = 0; round < 30; ++round) {
    int out[2];
    ASSERT_EQ(::pipe(out), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(out[0]);
      auto queue = DiskQueue::open({dir, 64 * small_bytes});
      if (!queue) ::_exit(3);
      for (std::uint64_t n = pushed;; ++n) {
        if (!(*queue)->push(message(n))) ::_exit(4);
        if (::write(out[1], "+", 1) != 1) ::_exit(5);
        if (n % 3 != 0) continue;
        const auto front = (*queue)->front();
        if (!front || !(*queue)->pop()) ::_exit(6);
        if (::write(out[1], "-", 1) != 1) ::_exit(7);
      }
    }
    ::close(out[1]);
    std::string said(1 + random() % 400, '\0');
    std::size_t got = 0;
    while (got < said.size()) {
      const ssize_t n = ::read(out[0], said.data() + got, said.size() - got);
      ASSERT_GT(n, 0);
      got += static_cast<std::size_t>(n);
    }
    ::kill(child, SIGKILL);
    char more = 0;
    while (::read(out[0], &more, 1) == 1) said += more;
    ::close(out[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    pushed += static_cast<std::uint64_t>(std::count(said.begin(), said.end(), '+'));
    popped += static_cast<std::uint64_t>(std::count(said.begin(), said.end(), '-'));

    // It may have been killed between the deed and the word.
    auto queue = open(64 * small_bytes);
    ASSERT_NE(queue, nullptr);
    EXPECT_EQ(queue->gaps(), 0u);
    ASSERT_EQ(queue->dropped(), 0u) << "the test itself pushes too much";
    const auto front = queue->front();
    if (!front) {
      EXPECT_LE(pushed - popped, 1u);
      continue;
    }
    const auto oldest = std::stoull(front->id.substr(2));
    EXPECT_GE(oldest, popped);
    EXPECT_LE(oldest, popped + 1);
    EXPECT_GE(oldest + queue->size(), pushed);
    EXPECT_LE(oldest + queue->size(), pushed + 1);
    pushed = oldest + queue->size();
    popped = oldest;
  }
}

// Against a plain deque, with restarts in between.
TEST_F(DiskQueueTest, BehavesLikeADequeOverAnyOrderOfCalls) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  auto queue = open();
  std::deque<Message> model;
  std::uint64_t next = 0, dropped_before = 0;
  for (int step = 0; step < 20000; ++step) {
    const auto what = random() % 100;
    if (what < 48) {
      const std::uint64_t dropped = queue->dropped();
      model.push_back(message(next++, random() % 700));
      ASSERT_TRUE(queue->push(model.back()));
      const auto gone = static_cast<std::ptrdiff_t>(queue->dropped() - dropped);
      model.erase(model.begin(), model.begin() + gone);
    } else if (what < 96) {
      const auto front = queue->front();
      ASSERT_EQ(front.has_value(), !model.empty());
      if (!front) continue;
      ASSERT_EQ(*front, model.front());
      ASSERT_TRUE(queue->pop());
      model.pop_front();
    } else if (what < 98) {
      ASSERT_TRUE(queue->sync());
    } else {
      dropped_before += queue->dropped();
      queue.reset();
      queue = open();
      ASSERT_NE(queue, nullptr);
    }
    ASSERT_EQ(queue->size(), model.size()) << step;
    ASSERT_LE(queue->bytes(), small_bytes);
  }
}

TEST_F(DiskQueueTest, ASmallerBoundTakesEffectAtTheNextStart) {
  {
    auto queue = open(4 * small_bytes);
    for (std::uint64_t i = 0; i < 3000; ++i) ASSERT_TRUE(queue->push(message(i, 200)));
    EXPECT_EQ(queue->dropped(), 0u);
  }
  auto queue = open(small_bytes);
  EXPECT_LE(queue->bytes(), small_bytes);
  EXPECT_GT(queue->dropped(), 0u);
  EXPECT_EQ(queue->dropped() + queue->size(), 3000u);
}

TEST_F(DiskQueueTest, WhatCannotBeIsOneLine) {
  EXPECT_EQ(DiskQueue::open({dir, small_bytes - 1}).error().code, Code::invalid);
  auto queue = open();
  const auto second = DiskQueue::open({dir, small_bytes});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::denied);
  EXPECT_NE(second.error().line().find("another program"), std::string::npos) << second.error().line();
  EXPECT_EQ(queue->push(message(1, max_message_bytes)).error().code, Code::exhausted);
  EXPECT_TRUE(queue->push({"", "", std::string(max_message_bytes, 'x'), false}));
  queue.reset();
  fs::resize_file(files().front(), std::uint64_t{3} << 20);
  EXPECT_EQ(DiskQueue::open({dir, small_bytes}).error().code, Code::corrupt);
  std::ofstream(scratch / "file") << "x";
  EXPECT_FALSE(DiskQueue::open({scratch / "file/queue", small_bytes}));
}

TEST_F(DiskQueueTest, ADiskThatIsFullLeavesTheQueueAsItWas) {
  auto queue = open();
  ASSERT_TRUE(queue->push(message(1)));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  // Writing beyond this is refused like on a full disk, after a first part.
  const rlimit bound{queue->bytes() + 40, before.rlim_max};
  const auto former = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &bound), 0);
  const auto refused = queue->push(message(2, 500));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, former);
  ASSERT_FALSE(refused);
  EXPECT_EQ(queue->size(), 1u);
  ASSERT_TRUE(queue->push(message(3)));
  queue.reset();
  queue = open();
  EXPECT_EQ(queue->gaps(), 0u);
  EXPECT_FALSE(queue->torn());
  EXPECT_EQ(drain(*queue), (std::vector<std::string>{"id1", "id3"}));
}

}  // namespace
}  // namespace weir::notify
