#include "weir/flows/read/m4b_sink.hpp"

namespace weir::read {

Result<void> M4bSink::begin_chapter(const ChapterStart& start) {
  if (writer_ == nullptr) {
    auto writer = media::M4bWriter::create(path_, info_, start.rate_hz);
    if (!writer) return tl::unexpected(writer.error());
    writer_ = std::move(*writer);
  }
  return writer_->chapter(static_cast<std::uint64_t>(start.at), start.title);
}

Result<void> M4bSink::put(const Line&, const LineTimes&, std::span<const std::int16_t> samples) {
  return writer_->write(samples.data(), static_cast<std::int64_t>(samples.size()));
}

}  // namespace weir::read
