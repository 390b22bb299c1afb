// OwnerTrend: one owner's bytes over the run, in bounded memory, and whether a stretch of them is growth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::detail {

// When things were seen, and how much work was done by then; the same for all owners.
struct Moment {
  double seconds = 0;
  double work = 0;
};

// A stretch of an owner's figures, made of the least ones of short blocks: what a block's least figure shows, the owner
// had all along.
struct Stretch {
  double low = 0, high = 0;
  double fall = 0;  // the deepest fall from a figure to a later one

  static Stretch of(double bytes) { return {bytes, bytes, 0}; }
  void append(const Stretch& later);
};

// The moments kept: the last ones as they came, older ones coarser and coarser. Owners keep their figures in step.
struct Timeline {
  static constexpr double block_seconds = 4;
  static constexpr std::size_t max_recent = 160;
  static constexpr std::size_t max_stretches = 512;

  std::vector<Moment> recent;
  std::vector<Moment> ends;     // of the closed stretches
  std::size_t blocks_each = 1;  // a stretch is so many blocks
  std::size_t open_blocks = 0;
  double block_began = 0;
  Moment now;

  double stretch_seconds() const { return static_cast<double>(blocks_each) * block_seconds; }
};

struct Growth {
  double bytes_per_hour = 0;
  double since_seconds = 0;
  double window_seconds = 0;
};

class OwnerTrend {
 public:
  OwnerTrend(std::string_view owner, const Timeline& timeline);

  // The figure for the newest of timeline.recent.
  void add(double bytes, const Timeline& timeline);
  void close_block();
  void close_stretch();
  void halve();  // two stretches become one
  void forget_first_recent() { recent_.erase(recent_.begin()); }

  // Looks at the windows that have news: the last minute each time, longer ones when a stretch was closed.
  void judge(const Timeline& timeline, bool stretch_closed, std::vector<double>& scratch);

  const std::string& owner() const { return owner_; }
  const std::optional<Growth>& growing() const { return growing_; }
  bool old_enough(const Timeline& timeline) const;
  // It rises, but not so that it could be called growth yet.
  bool rising() const { return rising_; }
  // It has risen since its warm-up and does not any more.
  bool has_grown(const Timeline& timeline) const;

 private:
  enum class Finding { none, rising, growing };
  struct Window {
    std::vector<double> seconds, work, bytes;
  };
  Finding look(const Window& window, double least_per_hour, double fall, double& per_hour,
               std::vector<double>& scratch) const;
  Finding look_at_last_minute(const Timeline& timeline, double& per_hour, double& began, std::vector<double>& scratch);
  bool window_of_stretches(const Timeline& timeline, double length, Window& window) const;
  Stretch looked_back(const Timeline& timeline, double seconds) const;
  double least_since(const Timeline& timeline, double seconds) const;
  void confirm(const Growth& growth, double now);

  std::string owner_;
  double began_;  // end of warm-up
  std::vector<double> recent_;
  std::vector<Stretch> stretches_;
  std::optional<double> block_;        // least figure of the open block
  std::optional<Stretch> open_;        // closed blocks of the open stretch
  std::optional<double> first_level_;  // least figure of the first blocks after warm-up
  int first_blocks_ = 0;
  int passes_ = 0;
  bool rising_ = false;
  std::optional<Growth> growing_;
  double confirmed_ = 0;
};

}  // namespace weir::detail
