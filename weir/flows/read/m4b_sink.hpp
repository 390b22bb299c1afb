// M4bSink: the whole book as one audiobook with chapters.
#pragma once

#include <memory>

#include "weir/flows/read/sink.hpp"
#include "weir/media/audiobook/m4b_writer.hpp"

namespace weir::read {

class M4bSink final : public Sink {
 public:
  M4bSink(std::filesystem::path path, const BookFacts& facts) : path_(std::move(path)), info_(audiobook_of(facts)) {}
  Result<void> begin_chapter(const ChapterStart& start) override;
  Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) override;
  Result<void> commit() override { return writer_->commit(); }

 private:
  const std::filesystem::path path_;
  const media::AudiobookInfo info_;
  std::unique_ptr<media::M4bWriter> writer_;  // once the rate is known
};

}  // namespace weir::read
