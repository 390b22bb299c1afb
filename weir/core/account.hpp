// Account: an owner of memory. What a thread allocates while it is bound to an account, third-party libraries
// included, is that account's; so are the pools made in its name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

// Thread-safety: all members from any thread.  Allocates: open() only.  Blocks: open() takes a lock.
// Ownership: accounts live until the process ends; handles are plain references.
// Where the program does not run on jemalloc (sanitizer builds) every figure is 0 and binding does nothing.
class Account {
 public:
  // The account of that name; made on first use. Names are shown to people: "front", "server", "page".
  static Account& open(std::string_view name);

  const std::string& name() const noexcept { return name_; }

  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

 private:
  friend class AccountBinding;
  friend class Ledger;
  explicit Account(std::string name);
  std::string name_;
  unsigned arena_ = 0;  // 0: no arena of its own
};

// The calling thread's allocations belong to `account` while this lives; threads it creates inherit it for good.
// Bind when a thread starts, never per frame.
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
