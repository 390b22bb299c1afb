// What the ledger costs the program that it watches: once a second a sample, three times a second a decay.
#include <sys/mman.h>
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "weir/core/account.hpp"
#include "weir/core/ledger.hpp"
#include "weir/core/verdict.hpp"

namespace {

// So many accounts that hold blocks, and libraries' worth of mappings.
void populate(int accounts, int mappings) {
  static int have_accounts = 0, have_mappings = 0;
  for (; have_accounts < accounts; ++have_accounts) {
    const weir::AccountBinding binding(weir::Account::open("bench." + std::to_string(have_accounts)));
    for (int i = 0; i < 200; ++i) {
      void* const block = std::malloc(4000);
      std::memset(block, 1, 4000);
      benchmark::DoNotOptimize(block);
    }
  }
  for (; have_mappings < mappings; ++have_mappings) {
    // Neighbours that differ in permission are not made one mapping by the kernel.
    const int permission = have_mappings % 2 == 0 ? PROT_READ | PROT_WRITE : PROT_READ;
    void* const memory = ::mmap(nullptr, 64 << 10, permission, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED && (permission & PROT_WRITE) != 0) std::memset(memory, 1, 64 << 10);
  }
}

void ledger_sample(benchmark::State& state) {
  populate(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  weir::Ledger ledger;
  std::uint64_t work = 0;
  for (auto _ : state) benchmark::DoNotOptimize(ledger.sample(++work));
}
BENCHMARK(ledger_sample)->Args({4, 0})->Args({8, 600})->Args({40, 600})->Unit(benchmark::kMicrosecond);

void ledger_decay(benchmark::State& state) {
  populate(static_cast<int>(state.range(0)), 0);
  weir::Ledger ledger;
  for (auto _ : state) ledger.decay();
}
BENCHMARK(ledger_decay)->Arg(40)->Unit(benchmark::kMicrosecond);

void account_binding(benchmark::State& state) {
  // Another thread stays bound, or each unbinding would give the account's pages back.
  weir::Account& account = weir::Account::open("bench.0");
  for (auto _ : state) {
    const weir::AccountBinding binding(account);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(account_binding);

void trend_watch_second(benchmark::State& state) {
  const bool swinging = state.range(1) != 0;
  std::vector<std::string> names;
  for (int i = 0; i < state.range(0); ++i) names.push_back("owner." + std::to_string(i));
  weir::TrendWatch watch;
  std::uint64_t second = 0;
  for (auto _ : state) {
    ++second;
    std::vector<weir::OwnerBytes> figures;
    for (std::size_t i = 0; i < names.size(); ++i) {
      figures.push_back({names[i], (std::uint64_t{10} << 20) + (swinging ? second % (50 + 13 * i) * 100'000 : 0)});
    }
    watch.add(static_cast<double>(second), 25 * second, figures);
  }
}
BENCHMARK(trend_watch_second)->Args({10, 0})->Args({10, 1})->Args({64, 1})->Unit(benchmark::kMicrosecond);

}  // namespace
