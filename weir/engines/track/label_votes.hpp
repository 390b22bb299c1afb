// Which class a track is of, when single frames disagree.
#pragma once

#include <array>
#include <cstddef>

namespace weir::track {

// Counts of labels weighted by confidence. Another label wins only once it leads clearly, so that two labels that are
// about even do not take turns.
// Thread-safety: one thread at a time.  Allocates: never.  Blocks: never.  Ownership: value type.
class LabelVotes {
 public:
  static constexpr std::size_t max_labels = 8;  // beyond these the least voted for makes room
  static constexpr double lead = 1.25;          // times the votes of the label in force

  void add(int label, double confidence) noexcept {
    std::size_t at = 0;
    while (at < used_ && votes_[at].label != label) ++at;
    if (at == used_) {
      at = used_ < max_labels ? used_++ : least();
      votes_[at] = {label, 0};
    }
    votes_[at].weight += confidence;
    if (votes_[at].weight > lead * votes_[winner_].weight) winner_ = at;
  }

  int label() const noexcept { return votes_[winner_].label; }

 private:
  struct Vote {
    int label = 0;
    double weight = 0;
  };

  // The one in force stays, whatever it has.
  std::size_t least() const noexcept {
    std::size_t found = winner_ == 0 ? 1 : 0;
    for (std::size_t i = found + 1; i < used_; ++i) {
      if (i != winner_ && votes_[i].weight < votes_[found].weight) found = i;
    }
    return found;
  }

  std::array<Vote, max_labels> votes_{};
  std::size_t used_ = 0, winner_ = 0;
};

}  // namespace weir::track
