// Voice: text in, sound and the time of each word out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::speak {

// A part of a text: bytes of its UTF-8, whole characters.
struct Range {
  std::uint32_t begin = 0, end = 0;
  bool operator==(const Range&) const = default;
};

// One sentence, or less.
struct Utterance {
  std::string text;          // UTF-8
  std::vector<Range> words;  // of the text, in order, not overlapping; what is between them is punctuation
  std::string language;      // BCP 47; empty: the voice's own. Only a voice that speaks several follows it
};

// Of a word, in samples of the speech it is in: start ≤ end.
struct WordTime {
  std::int64_t start = 0, end = 0;
  bool operator==(const WordTime&) const = default;
};

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its samples.
struct Speech {
  int rate_hz = 0;
  std::vector<std::int16_t> samples;  // mono, without the silence that an engine puts at both ends
  std::vector<WordTime> words;  // as many as the utterance has: each start is at or after the end of the word before,
                                // the last end is not behind the samples
  bool operator==(const Speech&) const = default;
};

struct VoiceOptions {
  std::string name = {};      // "en-gb", "de", "en-us+f3": espeak-ng's; "flite:slt"; empty: espeak-ng, by the language
  std::string language = {};  // of the text where an utterance does not say: BCP 47; empty: English
  std::string owner = "voice";                           // the account of the worker's memory
  std::size_t high_water_bytes = std::size_t{32} << 20;  // a worker that keeps more is replaced between utterances
  int attempts = 3;  // at saying an utterance, before it is an error that its worker dies
};

// An engine in a worker of its own. Long utterances go through it in runs of bounded length. One that dies is started
// again and the utterance said again from its beginning; VoiceOptions::attempts in a row are an error.
// Errors: `invalid`: no such voice (the error names some that exist); `unsupported`: a language that the engine does
// not have; `cancelled`; `failed`: the engine, with its reason. An error is never a shorter speech.
// Thread-safety: all members from any thread; speak() is one at a time, first come, first served.  Allocates: yes.
// Blocks: speak(), while the engine works.  Ownership: owns the worker.
class Voice {
 public:
  virtual ~Voice() = default;

  // A stop takes effect within one callback of the engine (some 60 ms of sound).
  virtual Result<Speech> speak(const Utterance& utterance, const std::stop_token& stop = {}) = 0;
  // What the engine's worker holds now, in bytes of private memory; 0: none runs.
  virtual std::size_t retained_bytes() const noexcept = 0;
  // Who speaks: "espeak-ng en-gb", for people. Two voices of the same identity say the same.
  virtual const std::string& identity() const noexcept = 0;
};

Result<std::unique_ptr<Voice>> open_voice(const VoiceOptions& options);

struct VoiceInfo {
  std::string name, language, engine;
};
// What --voice may name.
Result<std::vector<VoiceInfo>> voices();

}  // namespace weir::speak
