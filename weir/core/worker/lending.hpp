// Lending: leases that a child process uses, one table for each pool that it has mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"

namespace weir::worker {

// A slot as the child names it. Everything a child says is checked against the table.
struct Loan {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // from 1; one more each time the slot is lent
};

// The parent's table of what one child may use of one pool (a pool made with `shared`). While a slot is lent, the table
// holds one lease on it, so it is neither given to anybody else nor freed, whatever the child does or says.
// Two ways to use it:
//   parent writes, child reads: lend() → the child says it is done → take_back().
//   child writes, others read: lend() every slot → the child gives one → share() → collect() tells which the child may
//   write again, once the readers have let go.
// Thread-safety: one thread.  Allocates: construction only.  Blocks: never.
// Ownership: holds leases of the pool, which must outlive it; destroying it gives all of them back.
class Lending {
 public:
  explicit Lending(Pool& pool);

  // Role::decoder or Role::source by convention. The lease must be of this pool and the only one on its slot.
  Loan lend(Lease lease) noexcept;
  // The child is done with it. Corrupt: not lent, given away, another generation, no such slot.
  Result<void> take_back(Loan loan) noexcept;
  // The child gives what it wrote: a lease for its readers. It must not name the slot again until collect() has.
  // Corrupt as above. Exhausted: no more shares in that role.
  Result<Lease> share(Loan loan, Role role) noexcept;
  // Calls f(Loan) for each slot that was given and whose readers have let go: it is the child's again, in a new
  // generation.
  template <class F>
  void collect(F&& f) {
    for (std::size_t i = 0; i < given_count_;) {
      Loan loan;
      if (reclaim(i, loan)) {
        f(loan);
      } else {
        ++i;
      }
    }
  }
  // The child is dead (waitpid has said so): every slot comes back, those that readers hold when they let go. Returns
  // how many were lent.
  std::size_t revoke() noexcept;

  std::size_t lent() const noexcept { return lent_count_; }

 private:
  struct Entry {
    Lease lease;
    std::uint32_t generation = 0;
    bool given = false;
  };
  Result<Entry*> find(Loan loan) noexcept;
  // True if the i-th given slot's readers are gone: it is then lent anew and the last given one is in its place.
  bool reclaim(std::size_t i, Loan& loan) noexcept;

  Pool& pool_;
  std::vector<Entry> entries_;        // by slot
  std::vector<std::uint32_t> given_;  // slots, the first given_count_ of them
  std::size_t given_count_ = 0, lent_count_ = 0;
};

}  // namespace weir::worker
