// Line: the stages of a flow and what connects them, written down before the first frame, so that how many slots a
// pool needs is added up and not guessed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"

namespace weir {

enum class Overflow {
  drop_oldest,  // the newest counts: the oldest is let go, `full`
  drop_newest,  // what is there counts: the new one is let go, `full`
  wait,         // nothing may be lost: the producer waits
};
std::string_view to_string(Overflow overflow) noexcept;

// One planned channel. Made by Line::connect only, so that a channel that could deadlock cannot be built.
struct Edge {
  std::string id;  // "front/frames"
  std::size_t capacity = 0;
  Overflow overflow = Overflow::drop_oldest;
};

// What holds frames of one stream format: channels and stages. Σ of both is the pool's capacity.
// Thread-safety: used by one thread, at construction.  Allocates: yes.  Blocks: never.  Ownership: value type.
class Line {
 public:
  // A channel from one stage to another. Refused: capacity 0, and `wait` where two branches of the line rejoin (one
  // branch would wait for the slot that the other one holds).
  Result<Edge> connect(std::string_view from, std::string_view to, std::string id, std::size_t capacity,
                       Overflow overflow);
  // `stage` holds up to `slots` at a time for `why`; a stage may hold for several reasons.
  void hold(std::string_view stage, std::size_t slots, std::string why);

  // Σ channel capacities + Σ holds.
  std::size_t slots() const noexcept;

  struct Term {
    std::string what;  // "channel front/frames", "motion: being looked at"
    std::size_t slots;
  };
  // The sum, term by term, for the report.
  const std::vector<Term>& terms() const noexcept { return terms_; }

 private:
  struct Connection {
    std::string from, to;
    bool waits;
  };
  bool rejoins_with_wait() const;
  std::vector<Connection> connections_;
  std::vector<Term> terms_;
};

// Frame buffers that an FFmpeg decoder may hold at once (measured; see docs/architecture.md):
// max(refs, has_b_frames + 1) + 1 + 2 * (threads - 1).
constexpr std::size_t decoder_hold(int refs, int has_b_frames, int threads) noexcept {
  const int reordering = has_b_frames + 1;
  const int base = refs > reordering ? refs : reordering;
  const int extra = threads > 1 ? 2 * (threads - 1) : 0;
  return static_cast<std::size_t>((base > 0 ? base : 1) + 1 + extra);
}

}  // namespace weir
