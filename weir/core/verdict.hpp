// Verdict: does memory stay level? Theil-Sen slope of live bytes per unit of work, owner by owner, after warm-up.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class Verdict { warming, level, plateau, growing, undecided };
std::string_view to_string(Verdict verdict) noexcept;

struct Growing {
  std::string owner;
  double bytes_per_hour = 0;
  double since_s = 0;  // seconds since the flow's start
};

struct VerdictReport {
  Verdict verdict = Verdict::warming;
  std::vector<Growing> growing;  // worst first; empty unless verdict is growing
};

struct OwnerBytes {
  std::string_view owner;
  std::uint64_t bytes = 0;  // live; resident where nobody's allocations can be counted
};

// Watches figures that come about once a second and says what they do. What it can tell apart, and when:
// - nothing in an owner's first 15 s, its warm-up;
// - growth of 32 MiB an hour or more after 30 s of it, unless the owner is known to swing by as much;
// - slower growth, from 64 KiB an hour, after an hour of it at the least;
// - the first rise of a cache looks like a leak as long as it lasts and is called `growing` if it is that fast; the
// fall
//   that ends it is remembered: from then on growth counts when it is several times as large as the owner's falls.
// Where no work is done, growth over time counts: what leaks while idle is found too.
// Thread-safety: used by one thread.  Allocates: yes, bounded whatever the run's length.  Blocks: never.
// Ownership: owns its copies.
class TrendWatch {
 public:
  TrendWatch();
  ~TrendWatch();
  TrendWatch(const TrendWatch&) = delete;
  TrendWatch& operator=(const TrendWatch&) = delete;

  // `seconds` since the start, rising; `work`: units done so far; an owner that is left out has 0 bytes.
  void add(double seconds, std::uint64_t work, std::span<const OwnerBytes> owners);
  const VerdictReport& report() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
