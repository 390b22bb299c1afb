// Chaos: workers of a decoupled watch are killed, stopped and made to eat memory, one after the other, and nobody else
// notices. Twenty seconds in `./dev test`, two minutes in `./dev soak`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/watch_run.hpp"

namespace {

using namespace weir::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool soak() { return std::getenv("WEIR_TEST_SOAK") != nullptr; }

constexpr std::array cameras{"a", "b", "c", "d"};

struct Worker {
  std::string id, camera;
  pid_t pid = 0;
};

std::vector<Worker> running_workers(const Json& report) {
  std::vector<Worker> all;
  for (const auto& worker : report["workers"]) {
    const auto id = worker["id"].get<std::string>();
    if (worker["pid"] != 0) all.push_back({id, id.substr(0, id.find('/')), worker["pid"].get<pid_t>()});
  }
  return all;
}

std::uint64_t restarts(const Json& report, const std::string& id) { return camera(report, id)["restarts"]; }

bool all_up(const Json& report) {
  return std::ranges::all_of(cameras, [&](const char* id) { return camera(report, id)["state"] == "up"; }) &&
         running_workers(report).size() == 2 * cameras.size();
}

// What the program holds of the system: descriptors, shared memory, children that wait to be reaped.
struct Held {
  std::size_t descriptors = 0, shared_mappings = 0, children = 0, zombies = 0;
};

Held held_by(pid_t pid) {
  const fs::path proc = "/proc/" + std::to_string(pid);
  Held held;
  held.descriptors = static_cast<std::size_t>(std::distance(fs::directory_iterator(proc / "fd"), {}));
  std::ifstream maps(proc / "maps");
  for (std::string line; std::getline(maps, line);) held.shared_mappings += line.find("/memfd:") != std::string::npos;
  for (const auto& task : fs::directory_iterator(proc / "task")) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) {
      ++held.children;
      std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
      std::string text((std::istreambuf_iterator<char>(stat)), {});
      const auto name_end = text.rfind(')');
      held.zombies += name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'Z';
    }
  }
  return held;
}

class Chaos : public testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("TEST_SEED");
    seed_ = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "seed " << seed_ << " (repeat with TEST_SEED)\n";
    random_.seed(seed_);
    make_clip(dir_ / "clip.mp4", 150);
    for (const char* id : cameras) {
      settings_ += "[cameras." + std::string(id) + "]\nurl = \"" + (dir_ / "clip.mp4").string() + "\"\n";
    }
  }

  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  ScratchDir dir_;
  std::string settings_ = "pipeline = \"decoupled\"\nsupervisor.max_restarts = 64\nsource.loop = true\n";
};

TEST_F(Chaos, whatever_happens_to_a_worker_only_its_own_camera_blinks_and_nothing_is_left_behind) {
  WatchRun watch(settings_, {});
  ASSERT_TRUE(watch.wait_until(all_up)) << watch.process().err();
  // The ledger looks once a second; workers that have just begun still grow.
  std::this_thread::sleep_for(5s);
  ASSERT_TRUE(watch.wait_until(all_up));
  const pid_t parent = watch.process().pid();
  const Held before = held_by(parent);
  [[maybe_unused]] const auto memory_before = watch.report()["memory"]["total_bytes"].get<double>();

  // A fault, and what the worker's end is called for it. SIGUSR1 is the allocation bomb of test builds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // A sanitizer reports the signal itself and exits, and memory has no limit there.
  const std::vector<std::pair<int, const char*>> faults{{SIGKILL, "crash"}, {SIGSEGV, "failed"}, {SIGSTOP, "hang"}};
#else
  const std::vector<std::pair<int, const char*>> faults{
      {SIGKILL, "crash"}, {SIGSEGV, "crash"}, {SIGSTOP, "hang"}, {SIGUSR1, "memory"}};
#endif
  std::map<std::string, std::uint64_t> hits;
  std::map<std::string, std::map<std::string, std::uint64_t>> expected;  // worker → cause → n
  const auto end = std::chrono::steady_clock::now() + (soak() ? 120s : 20s);
  for (std::size_t turn = 0; std::chrono::steady_clock::now() < end; ++turn) {
    ASSERT_TRUE(watch.wait_until(all_up)) << "seed " << seed_ << ": " << watch.process().err();
    std::map<std::string, std::uint64_t> so_far;
    for (const char* id : cameras) so_far[id] = restarts(watch.report(), id);
    const auto workers = running_workers(watch.report());
    const Worker& victim = workers[random_() % workers.size()];
    // Each kind once, then at random: a short run shows all of them.
    const auto& [signal, cause] = faults[turn < faults.size() ? turn : random_() % faults.size()];
    ASSERT_EQ(::kill(victim.pid, signal), 0) << victim.id;
    ++hits[victim.camera];
    ++expected[victim.id][cause];
    std::this_thread::sleep_for(2s);
    ASSERT_TRUE(watch.wait_until([&](const Json& report) {
      return restarts(report, victim.camera) > so_far[victim.camera] && all_up(report);
    })) << "seed "
        << seed_ << ": signal " << signal << " to " << victim.id << " was not recovered: " << watch.process().err();
    for (const char* id : cameras) {
      if (id == victim.camera) continue;
      EXPECT_EQ(restarts(watch.report(), id), so_far[id]) << id << " suffered from " << victim.id;
    }
  }
  for (const char* id : cameras) {
    const Json good = camera(watch.report(), id);
    EXPECT_EQ(restarts(watch.report(), id), hits[id]) << id;
    // A frame may be inside the worker when it ends; besides that none goes.
    EXPECT_LE(good["received"].get<std::uint64_t>(), good["decoded"].get<std::uint64_t>() + 2 * hits[id] + 2) << id;
    for (const auto& [reason, count] : good["dropped"].items()) {
      if (reason == "idle" || reason == "busy") continue;
      EXPECT_EQ(count, 0) << id << ": " << reason;
    }
  }
  for (const auto& worker : watch.report()["workers"]) {
    for (const auto& [cause, count] : expected[worker["id"].get<std::string>()]) {
      EXPECT_EQ(worker["causes"].value(cause, std::uint64_t{0}), count) << worker.dump();
    }
  }
  const Held after = held_by(parent);
  EXPECT_EQ(after.zombies, 0U);
  EXPECT_EQ(after.children, before.children);
  EXPECT_LE(after.descriptors, before.descriptors + 2) << "clients of this test come and go";
  EXPECT_EQ(after.shared_mappings, before.shared_mappings);
  EXPECT_NE(watch.report()["memory"]["verdict"], "growing") << watch.report()["memory"].dump();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // A sanitizer keeps what was freed for a while.
  EXPECT_LE(watch.report()["memory"]["total_bytes"].get<double>(), 1.25 * memory_before);
#endif

  const auto workers = running_workers(watch.report());
  const Outcome outcome = watch.stop(SIGINT);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  for (const Worker& worker : workers) EXPECT_NE(::kill(worker.pid, 0), 0) << worker.id << " outlived the run";
}

TEST_F(Chaos, killing_the_program_leaves_no_worker_running_not_even_a_stopped_one) {
  WatchRun watch(settings_, {});
  ASSERT_TRUE(watch.wait_until(all_up)) << watch.process().err();
  const auto workers = running_workers(watch.report());
  ASSERT_EQ(::kill(workers.front().pid, SIGSTOP), 0);
  ASSERT_TRUE(watch.process().send(SIGKILL));
  watch.process().wait();
  for (const Worker& worker : workers) {
    // Whoever inherits them reaps them; until then they are dead already.
    const auto gone = [&] {
      std::ifstream stat("/proc/" + std::to_string(worker.pid) + "/stat");
      std::string text((std::istreambuf_iterator<char>(stat)), {});
      const auto name_end = text.rfind(')');
      return name_end == std::string::npos || text[name_end + 2] == 'Z' || text[name_end + 2] == 'X';
    };
    for (int tries = 0; tries < 12000 && !gone(); ++tries) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(gone()) << worker.id;
  }
}

}  // namespace
