// Everything that `weir read` can be told, as plain values. Where they come from is the application's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "weir/media/documents/document.hpp"

namespace weir::read {

// Silence between what is said, at speed 1. At other speeds it shrinks and grows along.
struct Gaps {
  double sentence_s = 0.35, paragraph_s = 0.8, chapter_s = 2;
  bool operator==(const Gaps&) const = default;
};

// What of a text is left out.
struct Skips {
  bool footnotes = false, tables = false, code = false, urls = false;
  bool operator==(const Skips&) const = default;
};

struct ReadOptions {
  std::filesystem::path book;
  std::string password;
  std::string voice;     // as speak::VoiceOptions::name
  std::string language;  // of a document that does not say: BCP 47; empty: English
  double speed = 1;      // 0.5 to 3
  Gaps gaps;
  Skips skips;
  std::filesystem::path dictionary;  // empty: none
  documents::Position from;
  // A file whose ending says what it becomes, a folder for a file per chapter, "-" for WAV to standard output, or
  // empty: no sound is kept.
  std::filesystem::path out;
  std::string chapter_format = "opus";  // of a folder's files: an ending
  std::filesystem::path subtitles;      // .srt, .vtt, .lrc; empty: none
  std::filesystem::path dump;           // a JSON object per word; "-": standard output; empty: none
  double ahead_s = 10;                  // how much speech may wait to be written or heard
  std::size_t cache_bytes = std::size_t{4} << 20;
  int attempts = 5;  // at a place or sentence whose worker dies
  std::size_t voice_high_water_bytes = std::size_t{32} << 20;
  bool operator==(const ReadOptions&) const = default;
};

}  // namespace weir::read
