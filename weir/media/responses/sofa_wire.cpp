#include "weir/media/responses/sofa_wire.hpp"

#include <cstring>

namespace weir::media::sofa {

Question question_of(const Layout& layout, SofaPick pick) {
  Question out;
  out.interpolated = pick == SofaPick::interpolated ? 1 : 0;
  for (const Speaker s : layout.channels) out.speaker.at(out.speakers++) = static_cast<std::uint8_t>(s);
  return out;
}

Result<ResponseSet> set_of(const Answer& answer, std::span<const std::byte> payload) {
  const std::size_t ear_bytes = answer.taps * sizeof(float);
  if (answer.speakers > answer.speaker.size() || payload.size() != 2 * ear_bytes * answer.speakers) {
    return fail(Code::corrupt, "the reader of SOFA files gave an answer that cannot be");
  }
  ResponseSet set{answer.rate_hz, {}, {}};
  for (const std::uint8_t s : std::span(answer.speaker).first(answer.speakers)) {
    if (s >= all_speakers().size())
      return fail(Code::corrupt, "the reader of SOFA files gave an answer that cannot be");
    Response r{static_cast<Speaker>(s), std::vector<float>(answer.taps), std::vector<float>(answer.taps)};
    for (auto* ear : {&r.left, &r.right}) {
      if (ear_bytes > 0) std::memcpy(ear->data(), payload.data(), ear_bytes);
      payload = payload.subspan(ear_bytes);
    }
    set.responses.push_back(std::move(r));
  }
  return finished(std::move(set));
}

}  // namespace weir::media::sofa
