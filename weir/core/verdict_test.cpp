#include "weir/core/verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <random>

#include "weir/core/clock.hpp"

namespace weir {
namespace {

constexpr double kB = 1000, MiB = 1024.0 * 1024, minute = 60, hour = 3600;
using Random = std::mt19937_64;

std::uint64_t run_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("WEIR_TEST_SEED");
    const std::uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    std::cout << "[ seed ] " << value << " (set WEIR_TEST_SEED to repeat)" << std::endl;
    return value;
  }();
  return seed;
}

// Sanitizers are slow and their runs are about memory, not about odds.
int runs(int wanted) {
#ifdef WEIR_SANITIZED
  return (wanted + 9) / 10;
#else
  return wanted;
#endif
}

double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
double log_uniform(Random& random, double low, double high) {
  return std::exp(uniform(random, std::log(low), std::log(high)));
}

// Bytes of an owner at `t` seconds with `work` frames done.
using Owner = std::function<double(double t, double work)>;

struct Simulation {
  double fps = 25;
  double until = 90;  // seconds
  std::vector<std::pair<std::string, Owner>> owners;
};

// Samples about once a second on the virtual clock; `look` sees every report and says whether to go on.
void simulate(const Simulation& simulation, Random& random,
              const std::function<bool(double t, const VerdictReport&)>& look) {
  VirtualClock clock;
  const Instant start = clock.now();
  TrendWatch watch;
  for (;;) {
    const double t = std::chrono::duration<double>(clock.now() - start).count();
    if (t > simulation.until) return;
    const double work = std::floor(t * simulation.fps);
    std::vector<OwnerBytes> figures;
    for (const auto& [name, owner] : simulation.owners) {
      figures.push_back({name, static_cast<std::uint64_t>(std::max(0.0, owner(t, work)))});
    }
    watch.add(t, static_cast<std::uint64_t>(work), figures);
    if (!look(t, watch.report())) return;
    clock.advance(std::chrono::microseconds(static_cast<std::int64_t>(uniform(random, 0.98, 1.03) * 1e6)));
  }
}

Owner level(Random& random, double noise) {
  const double base = log_uniform(random, 0.2 * MiB, 300 * MiB);
  return [&random, base, noise](double, double) { return base + uniform(random, -noise, noise); };
}

Owner sum(Owner a, Owner b) {
  return [a = std::move(a), b = std::move(b)](double t, double work) { return a(t, work) + b(t, work); };
}

Owner leak_per_unit(double bytes, double from = 0) {
  return [=, first = -1.0](double t, double work) mutable {
    if (t < from) return 0.0;
    if (first < 0) first = work;
    return bytes * (work - first);
  };
}

// Rises for a period, then falls back to nothing; every cycle a little different.
Owner sawtooth(Random& random, double period, double height, double jitter) {
  struct State {
    double began = 0, period, height;
  };
  return [&random, period, height, jitter, s = State{0, period, height}](double t, double) mutable {
    while (t >= s.began + s.period) {
      s.began += s.period;
      s.period = period * uniform(random, 1 - jitter, 1 + jitter);
      s.height = height * uniform(random, 1 - jitter, 1 + jitter);
    }
    return s.height * (t - s.began) / s.period;
  };
}

std::string describe(const VerdictReport& report) {
  std::string text(to_string(report.verdict));
  for (const auto& g : report.growing) {
    text += " " + g.owner + " " + std::to_string(g.bytes_per_hour / MiB) + " MiB/h since " + std::to_string(g.since_s);
  }
  return text;
}

// By chance the noise of one run in thousands hides it for some seconds more.
TEST(Verdict, ALeakOfOneKilobyteAFrameIsCalledGrowingWithItsOwnerWithinAMinute) {
  int late = 0;
  for (int run = 0; run < runs(300); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.fps = uniform(random, 15, 30);
    s.until = 75;
    s.owners = {{"main", level(random, 20 * kB)},
                {"front", sum(level(random, uniform(random, 0, 100 * kB)), leak_per_unit(1 * kB))},
                {"server", level(random, 50 * kB)}};
    bool called = false;
    std::string last;
    simulate(s, random, [&](double t, const VerdictReport& report) {
      last = describe(report) + " at " + std::to_string(t);
      if (report.verdict != Verdict::growing) return true;
      called = true;
      late += t > 60;
      EXPECT_EQ(report.growing.size(), 1u) << last;
      EXPECT_EQ(report.growing.front().owner, "front") << last;
      EXPECT_NEAR(report.growing.front().bytes_per_hour, kB * s.fps * hour, 0.35 * kB * s.fps * hour) << last;
      return false;
    });
    EXPECT_TRUE(called) << "run " << run << ": " << last;
  }
  EXPECT_LE(late, 1);
}

TEST(Verdict, AQuietProgramIsLevelForHours) {
  for (int run = 0; run < runs(6); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 3 * hour;
    s.owners = {
        {"main", level(random, 0)}, {"front", level(random, 2 * MiB)}, {"unaccounted", level(random, 100 * kB)}};
    simulate(s, random, [&](double t, const VerdictReport& report) {
      EXPECT_NE(report.verdict, Verdict::growing) << "run " << run << " at " << t << ": " << describe(report);
      if (t > 120) {
        EXPECT_EQ(report.verdict, Verdict::level) << "run " << run << " at " << t;
      }
      return !testing::Test::HasFailure();
    });
  }
}

TEST(Verdict, GrowthThatEndedIsAPlateau) {
  for (int run = 0; run < runs(20); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 3 * hour;
    const double base = uniform(random, 1, 20) * MiB, rise = uniform(random, 8, 200) * MiB;
    const double ends = log_uniform(random, 20, 20 * minute);
    const bool bends = run % 2 == 0;
    s.owners = {{"cache", [&](double t, double) {
                   const double share = bends ? 1 - std::exp(-3 * t / ends) : std::min(1.0, t / ends);
                   return base + rise * share + uniform(random, 0, 30 * kB);
                 }}};
    Verdict last{};
    const double settled = bends ? 4 * ends : ends;
    simulate(s, random, [&](double t, const VerdictReport& report) {
      last = report.verdict;
      if (t < settled + std::max(45.0, ends)) return true;
      EXPECT_NE(report.verdict, Verdict::growing)
          << "run " << run << " at " << t << ", ended at " << ends << ": " << describe(report);
      return !testing::Test::HasFailure();
    });
    // What was full during the warm-up did not grow after it.
    if (ends > minute) {
      EXPECT_EQ(last, Verdict::plateau) << "run " << run << ", ended at " << ends;
    }
  }
}

TEST(Verdict, ACacheThatFillsSlowlyOrQuicklyIsNeverCalledGrowing) {
  for (int run = 0; run < runs(20); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 2 * hour;
    // Full within half a minute at any rate, or slower than 24 MiB an hour for up to 40 minutes.
    const bool quick = run % 2 == 0;
    const double ends = quick ? uniform(random, 1, 30) : log_uniform(random, 60, 40 * minute);
    const double rise = quick ? log_uniform(random, 1 * MiB, 500 * MiB) : uniform(random, 1, 24) * MiB * ends / hour;
    const double base = uniform(random, 0, 50) * MiB;
    s.owners = {{"cache", [&](double t, double) {
                   return base + rise * std::min(1.0, t / ends) + uniform(random, 0, 20 * kB);
                 }}};
    simulate(s, random, [&](double t, const VerdictReport& report) {
      EXPECT_NE(report.verdict, Verdict::growing)
          << "run " << run << " at " << t << ", full at " << ends << " with " << rise << ": " << describe(report);
      return !testing::Test::HasFailure();
    });
  }
}

TEST(Verdict, ASawtoothIsNeverCalledGrowing) {
  for (int run = 0; run < runs(16); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 4 * hour;
    const double period = log_uniform(random, 2, 45 * minute);
    // A rise that lasts longer than the watch can wait is slower than 24 MiB an hour.
    const double height =
        period < 24 ? log_uniform(random, 0.1 * MiB, 100 * MiB) : uniform(random, 0.5, 24) * MiB * period / hour;
    s.owners = {{"cache", sum(level(random, 10 * kB), sawtooth(random, period, height, 0.2))}};
    simulate(s, random, [&](double t, const VerdictReport& report) {
      EXPECT_NE(report.verdict, Verdict::growing)
          << "run " << run << " at " << t << ", period " << period << " height " << height << ": " << describe(report);
      return !testing::Test::HasFailure();
    });
  }
}

TEST(Verdict, AfterItsFirstFallNoSawtoothIsCalledGrowingHoweverSteep) {
  for (int run = 0; run < runs(12); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 2 * hour;
    const double period = log_uniform(random, 2, 45 * minute);
    const double height = log_uniform(random, 1 * MiB, 500 * MiB);
    s.owners = {{"cache", sum(level(random, 10 * kB), sawtooth(random, period, height, 0.2))}};
    simulate(s, random, [&](double t, const VerdictReport& report) {
      if (t < 1.3 * period + 60) return true;
      EXPECT_NE(report.verdict, Verdict::growing)
          << "run " << run << " at " << t << ", period " << period << " height " << height << ": " << describe(report);
      return !testing::Test::HasFailure();
    });
  }
}

// Wanders around a level with a memory of `memory` seconds, and now and then a block stays for a while.
Owner fragmented(Random& random, double memory, double size) {
  return [&random, memory, size, wander = 0.0, step = 0.0, before = 0.0](double t, double) mutable {
    const double keep = std::exp(-(t - before) / memory);
    before = t;
    wander = keep * wander + std::sqrt(1 - keep * keep) * std::normal_distribution<double>(0, size)(random);
    if (uniform(random, 0, 1) < 1.0 / (20 * minute)) step = step == 0 ? uniform(random, 0, 2 * size) : 0;
    return 100 * MiB + std::clamp(wander, -3 * size, 3 * size) + step;
  };
}

TEST(Verdict, FragmentationAndStepsAreNotGrowth) {
  for (int run = 0; run < runs(14); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 4 * hour;
    const bool large = run % 2 == 0;
    const double memory = log_uniform(random, 1, 5 * minute);
    const double size = large ? log_uniform(random, 0.1 * MiB, 20 * MiB) : log_uniform(random, 1 * kB, 60 * kB);
    s.owners = {{"front", fragmented(random, memory, size)}};
    simulate(s, random, [&](double t, const VerdictReport& report) {
      // Large ones have to be seen going up and down first.
      if (large && t < 15 * minute) return true;
      EXPECT_NE(report.verdict, Verdict::growing)
          << "run " << run << " at " << t << ", memory " << memory << " size " << size << ": " << describe(report);
      return !testing::Test::HasFailure();
    });
  }
}

TEST(Verdict, AFewClientsThatComeOneAfterAnotherAreNotGrowth) {
  for (int run = 0; run < runs(300); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 10 * minute;
    const double each = log_uniform(random, 0.5 * MiB, 20 * MiB), apart = uniform(random, 12, 22);
    const double first = uniform(random, 20, 2 * minute);
    const int clients = 2 + run % 2;
    s.owners = {{"server", [=](double t, double) {
                   const double came = t < first ? 0 : std::min<double>(clients, 1 + std::floor((t - first) / apart));
                   return 5 * MiB + each * came;
                 }}};
    simulate(s, random, [&](double t, const VerdictReport& report) {
      EXPECT_NE(report.verdict, Verdict::growing) << "run " << run << " at " << t << ", " << clients << " clients from "
                                                  << first << ", " << apart << " s apart: " << describe(report);
      return !testing::Test::HasFailure();
    });
  }
}

struct Outcome {
  bool called = false;
  double at = 0;
  std::string last;
};
Outcome wait_for_growing(const Simulation& s, Random& random, std::string_view owner) {
  Outcome out;
  simulate(s, random, [&](double t, const VerdictReport& report) {
    out.at = t;
    out.last = describe(report);
    out.called = report.verdict == Verdict::growing && report.growing.front().owner == owner;
    return !out.called;
  });
  return out;
}

TEST(Verdict, ALeakOfHalfAMegabyteAnHourIsFoundWithinHours) {
  for (int run = 0; run < runs(12); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 12 * hour;
    const double per_frame = 0.5 * MiB / (s.fps * hour);
    s.owners = {{"main", level(random, 10 * kB)}, {"front", sum(level(random, 100 * kB), leak_per_unit(per_frame))}};
    const Outcome out = wait_for_growing(s, random, "front");
    EXPECT_TRUE(out.called) << "run " << run << ": " << out.last;
  }
}

TEST(Verdict, ALeakWhileNothingIsDoneIsFound) {
  for (int run = 0; run < runs(12); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.fps = 0;
    s.until = 8 * hour;
    const double per_second = 135 * MiB / (24 * hour);
    s.owners = {{"offline", sum(level(random, 50 * kB), [=](double t, double) { return per_second * t; })}};
    const Outcome out = wait_for_growing(s, random, "offline");
    EXPECT_TRUE(out.called) << "run " << run << ": " << out.last;
  }
}

TEST(Verdict, ALeakBelowASawtoothIsFound) {
  for (int run = 0; run < runs(12); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 12 * hour;
    const double period = log_uniform(random, 3, 10 * minute);
    const double height = uniform(random, 0.5, 4) * MiB;
    const double per_frame = 4 * MiB / (s.fps * hour);
    s.owners = {{"front", sum(sawtooth(random, period, height, 0.2), leak_per_unit(per_frame))}};
    const Outcome out = wait_for_growing(s, random, "front");
    EXPECT_TRUE(out.called) << "run " << run << ", period " << period << " height " << height << ": " << out.last;
  }
}

TEST(Verdict, ALeakThatBeginsAfterHoursIsCalledSoonAndSaysSinceWhen) {
  for (int run = 0; run < runs(12); ++run) {
    Random random(run_seed() + static_cast<std::uint64_t>(run));
    Simulation s;
    s.until = 10 * hour;
    const double from = uniform(random, 1 * hour, 9 * hour);
    s.owners = {{"front", sum(level(random, 30 * kB), leak_per_unit(1 * kB, from))}};
    double since = 0;
    Outcome out;
    simulate(s, random, [&](double t, const VerdictReport& report) {
      out.at = t;
      out.called = report.verdict == Verdict::growing;
      if (out.called) since = report.growing.front().since_s;
      return !out.called;
    });
    EXPECT_TRUE(out.called) << "run " << run;
    EXPECT_LT(out.at, from + 2 * minute) << "run " << run;
    EXPECT_GT(out.at, from) << "run " << run;
    EXPECT_NEAR(since, from, 90) << "run " << run;
  }
}

TEST(Verdict, AnOwnerThatComesLaterHasItsOwnWarmUp) {
  Random random(run_seed());
  Simulation s;
  s.until = hour;
  s.owners = {{"main", level(random, 10 * kB)}};
  TrendWatch watch;
  for (double t = 0; t < s.until; t += 1) {
    std::vector<OwnerBytes> figures{{"main", 5'000'000}};
    // 40 MiB within its first ten seconds, half an hour into the run.
    if (t >= 1800) figures.push_back({"late", static_cast<std::uint64_t>(std::min(t - 1800, 10.0) * 4 * MiB)});
    watch.add(t, static_cast<std::uint64_t>(25 * t), figures);
    ASSERT_NE(watch.report().verdict, Verdict::growing) << t;
  }
  EXPECT_EQ(watch.report().verdict, Verdict::level);
}

TEST(Verdict, BeginsWarmingAndNamesTheWorstFirst) {
  TrendWatch watch;
  EXPECT_EQ(watch.report().verdict, Verdict::warming);
  for (double t = 0; t < 70; t += 1) {
    const auto leak = [&](double per_second) { return static_cast<std::uint64_t>(1e6 + per_second * t); };
    const std::vector<OwnerBytes> figures{{"a", leak(20e3)}, {"b", leak(80e3)}, {"c", leak(0)}};
    watch.add(t, static_cast<std::uint64_t>(25 * t), figures);
    if (t < 40) {
      ASSERT_EQ(watch.report().verdict, Verdict::warming);
    }
  }
  ASSERT_EQ(watch.report().growing.size(), 2u);
  EXPECT_EQ(watch.report().growing[0].owner, "b");
  EXPECT_EQ(watch.report().growing[1].owner, "a");
}

}  // namespace
}  // namespace weir
