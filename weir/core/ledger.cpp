#include "weir/core/ledger.hpp"

#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "weir/core/arenas.hpp"
#include "weir/core/attribution.hpp"
#include "weir/core/children.hpp"
#include "weir/core/ledger_history.hpp"
#include "weir/core/loader_memory.hpp"
#include "weir/core/log.hpp"
#include "weir/core/regions.hpp"
#include "weir/core/smaps.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 4> classes{"file_backed", "stack", "allocator", "unaccounted"};

// Where the loader put libraries. Their uninitialised data is anonymous memory to the kernel and may be one mapping
// with anything beside it.
void image_ranges(std::vector<detail::Range>& out) {
  out.clear();
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
        auto& ranges = *static_cast<std::vector<detail::Range>*>(data);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& part = info->dlpi_phdr[i];
          if (part.p_type != PT_LOAD) continue;
          const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
          ranges.push_back({begin / page * page, (begin + part.p_memsz + page - 1) / page * page, detail::file_backed});
        }
        return 0;
      },
      &out);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  // Segments of one library can share a page.
  for (std::size_t i = 1; i < out.size(); ++i) out[i].begin = std::max(out[i].begin, out[i - 1].end);
  std::erase_if(out, [](const auto& range) { return range.begin >= range.end; });
}

}  // namespace

struct Ledger::State {
  explicit State(Clock& c) : clock(c), start(c.now()) {}

  Clock& clock;
  const Instant start;
  Account& own = Account::open("ledger");

  // The sampler's alone.
  std::string text;
  std::vector<detail::Mapping> mappings;
  std::vector<detail::Range> owned, other;
  TrendWatch trend;
  bool unreadable = false, overfull = false, child_unreadable = false;

  mutable std::mutex mutex;  // of what follows
  LedgerSample latest;
  VerdictReport verdict;
  detail::HistoryKeeper history;

  bool measure(LedgerSample& sample);
  void add_children(LedgerSample& sample, const std::vector<detail::AccountList::Entry>& accounts);
  void judge(const LedgerSample& sample, double seconds, std::uint64_t work);
};

Ledger::Ledger(Clock& clock) {
  Account::open("main");
  state_ = new State(clock);
  if (!detail::arenas_available()) {
    log(Level::debug, "ledger", "this build has no jemalloc: accounts show their pools only");
  } else if (!detail::arenas_exact()) {
    log(Level::warn, "ledger", "the allocator's thread cache is on and blurs accounts: link weir_runtime");
  }
}

Ledger::~Ledger() { delete state_; }

void Ledger::decay() {
  detail::decay_arena(0);
  for (const auto& account : detail::AccountList::all()) {
    if (account.arena != detail::no_arena) detail::decay_arena(account.arena);
  }
}

bool Ledger::State::measure(LedgerSample& sample) {
  const auto accounts = detail::AccountList::all();
  if (auto read = detail::read_smaps(text, mappings); !read) {
    if (!std::exchange(unreadable, true)) log(Level::error, "ledger", read.error().line());
    return false;
  }
  unreadable = false;

  std::vector<std::uint32_t> owner_of_arena(1, detail::allocator);
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const unsigned arena = accounts[i].arena;
    if (arena == detail::no_arena) continue;
    if (arena >= owner_of_arena.size()) owner_of_arena.resize(arena + 1, detail::unaccounted);
    owner_of_arena[arena] = static_cast<std::uint32_t>(detail::first_account + i);
  }
  owned = detail::loader_memory();
  for (auto& range : owned) range.tag = detail::file_backed;
  image_ranges(other);
  detail::overlay(owned, other);
  detail::stack_ranges(other);
  for (auto& range : other) range.tag = detail::stack;
  detail::overlay(owned, other);
  detail::arena_ranges(other);
  for (auto& range : other) {
    range.tag = range.tag < owner_of_arena.size() ? owner_of_arena[range.tag] : std::uint32_t{detail::unaccounted};
  }
  detail::overlay(owned, other);
  detail::region_ranges(other);
  // An account that was opened after the list was made waits for the next pass.
  for (auto& range : other) {
    range.tag = range.tag < accounts.size() ? detail::first_account + range.tag : std::uint32_t{detail::unaccounted};
  }
  detail::overlay(owned, other);

  std::vector<std::uint64_t> bytes(detail::first_account + accounts.size());
  detail::attribute(mappings, owned, detail::resident_pages, bytes);
  for (const auto& mapping : mappings) sample.total_bytes += mapping.pss_bytes;

  detail::refresh_arena_stats();
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    AccountBytes& account = sample.accounts[*accounts[i].name];
    account.resident = bytes[detail::first_account + i];
    if (accounts[i].arena == detail::no_arena) continue;
    const auto stats = detail::arena_stats(accounts[i].arena);
    account.live = stats.allocated_bytes;
    account.idle = stats.idle_bytes;
  }
  for (const auto& range : other) {
    if (range.tag >= detail::first_account) {
      sample.accounts[*accounts[range.tag - detail::first_account].name].live += range.end - range.begin;
    }
  }
  // Arena 0 is the allocator's own, except for what threads allocated that nobody bound: those of before the program,
  // and all of them where weir_runtime is not linked.
  const auto strays = detail::arena_stats(0);
  AccountBytes& main = sample.accounts["main"];
  const std::uint64_t stray_bytes = std::min(bytes[detail::allocator], strays.active_bytes + strays.idle_bytes);
  main.resident += stray_bytes;
  main.live += strays.allocated_bytes;
  main.idle += strays.idle_bytes;

  sample.file_backed_bytes = bytes[detail::file_backed];
  sample.stack_bytes = bytes[detail::stack];
  sample.allocator_bytes = bytes[detail::allocator] - stray_bytes;
  sample.unaccounted_bytes = bytes[detail::unaccounted];
  add_children(sample, accounts);
  const std::uint64_t memory = sample.total_bytes - sample.file_backed_bytes;
  sample.unaccounted_share =
      memory == 0 ? 0 : static_cast<double>(sample.unaccounted_bytes) / static_cast<double>(memory);
  if (detail::arena_ranges_lost_bytes() != 0 && !std::exchange(overfull, true)) {
    log(Level::warn, "ledger", "the allocator has more ranges than the ledger has room for: some are unaccounted");
  }
  return true;
}

// What workers hold, by owner. Shared memory is already the owner's where this process maps it: each side has its
// share.
void Ledger::State::add_children(LedgerSample& sample, const std::vector<detail::AccountList::Entry>& accounts) {
  detail::for_each_child([&](unsigned account, pid_t pid) {
    const auto rollup = detail::read_rollup(pid, text);
    if (!rollup) {
      const bool gone = rollup.error().code == Code::not_found;
      if (!gone && !std::exchange(child_unreadable, true)) log(Level::warn, "ledger", rollup.error().line());
      return;
    }
    // One that began after the list was made waits for the next pass.
    if (account >= accounts.size()) return;
    AccountBytes& owner = sample.accounts[*accounts[account].name];
    owner.resident += rollup->private_bytes + rollup->shared_bytes;
    owner.live += rollup->private_bytes;
    sample.children[pid] = rollup->private_bytes + rollup->file_bytes + rollup->shared_bytes;
    sample.file_backed_bytes += rollup->file_bytes;
    sample.total_bytes += sample.children[pid];
  });
}

void Ledger::State::judge(const LedgerSample& sample, double seconds, std::uint64_t work) {
  std::vector<OwnerBytes> live;
  std::vector<std::string_view> owners;
  std::vector<std::uint64_t> resident;
  for (const auto& [name, account] : sample.accounts) {
    live.push_back({name, account.live});
    owners.push_back(name);
    resident.push_back(account.resident);
  }
  // Nobody's allocations can be counted where nobody owns the memory: resident bytes stand in.
  live.push_back({"stack", sample.stack_bytes});
  live.push_back({"unaccounted", sample.unaccounted_bytes});
  owners.insert(owners.end(), classes.begin(), classes.end());
  resident.insert(resident.end(),
                  {sample.file_backed_bytes, sample.stack_bytes, sample.allocator_bytes, sample.unaccounted_bytes});
  trend.add(seconds, work, live);
  VerdictReport report = trend.report();
  std::lock_guard lock(mutex);
  latest = sample;
  verdict = std::move(report);
  history.add(seconds, owners, resident);
}

LedgerSample Ledger::sample(std::uint64_t work) {
  const AccountBinding binding(state_->own);
  LedgerSample sample;
  sample.at = state_->clock.now();
  if (!state_->measure(sample)) return latest();
  state_->judge(sample, std::chrono::duration<double>(sample.at - state_->start).count(), work);
  return sample;
}

LedgerSample Ledger::latest() const {
  std::lock_guard lock(state_->mutex);
  return state_->latest;
}

VerdictReport Ledger::verdict() const {
  std::lock_guard lock(state_->mutex);
  return state_->verdict;
}

LedgerHistory Ledger::history() const {
  std::lock_guard lock(state_->mutex);
  return state_->history.history(classes);
}

}  // namespace weir
