#include "bench/spatial/run.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <vector>

#include "weir/core/hot_path.hpp"

namespace bench {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr int priority = 70;
constexpr std::size_t samples_checked = 48;

std::int64_t read_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * second_ns + now.tv_nsec;
}

void sleep_until(std::int64_t due_ns) {
  const timespec due{due_ns / second_ns, due_ns % second_ns};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr) == EINTR) {
  }
}

std::uint64_t blocks_of(const Work& work, double seconds) {
  return std::max<std::uint64_t>(1, std::llround(seconds * rate_hz / static_cast<double>(work.block())));
}

// One block after another.
class Player {
 public:
  Player(Subject& subject, const Work& work) : subject_(subject), work_(work), path_("block") {
    for (std::size_t ear = 0; ear < ears; ++ear) out_[ear].resize(work.block());
  }
  bool play() {
    const float* in[inputs];
    for (std::size_t i = 0; i < inputs; ++i) in[i] = work_.input(i, block_);
    float* const out[ears] = {out_[0].data(), out_[1].data()};
    ++block_;
    const weir::HotPath::Scope quiet(path_);
    return subject_.process(in, out);
  }
  std::uint64_t next() const { return block_; }
  float output(std::size_t ear, std::size_t sample) const { return out_[ear][sample]; }
  weir::HotPathReport report() const { return path_.report(); }

 private:
  Subject& subject_;
  const Work& work_;
  weir::HotPath path_;
  std::vector<float> out_[ears];
  std::uint64_t block_ = 0;
};

// Samples of the output at random places, kept while it plays and compared with the exact ones afterwards.
class Check {
 public:
  Check(const Work& work, std::uint64_t first_block, std::uint64_t blocks) : work_(work) {
    std::mt19937_64 random(work.taps() + work.block());
    for (std::size_t i = 0; i < samples_checked; ++i) {
      const std::uint64_t block = first_block + random() % blocks, sample = random() % work.block();
      kept_.push_back({block * work.block() + sample, static_cast<std::size_t>(random() % ears), 0});
    }
    std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.n < b.n; });
  }
  void look(std::uint64_t block, const Player& player) {
    for (; next_ < kept_.size() && kept_[next_].n / work_.block() == block; ++next_)
      kept_[next_].value = player.output(kept_[next_].ear, kept_[next_].n % work_.block());
  }
  void conclude(Paced& result) const {
    for (const Kept& kept : kept_) {
      const double off = std::abs(static_cast<double>(kept.value) - work_.exact(kept.ear, kept.n));
      result.deviation = std::max(result.deviation, off);
      if (!(off <= tolerance)) ++result.wrong;  // also what is no number
    }
    result.checked = kept_.size();
  }

 private:
  struct Kept {
    std::uint64_t n;
    std::size_t ear;
    float value;
  };
  const Work& work_;
  std::vector<Kept> kept_;
  std::size_t next_ = 0;
};

double quantile_us(const std::vector<std::int64_t>& sorted_ns, double q) {
  const auto at = static_cast<std::size_t>(q * static_cast<double>(sorted_ns.size() - 1));
  return static_cast<double>(sorted_ns[at]) / 1000;
}

}  // namespace

Schedule become_real_time() {
  (void)::mlockall(MCL_CURRENT | MCL_FUTURE);
  (void)::prctl(PR_SET_TIMERSLACK, 1UL);
  const sched_param wanted{priority};
  if (::sched_setscheduler(0, SCHED_FIFO, &wanted) == 0) return {SCHED_FIFO, priority};
  return {SCHED_OTHER, 0};
}

Paced run_paced(Subject& subject, const Work& work, double warm_up_s, double seconds) {
  const std::uint64_t warm_up = blocks_of(work, warm_up_s), blocks = blocks_of(work, seconds);
  Player player(subject, work);
  Check check(work, warm_up, blocks);
  std::vector<std::int64_t> taken_ns(blocks);
  Paced result{};
  result.blocks = blocks;
  std::int64_t cpu_ns = 0;

  const std::int64_t start_ns = read_ns(CLOCK_MONOTONIC) + second_ns / 100;
  const auto due_ns = [&](std::uint64_t block) {
    return start_ns + static_cast<std::int64_t>(block * work.block()) * second_ns / rate_hz;
  };
  for (std::uint64_t block = 0; block < warm_up + blocks; ++block) {
    sleep_until(due_ns(block));
    if (block == warm_up) cpu_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID);
    const std::int64_t begun_ns = read_ns(CLOCK_MONOTONIC);
    const bool whole = player.play();
    const std::int64_t ended_ns = read_ns(CLOCK_MONOTONIC);
    if (block < warm_up) continue;
    taken_ns[block - warm_up] = ended_ns - begun_ns;
    if (!whole || ended_ns > due_ns(block + 1)) ++result.late;
    check.look(block, player);
  }
  // To the end of the last block's time, in which threads of the subject may still work.
  sleep_until(due_ns(warm_up + blocks));
  cpu_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;

  result.cpu_percent = 100.0 * static_cast<double>(cpu_ns) / static_cast<double>(due_ns(blocks) - due_ns(0));
  std::sort(taken_ns.begin(), taken_ns.end());
  result.p50_us = quantile_us(taken_ns, 0.5);
  result.p99_us = quantile_us(taken_ns, 0.99);
  result.max_us = quantile_us(taken_ns, 1);
  const weir::HotPathReport path = player.report();
  result.allocations = path.allocations;
  result.frees = path.frees;
  result.preempted = path.preempted;
  check.conclude(result);
  return result;
}

double run_unpaced(Subject& subject, const Work& work, double seconds) {
  const std::uint64_t blocks = blocks_of(work, seconds);
  Player player(subject, work);
  for (std::uint64_t block = 0; block < blocks / 4; ++block) player.play();
  const std::int64_t before_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID);
  for (std::uint64_t block = 0; block < blocks; ++block) player.play();
  const auto cpu_ns = static_cast<double>(read_ns(CLOCK_PROCESS_CPUTIME_ID) - before_ns);
  return 100.0 * cpu_ns * rate_hz / (static_cast<double>(blocks * work.block()) * second_ns);
}

}  // namespace bench
