#include "weir/media/responses/for_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numbers>
#include <optional>

namespace weir::media {
namespace {

using enum Speaker;

struct Replacement {
  Response response;
  std::string text;
};

std::optional<Replacement> one(const ResponseSet& set, Speaker other) {
  const Response* r = set.find(other);
  if (r == nullptr) return std::nullopt;
  return Replacement{*r, std::string(to_string(other))};
}

// Two at -3 dB each: as loud as one.
std::optional<Replacement> both(const ResponseSet& set, Speaker a, Speaker b) {
  const Response *first = set.find(a), *second = set.find(b);
  if (first == nullptr || second == nullptr) return std::nullopt;
  Replacement out{*first, std::string(to_string(a)).append(" + ").append(to_string(b)).append(" at -3 dB")};
  constexpr float gain = 1 / std::numbers::sqrt2_v<float>;
  for (std::size_t i = 0; i < set.taps(); ++i) {
    out.response.left[i] = gain * (first->left[i] + second->left[i]);
    out.response.right[i] = gain * (first->right[i] + second->right[i]);
  }
  return out;
}

std::optional<Replacement> usual(const ResponseSet& set, Speaker missing) {
  switch (missing) {
    case LFE: {
      auto centre = one(set, FC);
      return centre ? centre : both(set, FL, FR);
    }
    case FC: return both(set, FL, FR);
    case SL: return one(set, BL);
    case SR: return one(set, BR);
    case BL: return one(set, SL);
    case BR: return one(set, SR);
    case FLC: return one(set, FL);
    case FRC: return one(set, FR);
    case BC: {
      auto backs = both(set, BL, BR);
      return backs ? backs : both(set, SL, SR);
    }
    default: return std::nullopt;
  }
}

std::optional<Replacement> nearest(const ResponseSet& set, Speaker missing, const Layout& layout) {
  const Direction wanted = direction(missing, layout);
  // The set's own layout: where its surround pairs stand does not depend on what is played.
  Layout measured;
  for (const Response& r : set.responses) measured.channels.push_back(r.speaker);
  const Response* best = nullptr;
  float angle = 361;
  for (const Response& r : set.responses) {
    if (r.speaker == LFE) continue;
    const float a = angle_between_deg(wanted, direction(r.speaker, measured));
    if (a < angle) angle = a, best = &r;
  }
  if (best == nullptr) return std::nullopt;
  // What is in the middle must not be heard on one side.
  const bool middle = mirrored(missing) == missing && mirrored(best->speaker) != best->speaker;
  auto out = middle ? both(set, best->speaker, mirrored(best->speaker)) : one(set, best->speaker);
  if (out) out->text += ", " + std::to_string(static_cast<int>(std::lround(angle))) + "° away";
  return out;
}

std::string list(const std::vector<Speaker>& speakers) {
  std::string out;
  for (const Speaker s : speakers) out.append(out.empty() ? "" : " ").append(to_string(s));
  return out;
}

}  // namespace

Result<LayoutResponses> for_layout(const ResponseSet& set, const Layout& layout, Missing missing) {
  LayoutResponses out{set.rate_hz, {}, {}};
  std::vector<Speaker> lacking;
  for (const Speaker speaker : layout.channels) {
    if (const Response* own = set.find(speaker)) {
      out.channels.push_back(*own);
      continue;
    }
    auto instead = usual(set, speaker);
    if (!instead && missing == Missing::nearest) instead = nearest(set, speaker, layout);
    if (!instead) {
      lacking.push_back(speaker);
      continue;
    }
    instead->response.speaker = speaker;
    out.channels.push_back(std::move(instead->response));
    out.substitutions.push_back({speaker, std::move(instead->text)});
  }
  if (lacking.empty()) return out;
  std::vector<Speaker> there;
  for (const Response& r : set.responses) there.push_back(r.speaker);
  return fail(
      Code::not_found,
      "the responses lack speakers of this layout: use others, a smaller layout, or let the nearest speaker play",
      set.name, layout.name + " lacks " + list(lacking) + "; there are " + list(there));
}

}  // namespace weir::media
