#include "weir/core/verdict.hpp"

#include <algorithm>

#include "weir/core/owner_trend.hpp"

namespace weir {
namespace {

// As many as there are accounts, and the classes that are watched with them.
constexpr std::size_t max_owners = 80;
// Samples that come faster say nothing more.
constexpr double least_spacing_seconds = 0.5;

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::warming: return "warming";
    case Verdict::level: return "level";
    case Verdict::plateau: return "plateau";
    case Verdict::growing: return "growing";
    case Verdict::undecided: return "undecided";
  }
  return "undecided";
}

struct TrendWatch::State {
  detail::Timeline timeline;
  std::vector<detail::OwnerTrend> owners;
  std::vector<double> scratch;
  VerdictReport report;

  bool close_blocks();
  void judge(bool stretch_closed);
};

TrendWatch::TrendWatch() : state_(std::make_unique<State>()) {}
TrendWatch::~TrendWatch() = default;

const VerdictReport& TrendWatch::report() const noexcept { return state_->report; }

// Whether a stretch was closed.
bool TrendWatch::State::close_blocks() {
  if (timeline.now.seconds - timeline.block_began < detail::Timeline::block_seconds) return false;
  timeline.block_began = timeline.now.seconds;
  for (auto& owner : owners) owner.close_block();
  if (++timeline.open_blocks < timeline.blocks_each) return false;
  timeline.open_blocks = 0;
  timeline.ends.push_back(timeline.now);
  for (auto& owner : owners) owner.close_stretch();
  if (timeline.ends.size() < detail::Timeline::max_stretches) return true;
  for (std::size_t i = 1; i < timeline.ends.size(); i += 2) timeline.ends[i / 2] = timeline.ends[i];
  timeline.ends.resize(timeline.ends.size() / 2);
  for (auto& owner : owners) owner.halve();
  timeline.blocks_each *= 2;
  return true;
}

void TrendWatch::add(double seconds, std::uint64_t work, std::span<const OwnerBytes> figures) {
  State& s = *state_;
  if (!s.timeline.recent.empty() && seconds - s.timeline.recent.back().seconds < least_spacing_seconds) return;
  if (s.timeline.recent.empty()) s.timeline.block_began = seconds;
  s.timeline.now = {seconds, static_cast<double>(work)};
  s.timeline.recent.push_back(s.timeline.now);
  for (const OwnerBytes& figure : figures) {
    const bool known =
        std::any_of(s.owners.begin(), s.owners.end(), [&](const auto& owner) { return owner.owner() == figure.owner; });
    if (!known && s.owners.size() < max_owners) s.owners.emplace_back(figure.owner, s.timeline);
  }
  for (auto& owner : s.owners) {
    const auto figure = std::find_if(figures.begin(), figures.end(),
                                     [&](const OwnerBytes& candidate) { return candidate.owner == owner.owner(); });
    owner.add(figure == figures.end() ? 0.0 : static_cast<double>(figure->bytes), s.timeline);
  }
  if (s.timeline.recent.size() > detail::Timeline::max_recent) {
    s.timeline.recent.erase(s.timeline.recent.begin());
    for (auto& owner : s.owners) owner.forget_first_recent();
  }
  s.judge(s.close_blocks());
}

void TrendWatch::State::judge(bool stretch_closed) {
  bool warm = false, rising = false, grown = false;
  report.growing.clear();
  for (auto& owner : owners) {
    owner.judge(timeline, stretch_closed, scratch);
    warm |= owner.old_enough(timeline);
    rising |= owner.rising();
    grown |= owner.has_grown(timeline);
    if (const auto& growth = owner.growing()) {
      report.growing.push_back({owner.owner(), growth->bytes_per_hour, growth->since_seconds});
    }
  }
  std::sort(report.growing.begin(), report.growing.end(),
            [](const Growing& a, const Growing& b) { return a.bytes_per_hour > b.bytes_per_hour; });
  if (!report.growing.empty()) {
    report.verdict = Verdict::growing;
  } else if (!warm) {
    report.verdict = Verdict::warming;
  } else if (rising) {
    report.verdict = Verdict::undecided;
  } else {
    report.verdict = grown ? Verdict::plateau : Verdict::level;
  }
}

}  // namespace weir
