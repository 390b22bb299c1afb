// Who owns this process's memory? Two owners take some, and the ledger says how much each holds.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/account.hpp"
#include "weir/core/ledger.hpp"

namespace {

std::vector<std::unique_ptr<char[]>> take(const char* owner, std::size_t megabytes) {
  const weir::AccountBinding binding(weir::Account::open(owner));
  std::vector<std::unique_ptr<char[]>> blocks;
  for (std::size_t i = 0; i < megabytes; ++i) blocks.push_back(std::make_unique<char[]>(1 << 20));
  return blocks;
}

double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

int main() {
  const auto thumbnails = take("thumbnails", 32);
  const auto index = take("index", 8);

  weir::Ledger ledger;
  const weir::LedgerSample now = ledger.sample(1);
  for (const auto& [owner, bytes] : now.accounts) {
    std::printf("%-12s %6.1f MiB live, %6.1f MiB resident\n", owner.c_str(), mib(bytes.live), mib(bytes.resident));
  }
  std::printf("%-12s %6.1f MiB\n%-12s %6.1f MiB, %.1f %% of what is not file-backed\n", "total", mib(now.total_bytes),
              "unaccounted", mib(now.unaccounted_bytes), 100 * now.unaccounted_share);
  return 0;
}
