// Renders eight channels to two ears with one subject at a sound card's pace, and prints what that took as one line of
// JSON; bench/spatial.py makes tables and bars of many such runs.
//   bench-spatial weir|zita|uniform TAPS BLOCK SECONDS [zita's options]
//   bench-spatial calibrate TAPS BLOCK SECONDS: which options of zita need the least CPU
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "bench/spatial/awake.hpp"
#include "bench/spatial/run.hpp"

namespace {

using namespace bench;

// Longer than the tails' longest period.
constexpr double warm_up_s = 0.4;
// As fast as it goes, this much sound is enough to tell layouts apart.
constexpr double unpaced_s = 1;

std::unique_ptr<Subject> make(const std::string& name, const Work& work, const ZitaOptions& options,
                              Schedule schedule) {
  if (name == "weir") return weir_subject(work);
  if (name == "zita") return zita_subject(work, options, schedule);
  if (name == "uniform") return uniform_subject(work);
  throw std::runtime_error("no such subject: " + name);
}

nlohmann::json measure(const std::string& name, const Work& work, double seconds, const ZitaOptions& options) {
  const AwakeCores awake;
  const Schedule schedule = become_real_time();
  const auto subject = make(name, work, options, schedule);
  const Paced run = run_paced(*subject, work, warm_up_s, seconds);
  return {{"subject", name},
          {"taps", work.taps()},
          {"block", work.block()},
          {"blocks", run.blocks},
          {"cpu_percent", run.cpu_percent},
          {"p50_us", run.p50_us},
          {"p99_us", run.p99_us},
          {"max_us", run.max_us},
          {"late", run.late},
          {"wrong", run.wrong},
          {"checked", run.checked},
          {"deviation", run.deviation},
          {"allocations", run.allocations},
          {"frees", run.frees},
          {"preempted", run.preempted},
          {"real_time", schedule.policy == SCHED_FIFO}};
}

// All layouts as fast as they go, the best one also without zita's SIMD code. Then the two best ones at their pace,
// with and without waiting for their threads.
nlohmann::json calibrate(const Work& work, double seconds) {
  struct Tried {
    ZitaOptions options;
    double cpu_percent;
  };
  std::vector<Tried> tried;
  const auto sort = [](std::vector<Tried>& all) {
    std::sort(all.begin(), all.end(), [](const Tried& a, const Tried& b) { return a.cpu_percent < b.cpu_percent; });
  };
  const auto try_unpaced = [&](const ZitaOptions& options) {
    const auto subject = zita_subject(work, options, {SCHED_OTHER, 0});
    tried.push_back({options, run_unpaced(*subject, work, unpaced_s)});
  };
  for (const bool dense : {true, false}) {
    for (auto maxpart = static_cast<unsigned>(work.block()); maxpart <= 8192; maxpart *= 2) {
      try_unpaced({true, maxpart, dense, true});
      if (maxpart >= work.taps()) break;  // longer ones change nothing
    }
  }
  sort(tried);
  ZitaOptions plain = tried.front().options;
  plain.vector = false;
  try_unpaced(plain);
  sort(tried);
  tried.resize(std::min<std::size_t>(tried.size(), 2));
  const AwakeCores awake;
  const Schedule schedule = become_real_time();
  std::vector<Tried> paced;
  for (const Tried& layout : tried) {
    for (const bool sync : {false, true}) {
      ZitaOptions options = layout.options;
      options.sync = sync;
      const auto subject = zita_subject(work, options, schedule);
      paced.push_back({options, run_paced(*subject, work, warm_up_s / 2, seconds).cpu_percent});
    }
  }
  sort(paced);
  auto all = nlohmann::json::array();
  for (const Tried& t : paced) all.push_back({{"options", t.options.text()}, {"cpu_percent", t.cpu_percent}});
  return {{"taps", work.taps()}, {"block", work.block()}, {"zita", all}};
}

}  // namespace

int main(int argc, char** argv) try {
  const int taps = argc > 4 ? std::atoi(argv[2]) : 0, block = argc > 4 ? std::atoi(argv[3]) : 0;
  const double seconds = argc > 4 ? std::atof(argv[4]) : 0;
  if (argc > 6 || taps < 1 || block < 16 || block > 8192 || seconds <= 0) {
    std::fprintf(stderr, "usage: bench-spatial weir|zita|uniform|calibrate TAPS BLOCK SECONDS [zita's options]\n");
    return 2;
  }
  const std::string what = argv[1];
  const Work work(static_cast<std::size_t>(taps), static_cast<std::size_t>(block));
  const ZitaOptions options = argc > 5 ? ZitaOptions::from(argv[5]) : ZitaOptions{};
  const nlohmann::json result = what == "calibrate" ? calibrate(work, seconds) : measure(what, work, seconds, options);
  std::cout << result.dump() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench-spatial: %s\n", error.what());
  return 1;
}
