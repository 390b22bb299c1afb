#include "weir/core/worker/lending.hpp"

#include <utility>

namespace weir::worker {
namespace {

// From 1, so that an empty message names no loan. A slot would have to be lent 4 billion times for an old one to fit.
std::uint32_t next(std::uint32_t generation) noexcept { return generation + 1 == 0 ? 1 : generation + 1; }

}  // namespace

Lending::Lending(Pool& pool) : pool_(pool), entries_(pool.capacity()), given_(pool.capacity()) {}

Loan Lending::lend(Lease lease) noexcept {
  WEIR_CHECK(lease && &lease.pool() == &pool_, "a lease of another pool is lent");
  WEIR_CHECK(lease.alone(), "a slot is lent while somebody else holds it");
  const std::uint32_t slot = lease.handle().index;
  Entry& entry = entries_[slot];
  entry.lease = std::move(lease);
  entry.generation = next(entry.generation);
  ++lent_count_;
  return {slot, entry.generation};
}

Result<Lending::Entry*> Lending::find(Loan loan) noexcept {
  if (loan.slot >= entries_.size()) return fail(Code::corrupt, "a worker named a slot that does not exist");
  Entry& entry = entries_[loan.slot];
  if (!entry.lease) return fail(Code::corrupt, "a worker named a slot that is not lent to it");
  if (entry.generation != loan.generation) return fail(Code::corrupt, "a worker named a slot by an earlier loan");
  if (entry.given) return fail(Code::corrupt, "a worker named a slot that it has given away");
  return &entry;
}

Result<void> Lending::take_back(Loan loan) noexcept {
  const auto entry = find(loan);
  if (!entry) return tl::unexpected(entry.error());
  (*entry)->lease.release();
  --lent_count_;
  return {};
}

Result<Lease> Lending::share(Loan loan, Role role) noexcept {
  const auto entry = find(loan);
  if (!entry) return tl::unexpected(entry.error());
  Lease shared = (*entry)->lease.share(role);
  if (!shared) return fail(Code::exhausted, "a slot has no more leases in that role");
  (*entry)->given = true;
  given_[given_count_++] = loan.slot;
  return shared;
}

bool Lending::reclaim(std::size_t i, Loan& loan) noexcept {
  const std::uint32_t slot = given_[i];
  Entry& entry = entries_[slot];
  if (!entry.lease.alone()) return false;
  entry.given = false;
  entry.generation = next(entry.generation);
  given_[i] = given_[--given_count_];
  loan = {slot, entry.generation};
  return true;
}

std::size_t Lending::revoke() noexcept {
  for (Entry& entry : entries_) {
    entry.lease.release();
    entry.given = false;
  }
  given_count_ = 0;
  return std::exchange(lent_count_, 0);
}

}  // namespace weir::worker
