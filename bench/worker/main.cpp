// Measures how 1080p frames go from one process to another, and prints the samples as JSON; bench/worker.py makes
// tables and bars of them. bench-worker [rounds] [frames of each run]
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/worker/run.hpp"

namespace {

nlohmann::json row(const char* what, const std::string& way, const char* metric, const char* unit,
                   std::vector<double> samples) {
  return {{"case", what}, {"subject", way}, {"metric", metric}, {"unit", unit}, {"samples", std::move(samples)}};
}

}  // namespace

int main(int argc, char** argv) try {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  const int frames = argc > 2 ? std::atoi(argv[2]) : 1000;
  if (rounds < 1 || frames < 1) return std::fprintf(stderr, "usage: bench-worker [rounds] [frames]\n"), 2;

  const std::vector<bench::Way> ways = {{"weir", bench::weir_link},
                                        {"iceoryx 2.0.3", bench::iceoryx_link},
                                        {"Unix socket, copied", bench::socket_link},
                                        {"pipe, copied", bench::pipe_link}};
  struct Samples {
    std::vector<double> p50_us, p99_us, frames_per_s, cpu_s;
  };
  std::vector<Samples> samples(ways.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < ways.size(); ++turn) {
      const std::size_t w = (turn + static_cast<std::size_t>(round)) % ways.size();  // nobody always comes first
      const auto paced = bench::run_paced(ways[w], static_cast<std::uint64_t>(frames));
      const auto fast = bench::run_back_to_back(ways[w], static_cast<std::uint64_t>(frames));
      samples[w].p50_us.push_back(paced.p50_us);
      samples[w].p99_us.push_back(paced.p99_us);
      samples[w].frames_per_s.push_back(fast.frames_per_s);
      samples[w].cpu_s.push_back(fast.cpu_s_per_1000);
      std::fprintf(stderr, "  round %d: %s: p50 %.1f us, p99 %.1f us, %.0f frames/s, %.3f CPU s\n", round + 1,
                   ways[w].name.c_str(), paced.p50_us, paced.p99_us, fast.frames_per_s, fast.cpu_s_per_1000);
    }
  }

  auto rows = nlohmann::json::array();
  for (std::size_t w = 0; w < ways.size(); ++w) {
    rows.push_back(row("a frame every 2 ms", ways[w].name, "hand-over, p50", "us", samples[w].p50_us));
    rows.push_back(row("a frame every 2 ms", ways[w].name, "hand-over, p99", "us", samples[w].p99_us));
  }
  for (std::size_t w = 0; w < ways.size(); ++w) {
    rows.push_back(row("back to back", ways[w].name, "frames", "1/s", samples[w].frames_per_s));
    rows.push_back(row("back to back", ways[w].name, "CPU per 1000 frames", "s", samples[w].cpu_s));
  }
  std::cout << nlohmann::json{{"rows", rows}}.dump() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench-worker: %s\n", error.what());
  return 1;
}
