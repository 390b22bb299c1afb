#include "weir/media/responses/sofa_file.hpp"

#include <mysofa.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>
#include <string_view>

#include "weir/media/responses/response_set.hpp"

namespace weir::media {
namespace {

struct Free {
  void operator()(MYSOFA_HRTF* hrtf) const noexcept { mysofa_free(hrtf); }
};
using Hrtf = std::unique_ptr<MYSOFA_HRTF, Free>;

std::string_view attribute(const MYSOFA_ATTRIBUTE* list, std::string_view name) {
  for (; list != nullptr; list = list->next) {
    if (list->name != nullptr && name == list->name) return list->value != nullptr ? list->value : "";
  }
  return "";
}

std::span<const float> values(const MYSOFA_ARRAY& array) {
  if (array.values == nullptr) return {};
  return {array.values, array.elements};
}

bool all_finite(std::span<const float> v) {
  return std::ranges::all_of(v, [](float f) { return std::isfinite(f); });
}

Result<void> check_convention(const MYSOFA_HRTF& hrtf) {
  const std::string_view convention = attribute(hrtf.attributes, "SOFAConventions");
  if (attribute(hrtf.attributes, "Conventions") != "SOFA" || convention.empty()) {
    return fail(Code::corrupt, "it states no convention");
  }
  if (convention != "SimpleFreeFieldHRIR") {
    return fail(Code::unsupported, "of SOFA's conventions only SimpleFreeFieldHRIR is read", {},
                std::string(convention));
  }
  return {};
}

// What the library does not promise: that the arrays are as large as the dimensions say.
const char* what_is_wrong(const MYSOFA_HRTF& hrtf) {
  const std::size_t m = hrtf.M, n = hrtf.N;
  constexpr std::size_t most = 1 << 28;  // so that their product is no more than it is
  const auto rates = values(hrtf.DataSamplingRate);
  if (hrtf.R != 2) return "there are not two ears";
  if (m == 0 || n == 0 || m > most || n > most) return "no measurements";
  if (values(hrtf.DataIR).size() != m * 2 * n) return "Data.IR is not of M x 2 x N samples";
  if (hrtf.C != 3 || values(hrtf.SourcePosition).size() != m * 3) return "SourcePosition is not of M x 3 values";
  if (rates.empty()) return "there is no Data.SamplingRate";
  if (!std::ranges::all_of(rates, [&](float r) { return r == rates[0]; })) return "the sample rate changes";
  // NaN compares false.
  if (!(rates[0] >= ResponseSet::min_rate_hz && rates[0] <= ResponseSet::max_rate_hz) ||
      rates[0] != std::floor(rates[0])) {
    return "the sample rate is not between 8000 and 384000 Hz";
  }
  if (static_cast<float>(n) > rates[0] * ResponseSet::max_seconds) return "the responses are longer than 10 s";
  const auto delays = values(hrtf.DataDelay);
  if (!delays.empty() && delays.size() != 2 && delays.size() != 2 * m)
    return "Data.Delay is not of 1 x 2 or M x 2 values";
  const float second = rates[0];  // a second: sound comes 340 m far in it
  if (!std::ranges::all_of(delays, [second](float d) { return d >= 0 && d <= second; })) {
    return "Data.Delay has values that are no delays of up to a second";
  }
  if (!all_finite(values(hrtf.SourcePosition))) return "SourcePosition has values that are no numbers";
  if (!all_finite(values(hrtf.DataIR))) return "Data.IR has values that are no numbers";
  return nullptr;
}

// SOFA's axes: x to the front, y to the left, z up.
SofaFile::Measurement from_cartesian(std::span<const float> p) {
  const double x = p[0], y = p[1], z = p[2];
  constexpr double degrees = 180 / std::numbers::pi;
  SofaFile::Measurement out;
  out.direction.azimuth_deg = static_cast<float>(std::atan2(y, x) * degrees);
  out.direction.elevation_deg = static_cast<float>(std::atan2(z, std::hypot(x, y)) * degrees);
  out.distance = static_cast<float>(std::hypot(x, y, z));
  return out;
}

Result<SofaFile> copied(const MYSOFA_HRTF& hrtf) {
  if (auto ok = check_convention(hrtf); !ok) return tl::unexpected(ok.error());
  if (const char* wrong = what_is_wrong(hrtf)) return fail(Code::corrupt, "it is broken", {}, wrong);
  const std::string_view type = attribute(hrtf.SourcePosition.attributes, "Type");
  if (type != "spherical" && type != "cartesian") {
    return fail(Code::corrupt, "it is broken", {}, "SourcePosition is neither spherical nor cartesian");
  }
  SofaFile out;
  out.rate_hz = static_cast<int>(values(hrtf.DataSamplingRate)[0]);
  out.taps = hrtf.N;
  const auto places = values(hrtf.SourcePosition), delays = values(hrtf.DataDelay), samples = values(hrtf.DataIR);
  for (std::size_t m = 0; m < hrtf.M; ++m) {
    const auto p = places.subspan(3 * m, 3);
    SofaFile::Measurement at{{p[0], p[1]}, p[2]};
    if (type == "cartesian") at = from_cartesian(p);
    const std::size_t d = delays.size() == 2 ? 0 : 2 * m;
    if (!delays.empty()) at.left_delay = delays[d], at.right_delay = delays[d + 1];
    out.measurements.push_back(at);
  }
  out.samples.assign(samples.begin(), samples.end());
  return out;
}

std::string_view reason(int error) {
  switch (error) {
    case MYSOFA_READ_ERROR: return "it cannot be read to its end";
    case MYSOFA_NO_MEMORY: return "it asks for more memory than there is";
    case MYSOFA_UNSUPPORTED_FORMAT: return "it uses parts of HDF5 that libmysofa does not read";
    default: return "its HDF5 structure is damaged";
  }
}

}  // namespace

Result<SofaFile> parse_sofa(std::span<const std::byte> bytes) {
  int code = 0;
  const Hrtf hrtf(mysofa_load_data(reinterpret_cast<const char*>(bytes.data()), bytes.size(), &code));
  if (!hrtf) return fail(Code::corrupt, "it is broken", {}, std::string(reason(code)));
  return copied(*hrtf);
}

}  // namespace weir::media
