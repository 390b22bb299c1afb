#include "weir/media/responses/response_set.hpp"

#include <algorithm>
#include <cmath>

namespace weir::media {
namespace {

bool silent(const std::vector<float>& samples) {
  return std::ranges::all_of(samples, [](float v) { return v == 0; });
}

// NaN compares false.
bool usable(const std::vector<float>& samples) {
  return std::ranges::all_of(samples, [](float v) { return std::abs(v) <= ResponseSet::max_value; });
}

bool quiet_at(const ResponseSet& set, std::size_t i, float limit) {
  return std::ranges::all_of(
      set.responses, [&](const Response& r) { return std::abs(r.left[i]) < limit && std::abs(r.right[i]) < limit; });
}

}  // namespace

const Response* ResponseSet::find(Speaker speaker) const noexcept {
  const auto at = std::ranges::find(responses, speaker, &Response::speaker);
  return at == responses.end() ? nullptr : &*at;
}

Result<ResponseSet> finished(ResponseSet set) {
  if (set.rate_hz < ResponseSet::min_rate_hz || set.rate_hz > ResponseSet::max_rate_hz) {
    return fail(Code::invalid, "the sample rate is not between 8000 and 384000 Hz", set.name,
                std::to_string(set.rate_hz));
  }
  std::size_t longest = 0;
  for (auto r = set.responses.begin(); r != set.responses.end(); ++r) {
    if (!usable(r->left) || !usable(r->right)) {
      return fail(Code::invalid, "a response has samples that are no number, infinite or far above full scale",
                  set.name, std::string(to_string(r->speaker)));
    }
    if (std::find_if(set.responses.begin(), r, [&](const Response& o) { return o.speaker == r->speaker; }) != r) {
      return fail(Code::invalid, "a speaker has two responses", set.name, std::string(to_string(r->speaker)));
    }
    longest = std::max({longest, r->left.size(), r->right.size()});
  }
  if (longest > static_cast<std::size_t>(set.rate_hz) * ResponseSet::max_seconds ||
      longest > ResponseSet::max_samples / 2 / std::max<std::size_t>(1, set.responses.size())) {
    return fail(Code::invalid, "the responses are too long: at most 10 s and 64 MiB in all", set.name);
  }
  std::erase_if(set.responses, [](const Response& r) { return silent(r.left) && silent(r.right); });
  if (set.responses.empty()) return fail(Code::invalid, "every response is empty or silent", set.name);
  for (Response& r : set.responses) r.left.resize(longest), r.right.resize(longest);
  return set;
}

void drop_quiet_ends(ResponseSet& set, std::size_t max_lead, std::size_t max_tail, double below_db) {
  float peak = 0;
  for (const Response& r : set.responses) {
    for (const float v : r.left) peak = std::max(peak, std::abs(v));
    for (const float v : r.right) peak = std::max(peak, std::abs(v));
  }
  const auto limit = static_cast<float>(peak * std::pow(10.0, below_db / 20));
  const std::size_t taps = set.taps();
  std::size_t lead = 0, tail = 0;
  while (lead < max_lead && lead + 1 < taps && quiet_at(set, lead, limit)) ++lead;
  while (tail < max_tail && lead + tail + 1 < taps && quiet_at(set, taps - 1 - tail, limit)) ++tail;
  const auto cut = [&](std::vector<float>& v) {
    v.resize(taps - tail);
    v.erase(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(lead));
  };
  for (Response& r : set.responses) cut(r.left), cut(r.right);
}

}  // namespace weir::media
