// What weir-worker-sofa is asked and answers: the bytes of a SOFA file and a layout, for the responses of its speakers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "weir/media/responses/sofa_directions.hpp"

namespace weir::media::sofa {

// The payload is the file.
struct Question {
  std::uint8_t interpolated = 0;
  std::uint8_t speakers = 0;  // so many of those below
  std::array<std::uint8_t, Layout::max_channels> speaker{};
};

// The payload is each speaker's left ear, then its right ear, `taps` floats each.
struct Answer {
  std::int32_t rate_hz = 0;
  std::uint32_t taps = 0, speakers = 0;
  std::array<std::uint8_t, Layout::max_channels + 1> speaker{};  // the LFE may bring the centre along
};

constexpr std::size_t max_answer_bytes = std::size_t{16} << 20;

Question question_of(const Layout& layout, SofaPick pick);
// `corrupt`: the worker said what cannot be.
Result<ResponseSet> set_of(const Answer& answer, std::span<const std::byte> payload);

}  // namespace weir::media::sofa
