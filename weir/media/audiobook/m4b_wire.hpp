// What weir-worker-m4b is told and answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/audiobook/audiobook.hpp"

namespace weir::media::m4b {

enum class What : std::uint32_t {
  begin,    // payload: title, author, language and cover, one behind the other
  samples,  // payload: 16 bits each
  chapter,  // payload: the title
  finish,
};

struct Question {
  What what = What::begin;
  std::int32_t rate_hz = 0, channels = 0;                               // begin
  std::uint32_t title_bytes = 0, author_bytes = 0, language_bytes = 0;  // begin
  std::uint64_t start = 0;                                              // chapter
};

struct Answer {
  std::uint64_t frames = 0;  // that the worker was given until now
};

constexpr std::size_t max_samples_bytes = std::size_t{256} << 10;  // of one question
constexpr std::size_t max_text_bytes = 1024;
constexpr std::size_t max_title_bytes = 255;  // of a chapter: Nero's list counts them in one byte
constexpr std::size_t max_cover_bytes = std::size_t{16} << 20;

std::vector<std::byte> payload_of(const AudiobookInfo& info, Question& question);
// `corrupt`: the lengths do not fit the payload.
Result<AudiobookInfo> info_of(const Question& question, std::span<const std::byte> payload);

}  // namespace weir::media::m4b
