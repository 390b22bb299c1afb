// Measures weir/core beside its peers and prints the samples as JSON; bench/core.py makes tables and bars of them.
// bench-core [rounds] [seconds per sample]
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/core/measure.hpp"

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 41;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 0.01;
  if (rounds < 1 || seconds <= 0) return std::fprintf(stderr, "usage: bench-core [rounds] [seconds per sample]\n"), 2;
  if (!bench::allocator_has_its_defaults()) {
    return std::fprintf(stderr, "jemalloc does not run with its defaults here: the peers would not be at their best\n"),
           1;
  }

  std::vector<bench::Case> cases = bench::pool_cases();
  for (auto& more : {bench::channel_cases(), bench::lock_cases()}) cases.insert(cases.end(), more.begin(), more.end());

  auto rows = nlohmann::json::array();
  for (const bench::Case& which : cases) {
    std::fprintf(stderr, "%s\n", which.name.c_str());
    const std::size_t n = which.subjects.size();
    std::vector<std::size_t> operations;
    for (const auto& subject : which.subjects) operations.push_back(bench::calibrate(which, subject, seconds));
    std::vector<std::vector<double>> samples(n);
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t turn = 0; turn < n; ++turn) {
        const std::size_t s = (turn + static_cast<std::size_t>(round)) % n;  // nobody always comes first
        samples[s].push_back(bench::time_once(which, which.subjects[s], operations[s]));
      }
    }
    for (std::size_t s = 0; s < n; ++s) {
      const bench::Subject& subject = which.subjects[s];
      rows.push_back({{"case", which.name},
                      {"subject", subject.name},
                      {"metric", "time"},
                      {"unit", "ns"},
                      {"samples", samples[s]}});
      const double allocations = bench::allocations_per_operation(which, subject, 50000);
      rows.push_back({{"case", which.name},
                      {"subject", subject.name},
                      {"metric", "allocations"},
                      {"unit", "1/op"},
                      {"samples", {allocations}}});
    }
  }
  std::cout << nlohmann::json{{"rows", rows}}.dump() << '\n';
  return 0;
}
