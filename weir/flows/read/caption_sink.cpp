#include "weir/flows/read/caption_sink.hpp"

#include <vector>

namespace weir::read {

std::string caption_ending(const std::filesystem::path& name) {
  if (name.has_extension()) return name.extension().string();
  const std::string text = name.string();
  return text.starts_with('.') ? text : '.' + text;
}

Result<void> CaptionSink::begin_chapter(const ChapterStart& start) {
  if (writer_ != nullptr) return {};
  auto writer = media::CaptionWriter::create(path_, start.rate_hz, info_);
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
  return {};
}

Result<void> CaptionSink::put(const Line& line, const LineTimes& times, std::span<const std::int16_t>) {
  const auto text = std::string_view(line.paragraph->text).substr(line.text.begin, line.text.end - line.text.begin);
  std::vector<media::TimedWord> words;
  words.reserve(line.words.size());
  for (std::size_t i = 0; i < line.words.size(); ++i) {
    const documents::Range& range = line.paragraph->words[line.words[i]].text;
    words.push_back(
        {{range.begin - line.text.begin, range.end - line.text.begin}, times.words[i].start, times.words[i].end});
  }
  return writer_->sentence(text, times.start, times.end, words);
}

}  // namespace weir::read
