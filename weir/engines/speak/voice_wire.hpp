// What a voice's worker is asked and answers: text for sound and the places of words in it, in parts that fit a slot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/speak/reconcile.hpp"
#include "weir/engines/speak/voice.hpp"

namespace weir::speak::wire {

constexpr std::size_t max_run_bytes = 300;                    // of text in one question
constexpr std::size_t answer_bytes = std::size_t{256} << 10;  // 6 s of sound
constexpr std::size_t max_heard = 4096;                       // words of one run; an engine makes several of one number
constexpr std::size_t max_run_samples = std::size_t{22050} * 600;

enum class What : std::uint32_t {
  who,   // the answer's payload: the voice's identity; an error if there is none as the job wants it
  say,   // the payload is the text; the answer is its first part
  more,  // the next part of the same
  list,  // the answer's payload: a line for each voice, name and language with a tab between
};

struct Question {
  What what = What::who;
  std::uint32_t pause = 0;          // say: 1: with the silence that belongs behind it
  std::uint64_t run = 0;            // say, more: which one, so that nobody is given the rest of another
  std::array<char, 64> language{};  // say: BCP 47, ended by NULs
};

// With sound: the payload is so many Heard, then so many samples.
struct Answer {
  std::int32_t rate_hz = 0;
  std::uint32_t heard = 0, samples = 0;
  std::uint32_t more = 0;  // 1: there is more sound
};

// The job: what the worker speaks with.
std::vector<std::byte> job_of(std::string_view name, std::string_view language);
struct Choice {
  std::string name, language;
};
Choice choice_of(std::span<const std::byte> job);

// What one utterance has become so far.
struct Sound {
  int rate_hz = 0;
  std::vector<std::int16_t> samples;
  std::vector<Heard> heard;
};

// Joins an answer to the sound. `begin`: where its run begins in the text and in the samples. `corrupt`: the worker
// said what cannot be, and nothing was joined.
struct Begin {
  std::uint32_t position = 0;
  std::size_t sample = 0;
};
Result<void> join(const Answer& answer, std::span<const std::byte> payload, Begin begin, Sound& sound);

// An answer's text, made harmless for who prints it.
std::string text_of(std::span<const std::byte> payload);
std::vector<VoiceInfo> voices_of(std::span<const std::byte> payload, std::string_view engine);

}  // namespace weir::speak::wire
