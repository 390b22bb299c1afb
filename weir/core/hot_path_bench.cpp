// What a scope costs, alone and by parts. The aim is 30 ns for a whole scope.
#include "weir/core/hot_path.hpp"

#include <benchmark/benchmark.h>

#include "weir/core/cpu_mark.hpp"
#include "weir/core/thread_bytes.hpp"
#include "weir/core/ticks.hpp"

namespace weir {
namespace {

void scope(benchmark::State& state) {
  static HotPath path("bench.scope", HotPath::Kind::own, 0);
  for (auto _ : state) {
    const HotPath::Scope pass(path);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(scope);
BENCHMARK(scope)->Threads(2);  // two threads, one path: they share its counters

void nested_scope(benchmark::State& state) {
  HotPath outer("bench.outer"), inner("bench.inner");
  for (auto _ : state) {
    const HotPath::Scope pass(outer);
    const HotPath::Scope within(inner);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(nested_scope);

void read_both_counters(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(thread_bytes());
}
BENCHMARK(read_both_counters);

void look_at_the_mark(benchmark::State& state) {
  detail::CpuMark mark;
  mark.prepare();
  mark.set();
  for (auto _ : state) benchmark::DoNotOptimize(mark.look());
  mark.clear();
}
BENCHMARK(look_at_the_mark);

void read_ticks(benchmark::State& state) {
  detail::prepare_ticks();
  for (auto _ : state) benchmark::DoNotOptimize(detail::ticks());
}
BENCHMARK(read_ticks);

void report(benchmark::State& state) {
  HotPath path("bench.report");
  for (auto _ : state) benchmark::DoNotOptimize(path.report());
}
BENCHMARK(report);

}  // namespace
}  // namespace weir
