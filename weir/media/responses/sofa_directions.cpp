#include "weir/media/responses/sofa_directions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "weir/media/responses/fractional_delay.hpp"

namespace weir::media {
namespace {

constexpr float same_direction_deg = 0.1F, farthest_deg = 20;

struct Near {
  std::size_t measurement;
  float angle_deg;
};

// The up to three nearest directions, at the farthest distance that was measured, the nearest first.
std::vector<Near> nearest(const SofaFile& file, const Direction& wanted) {
  float farthest = 0;
  for (const auto& m : file.measurements) farthest = std::max(farthest, m.distance);
  std::vector<Near> near;
  for (std::size_t i = 0; i < file.measurements.size(); ++i) {
    const auto& m = file.measurements[i];
    if (m.distance < 0.9F * farthest) continue;
    near.push_back({i, angle_between_deg(m.direction, wanted)});
  }
  std::ranges::sort(near, [](const Near& a, const Near& b) {
    return std::pair(a.angle_deg, a.measurement) < std::pair(b.angle_deg, b.measurement);
  });
  std::vector<Near> out;
  for (const Near& n : near) {
    const bool again = std::ranges::any_of(out, [&](const Near& o) {
      return angle_between_deg(file.measurements[o.measurement].direction, file.measurements[n.measurement].direction) <
             same_direction_deg;
    });
    if (!again) out.push_back(n);
    if (out.size() == 3) break;
  }
  return out;
}

double correlation(std::span<const float> a, std::span<const float> b, std::ptrdiff_t lag) {
  double sum = 0;
  for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(0, -lag); i < std::ssize(a) && i + lag < std::ssize(b); ++i) {
    sum +=
        static_cast<double>(a[static_cast<std::size_t>(i)]) * static_cast<double>(b[static_cast<std::size_t>(i + lag)]);
  }
  return sum;
}

// How much later `b` is than `a`, at most `most` samples, in parts of a sample: the top of the parabola through the
// highest correlation and its neighbours.
double later_by(std::span<const float> a, std::span<const float> b, std::ptrdiff_t most) {
  std::ptrdiff_t best = 0;
  double highest = correlation(a, b, 0);
  for (std::ptrdiff_t lag = -most; lag <= most; ++lag) {
    const double c = correlation(a, b, lag);
    if (c > highest) highest = c, best = lag;
  }
  const double before = correlation(a, b, best - 1), after = correlation(a, b, best + 1);
  const double bend = before - 2 * highest + after;
  if (bend >= 0) return static_cast<double>(best);
  return static_cast<double>(best) + std::clamp((before - after) / (2 * bend), -0.5, 0.5);
}

// One ear's response at one direction: what is added up, each part with its weight and its shift.
struct Part {
  std::span<const float> samples;
  double weight, delay;
};

struct Ear {
  std::vector<Part> parts;
};

// Shifts the parts onto each other; together they come as late as the weighted mean of what they were.
Ear aligned(std::vector<Part> parts, int rate_hz) {
  if (parts.size() < 2) return {std::move(parts)};
  const std::ptrdiff_t most = rate_hz / 1500;  // 0.7 ms: the whole way around a head
  std::vector<double> later;
  double mean = 0;
  for (const Part& p : parts) {
    later.push_back(later_by(parts.front().samples, p.samples, most));
    mean += p.weight * (later.back() + p.delay);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i].delay = mean - later[i];
  return {std::move(parts)};
}

struct Picked {
  Speaker speaker;
  Ear left, right;
};

Result<Picked> picked(const SofaFile& file, Speaker speaker, const Layout& layout, SofaPick pick) {
  const Direction wanted = direction(speaker, layout);
  std::vector<Near> near = nearest(file, wanted);
  if (near.front().angle_deg > farthest_deg) {
    return fail(Code::invalid, "the SOFA file has no measurement within 20° of a speaker of this layout", {},
                std::string(to_string(speaker)) + " at azimuth " + std::to_string(std::lround(wanted.azimuth_deg)) +
                    "°, elevation " + std::to_string(std::lround(wanted.elevation_deg)) + "°");
  }
  if (pick == SofaPick::nearest || near.front().angle_deg <= same_direction_deg) near.resize(1);
  std::erase_if(near, [](const Near& n) { return n.angle_deg > farthest_deg; });
  double total = 0;
  for (const Near& n : near) total += 1 / std::max(n.angle_deg, same_direction_deg);
  std::vector<Part> left, right;
  for (const Near& n : near) {
    const double weight = 1 / std::max(n.angle_deg, same_direction_deg) / total;
    const auto& m = file.measurements[n.measurement];
    left.push_back({file.left(n.measurement), weight, m.left_delay});
    right.push_back({file.right(n.measurement), weight, m.right_delay});
  }
  return Picked{speaker, aligned(std::move(left), file.rate_hz), aligned(std::move(right), file.rate_hz)};
}

std::vector<float> summed(const Ear& ear, double lead, std::size_t taps) {
  std::vector<float> out(taps);
  for (const Part& p : ear.parts) {
    const std::vector<float> shifted = delayed(p.samples, p.delay + lead, taps);
    for (std::size_t i = 0; i < taps; ++i) out[i] += static_cast<float>(p.weight) * shifted[i];
  }
  return out;
}

// Room for what is shifted: none where all shifts are whole and none goes back.
ResponseSet rendered(const SofaFile& file, const std::vector<Picked>& all) {
  double first = 0, last = 0;
  bool whole = true;
  for (const Picked& p : all) {
    for (const Ear* ear : {&p.left, &p.right}) {
      for (const Part& part : ear->parts) {
        first = std::min(first, part.delay), last = std::max(last, part.delay);
        whole = whole && part.delay == std::floor(part.delay);
      }
    }
  }
  const auto reach = static_cast<std::size_t>(whole ? 0 : fractional_delay_reach);
  const std::size_t lead = reach + static_cast<std::size_t>(std::ceil(-first));
  const std::size_t tail = reach + static_cast<std::size_t>(std::ceil(last));
  ResponseSet set{file.rate_hz, {}, {}};
  for (const Picked& p : all) {
    const std::size_t taps = lead + file.taps + tail;
    set.responses.push_back(
        {p.speaker, summed(p.left, static_cast<double>(lead), taps), summed(p.right, static_cast<double>(lead), taps)});
  }
  drop_quiet_ends(set, lead, tail, -80);
  return set;
}

}  // namespace

Result<SofaPick> parse_sofa_pick(std::string_view text) {
  if (text == "nearest") return SofaPick::nearest;
  if (text == "interpolated") return SofaPick::interpolated;
  return fail(Code::invalid, "no such choice of measurements: use nearest or interpolated", std::string(text));
}

Result<ResponseSet> responses_at(const SofaFile& file, const Layout& layout, SofaPick pick) {
  std::vector<Speaker> speakers;
  for (const Speaker s : layout.channels) {
    if (s != Speaker::LFE) speakers.push_back(s);
  }
  if (layout.has(Speaker::LFE) && !layout.has(Speaker::FC)) speakers.push_back(Speaker::FC);
  std::vector<Picked> all;
  for (const Speaker s : speakers) {
    auto p = picked(file, s, layout, pick);
    if (!p) return tl::unexpected(std::move(p.error()));
    all.push_back(*std::move(p));
  }
  return finished(rendered(file, all));
}

}  // namespace weir::media
