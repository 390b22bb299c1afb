#include "weir/core/account.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include "weir/core/arenas.hpp"
#include "weir/core/log.hpp"

namespace weir {
namespace {

struct Accounts {
  std::mutex mutex;
  std::array<std::unique_ptr<Account>, detail::max_accounts> list;
  unsigned count = 0;
  bool told = false;

  static Accounts& instance() {
    static Accounts* const accounts = new Accounts;  // outlives every static object that is still bound
    return *accounts;
  }
};

}  // namespace

Account::Account(std::string name, unsigned index) : name_(std::move(name)), index_(index), arena_(detail::no_arena) {}

Account& Account::open(std::string_view name) { return detail::AccountList::find_or_add(name, true); }

Account& detail::AccountList::find_or_add(std::string_view name, bool with_arena) {
  Accounts& accounts = Accounts::instance();
  bool tell = false;
  Account* account = nullptr;
  {
    std::lock_guard lock(accounts.mutex);
    // Owners of pools only leave the allocator alone.
    if (with_arena) start_arenas();
    const auto find = [&](std::string_view wanted) -> Account* {
      for (unsigned i = 0; i < accounts.count; ++i) {
        if (accounts.list[i]->name_ == wanted) return accounts.list[i].get();
      }
      return nullptr;
    };
    account = find(name);
    if (account == nullptr && accounts.count + 1 >= max_accounts && name != "other") {
      tell = !std::exchange(accounts.told, true);
      name = "other";
      account = find(name);
    }
    if (account == nullptr) {
      auto made = std::unique_ptr<Account>(new Account(std::string(name), accounts.count));
      account = made.get();
      accounts.list[accounts.count++] = std::move(made);
    }
    if (with_arena && account->arena_.load(std::memory_order_relaxed) == no_arena) {
      account->arena_.store(name == "main" ? main_arena() : create_arena(), std::memory_order_relaxed);
    }
  }
  if (tell) log(Level::warn, "ledger", "63 accounts are open: further owners are charged to \"other\"");
  return *account;
}

unsigned detail::AccountList::index_of(std::string_view name) { return find_or_add(name, false).index_; }

std::vector<detail::AccountList::Entry> detail::AccountList::all() {
  Accounts& accounts = Accounts::instance();
  std::vector<Entry> entries;
  std::lock_guard lock(accounts.mutex);
  entries.reserve(accounts.count);
  for (unsigned i = 0; i < accounts.count; ++i) {
    entries.push_back({&accounts.list[i]->name_, accounts.list[i]->arena_.load(std::memory_order_relaxed)});
  }
  return entries;
}

AccountBinding::AccountBinding(const Account& account) noexcept
    : previous_(detail::bind_arena(account.arena_.load(std::memory_order_relaxed))) {}

AccountBinding::~AccountBinding() { detail::bind_arena(previous_); }

}  // namespace weir
