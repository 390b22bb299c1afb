// Outputs: everything that a book becomes in one run.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/flows/read/options.hpp"
#include "weir/flows/read/sink.hpp"

namespace weir::read {

// What --out asks for.
enum class OutKind {
  none,     // only subtitles or words
  sound,    // one file, or standard output
  m4b,      // one file with chapters
  overlay,  // an EPUB with its sound
  folder,   // a file for each chapter
};
// By the name; a folder is what is one, or ends in /.
OutKind kind_of(const std::filesystem::path& out);

// Thread-safety: one thread.  Allocates: yes.  Blocks: on the disk.  Ownership: owns its files.
class Outputs {
 public:
  // Whether what was asked for can be, as far as the command line says.
  static Result<void> check(const ReadOptions& options);
  // Nothing is written before the first chapter.
  static Result<Outputs> make(const ReadOptions& options, BookFacts facts);

  // Each chapter is a sound of its own, whose samples count from 0.
  static bool file_per_chapter(const ReadOptions& options);
  // The rates that the sound may have, ascending; none: any.
  static std::span<const int> rates(const ReadOptions& options);

  bool has(std::uint32_t chapter) const;
  // at: the sample with which it begins.
  Result<void> begin_chapter(std::uint32_t chapter, std::int64_t at, int rate_hz);
  Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples);
  // In the order in which they were made: after an error the files before are there, the others are not.
  Result<void> commit();

 private:
  explicit Outputs(std::vector<documents::Chapter> chapters) : chapters_(std::move(chapters)) {}

  std::vector<documents::Chapter> chapters_;
  std::vector<std::unique_ptr<Sink>> sinks_;
};

}  // namespace weir::read
