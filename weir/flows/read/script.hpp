// Script: what of a document is said, sentence by sentence.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>

#include "weir/engines/speak/dictionary.hpp"
#include "weir/flows/read/line.hpp"
#include "weir/flows/read/options.hpp"
#include "weir/media/documents/reader.hpp"

namespace weir::read {

struct ScriptOptions {
  Skips skips;
  std::string language;  // where the document says nothing; empty: the voice's own
};

// Left out are what `skips` and the dictionary say, and sentences of which then nothing is left. Very long sentences
// are several lines.
// Thread-safety: one thread; done() from any.  Allocates: a batch of paragraphs.  Blocks: while the document is read.
// Ownership: borrows the document.
class Script final : public LineSource {
 public:
  Script(ScriptOptions options, documents::DocumentReader& document, std::optional<speak::Dictionary> dictionary)
      : options_(std::move(options)), document_(document), dictionary_(std::move(dictionary)) {}

  Result<std::optional<Line>> next(const std::stop_token& stop) override;
  void seek(documents::Position to) override;
  // How much of the document has been fetched, 0 to 1.
  float done() const noexcept { return done_.load(std::memory_order_relaxed); }

 private:
  bool skipped(documents::Kind kind) const noexcept;
  Result<void> fetch(const std::stop_token& stop);
  // The lines of a paragraph, behind those that are there.
  void add_lines(documents::Placed placed);
  // As written; if anything of it is to be said.
  void add_line(Line line);

  const ScriptOptions options_;
  documents::DocumentReader& document_;
  const std::optional<speak::Dictionary> dictionary_;
  std::optional<documents::Position> from_ = documents::Position{};  // of the next batch; nothing: the end
  std::deque<documents::Placed> paragraphs_;
  std::deque<Line> lines_;  // of one paragraph
  std::atomic<float> done_{0};
};

}  // namespace weir::read
