#include "weir/flows/read/outputs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <string>

#include "weir/flows/read/caption_sink.hpp"
#include "weir/flows/read/chapter_folder.hpp"
#include "weir/flows/read/dump.hpp"
#include "weir/flows/read/m4b_sink.hpp"
#include "weir/flows/read/overlay_sink.hpp"
#include "weir/flows/read/sound_sink.hpp"

namespace weir::read {
namespace {

namespace fs = std::filesystem;

constexpr std::array opus_rates_hz = {8000, 12000, 16000, 24000, 48000};

bool is_sound(const std::string& ending) {
  return ending == ".wav" || ending == ".flac" || ending == ".opus" || ending == ".mp3";
}

bool is_caption(const std::string& ending) { return ending == ".srt" || ending == ".vtt" || ending == ".lrc"; }

// When the document was written, as xsd:dateTime: the same book gives the same file.
std::string time_of(const fs::path& book) {
  struct stat status{};
  const std::time_t at = ::stat(book.c_str(), &status) == 0 ? status.st_mtime : 0;
  std::tm utc{};
  ::gmtime_r(&at, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

Result<std::unique_ptr<Sink>> make_out(const ReadOptions& options, const BookFacts& facts) {
  switch (kind_of(options.out)) {
    case OutKind::none: break;
    case OutKind::sound: return std::make_unique<SoundSink>(options.out);
    case OutKind::m4b: return std::make_unique<M4bSink>(options.out, facts);
    case OutKind::overlay: return std::make_unique<OverlaySink>(options.out, facts, time_of(options.book));
    case OutKind::folder: return ChapterFolder::make(options, facts);
  }
  return nullptr;
}

media::CaptionInfo caption_info_of(const BookFacts& facts) {
  media::AudiobookInfo info = audiobook_of(facts);
  return {std::move(info.title), std::move(info.author)};
}

}  // namespace

media::AudiobookInfo audiobook_of(const BookFacts& facts) {
  return {.title = facts.info.title.empty() ? facts.id : facts.info.title,
          .author = facts.info.author,
          .language = facts.info.language,
          .cover = facts.cover};
}

OutKind kind_of(const fs::path& out) {
  if (out.empty()) return OutKind::none;
  if (out == "-") return OutKind::sound;
  if (!out.has_filename() || fs::is_directory(out)) return OutKind::folder;
  const std::string ending = out.extension().string();
  return ending == ".m4b" ? OutKind::m4b : ending == ".epub" ? OutKind::overlay : OutKind::sound;
}

Result<void> Outputs::check(const ReadOptions& options) {
  const OutKind kind = kind_of(options.out);
  // Pipes and devices take WAV, whatever their name is.
  const bool special = fs::exists(options.out) && !fs::is_regular_file(options.out);
  if (kind == OutKind::sound && options.out != "-" && !special && !is_sound(options.out.extension().string())) {
    return fail(Code::invalid,
                "say what it shall become: .wav .flac .opus .mp3 .m4b .epub, or a folder with a / at its end", "--out",
                options.out.string());
  }
  if (!options.subtitles.empty() && !is_caption(caption_ending(options.subtitles))) {
    return fail(Code::invalid, "subtitles are .srt, .vtt or .lrc", "--subtitles", options.subtitles.string());
  }
  if (!options.subtitles.empty() && kind == OutKind::overlay) {
    return fail(Code::invalid, "impossible together: an EPUB's sound has its text beside it", "--subtitles and --out");
  }
  if (!options.subtitles.empty() && kind == OutKind::folder && options.subtitles.has_extension()) {
    return fail(Code::invalid, "each chapter gets subtitles of its own: name their ending alone, such as .srt",
                "--subtitles", options.subtitles.string());
  }
  if (options.out == "-" && options.dump == "-") {
    return fail(Code::invalid, "impossible together: both want standard output", "--out and --dump");
  }
  return {};
}

bool Outputs::file_per_chapter(const ReadOptions& options) {
  const OutKind kind = kind_of(options.out);
  return kind == OutKind::folder || kind == OutKind::overlay;
}

std::span<const int> Outputs::rates(const ReadOptions& options) {
  const bool opus =
      kind_of(options.out) == OutKind::folder ? options.chapter_format == "opus" : options.out.extension() == ".opus";
  return opus ? std::span<const int>(opus_rates_hz) : std::span<const int>();
}

Result<Outputs> Outputs::make(const ReadOptions& options, BookFacts facts) {
  Outputs outputs(facts.chapters);
  const auto add = [&](Result<std::unique_ptr<Sink>> sink) -> Result<void> {
    if (!sink) return tl::unexpected(sink.error());
    if (*sink != nullptr) outputs.sinks_.push_back(std::move(*sink));
    return {};
  };
  if (!options.dump.empty()) {
    if (auto added = add(make_dump(options.dump)); !added) return tl::unexpected(added.error());
  }
  if (!options.subtitles.empty() && kind_of(options.out) != OutKind::folder) {
    outputs.sinks_.push_back(std::make_unique<CaptionSink>(options.subtitles, caption_info_of(facts)));
  }
  // The sound last: where it is, all is.
  if (auto added = add(make_out(options, facts)); !added) return tl::unexpected(added.error());
  return outputs;
}

bool Outputs::has(std::uint32_t chapter) const {
  return std::any_of(sinks_.begin(), sinks_.end(), [&](const auto& sink) { return sink->has(chapter); });
}

Result<void> Outputs::begin_chapter(std::uint32_t chapter, std::int64_t at, int rate_hz) {
  ChapterStart start{.chapter = chapter, .title = {}, .at = at, .rate_hz = rate_hz};
  if (chapter < chapters_.size()) {
    start.title = chapters_[chapter].title;
    start.level = chapters_[chapter].level;
  }
  for (const auto& sink : sinks_) {
    if (auto begun = sink->begin_chapter(start); !begun) return begun;
  }
  return {};
}

Result<void> Outputs::put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) {
  for (const auto& sink : sinks_) {
    if (auto put = sink->put(line, times, samples); !put) return put;
  }
  return {};
}

Result<void> Outputs::commit() {
  for (const auto& sink : sinks_) {
    if (auto committed = sink->commit(); !committed) return committed;
  }
  return {};
}

}  // namespace weir::read
