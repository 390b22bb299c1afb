// Account: an owner of memory. What a thread allocates while it is bound to an account, third-party libraries
// included, is that account's; so are the pools made in its name.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace detail {
struct AccountList;
}

// Thread-safety: all members from any thread.  Allocates: open() only.  Blocks: open() takes a lock.
// Ownership: accounts live until the process ends; handles are plain references.
// There are at most 64: what would be one more is charged to "other", with a line in the log.
// Where the program does not run on jemalloc (sanitizer builds) every figure is 0 and binding does nothing.
class Account {
 public:
  // The account of that name; made on first use. Names are shown to people: "front", "server", "page".
  // "main" is what the main thread allocates while it is bound to nothing else.
  static Account& open(std::string_view name);

  const std::string& name() const noexcept { return name_; }

  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

 private:
  friend class AccountBinding;
  friend struct detail::AccountList;
  Account(std::string name, unsigned index);
  std::string name_;
  unsigned index_;
  std::atomic<unsigned> arena_;  // detail::no_arena: none of its own
};

namespace detail {
constexpr unsigned max_accounts = 64;

// The accounts as the ledger sees them. An account's index is its place in the list and never changes.
struct AccountList {
  struct Entry {
    const std::string* name;
    unsigned arena;
  };
  static std::vector<Entry> all();
  // The account's index; unlike open() it makes no arena, for owners that have pools only.
  static unsigned index_of(std::string_view name);

 private:
  static Account& find_or_add(std::string_view name, bool with_arena);
  friend class weir::Account;
};
}  // namespace detail

// The calling thread's allocations belong to `account` while this lives; threads it creates inherit it for good.
// Bind when a thread starts, never per frame: when its last thread leaves, an account's free pages are given back.
// Thread-safety: used by one thread.  Allocates: never.  Blocks: never.  Ownership: restores the former binding.
class AccountBinding {
 public:
  explicit AccountBinding(const Account& account) noexcept;
  ~AccountBinding();
  AccountBinding(const AccountBinding&) = delete;
  AccountBinding& operator=(const AccountBinding&) = delete;

 private:
  unsigned previous_;
};

}  // namespace weir
