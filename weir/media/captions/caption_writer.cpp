#include "weir/media/captions/caption_writer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <optional>
#include <utility>

#include "weir/media/captions/caption_lines.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::media {
namespace {

constexpr std::size_t line_characters = 42, lines_of_cue = 2;
constexpr std::size_t buffer_bytes = std::size_t{64} << 10;

template <class... T>
std::string printed(const char* format, T... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return line;
}

// A file that is written in large pieces.
class Text {
 public:
  explicit Text(PartFile file) : file_(std::move(file)) {}

  Result<void> put(std::string_view text) {
    waiting_.append(text);
    return waiting_.size() < buffer_bytes ? Result<void>() : flush();
  }
  // Over what is at its beginning already.
  Result<void> put_at_head(std::string_view text) {
    if (auto flushed = flush(); !flushed) return flushed;
    return file_.overwrite(0, std::as_bytes(std::span(text)));
  }
  Result<void> commit() {
    if (auto flushed = flush(); !flushed) return flushed;
    return file_.commit();
  }

 private:
  Result<void> flush() {
    auto appended = file_.append(std::as_bytes(std::span(waiting_)));
    waiting_.clear();
    return appended;
  }
  PartFile file_;
  std::string waiting_;
};

// Times in units of `per_second`, which never go back.
class Steady {
 public:
  Steady(int rate_hz, int per_second) : rate_hz_(rate_hz), per_second_(per_second) {}
  std::int64_t operator()(std::int64_t samples) noexcept {
    return last_ = std::max(last_, samples / rate_hz_ * per_second_ + samples % rate_hz_ * per_second_ / rate_hz_);
  }
  // Later than the last one.
  std::int64_t after(std::int64_t samples) noexcept {
    ++last_;
    return (*this)(samples);
  }

 private:
  int rate_hz_, per_second_;
  std::int64_t last_ = 0;
};

std::string clock(std::int64_t ms, char point) {
  return printed("%02lld:%02d:%02d%c%03d", static_cast<long long>(ms / 3'600'000), static_cast<int>(ms / 60'000 % 60),
                 static_cast<int>(ms / 1000 % 60), point, static_cast<int>(ms % 1000));
}

enum class CueKind { srt, vtt };

class CueWriter final : public CaptionWriter {
 public:
  CueWriter(PartFile file, int rate_hz, CueKind kind) : text_(std::move(file)), time_(rate_hz, 1000), kind_(kind) {}

  Result<void> begin() { return kind_ == CueKind::vtt ? text_.put("WEBVTT\n\n") : Result<void>(); }

  Result<void> sentence(std::string_view text, std::int64_t start, std::int64_t end,
                        std::span<const TimedWord> words) override {
    const std::string line = one_line(text);
    const SentenceTimes times(line.size(), start, end, words);
    const auto lines = cut_lines(line, words, line_characters);
    for (std::size_t i = 0; i < lines.size(); i += lines_of_cue) {
      const std::size_t next = std::min(i + lines_of_cue, lines.size());
      const std::span cue(lines.data() + i, next - i);
      const std::int64_t from = time_(i == 0 ? start : times.at(cue.front().begin));
      const std::string said = words_of(line, cue, words, times, from);
      const std::int64_t to = time_.after(next < lines.size() ? times.at(lines[next].begin) : end);
      if (auto put_in = put_cue(from, to, said); !put_in) return put_in;
    }
    return {};
  }

  Result<void> commit() override { return text_.commit(); }

 private:
  // In WebVTT with a time before each word that is said later than the cue begins.
  std::string words_of(std::string_view line, std::span<const documents::Range> cue, std::span<const TimedWord> words,
                       const SentenceTimes& times, std::int64_t from) {
    std::string said;
    for (const auto& range : cue) {
      if (!said.empty()) said += kind_ == CueKind::srt ? "\r\n" : "\n";
      for (std::uint32_t at = range.begin; at < range.end; ++at) {
        if (kind_ == CueKind::vtt && begins_word(words, at)) {
          if (const std::int64_t when = time_(times.at(at)); when > from) {
            said.append("<").append(clock(when, '.')).append(">");
            from = when;  // of two at the same time the first is enough
          }
        }
        put_escaped(said, line[at]);
      }
    }
    return said;
  }

  void put_escaped(std::string& said, char c) const {
    if (kind_ == CueKind::srt) {
      said += c;
    } else if (c == '&') {
      said += "&amp;";
    } else if (c == '<') {
      said += "&lt;";
    } else if (c == '>') {
      said += "&gt;";
    } else {
      said += c;
    }
  }

  Result<void> put_cue(std::int64_t from, std::int64_t to, const std::string& said) {
    const std::string number = std::to_string(++cues_);
    if (kind_ == CueKind::srt)
      return text_.put(number + "\r\n" + clock(from, ',') + " --> " + clock(to, ',') + "\r\n" + said + "\r\n\r\n");
    return text_.put(clock(from, '.') + " --> " + clock(to, '.') + "\n" + said + "\n\n");
  }

  Text text_;
  Steady time_;
  CueKind kind_;
  std::uint64_t cues_ = 0;
};

class LyricsWriter final : public CaptionWriter {
 public:
  LyricsWriter(PartFile file, int rate_hz, CaptionInfo info)
      : text_(std::move(file)), time_(rate_hz, 100), info_(std::move(info)) {}

  Result<void> begin() { return text_.put(head(0)); }

  Result<void> sentence(std::string_view text, std::int64_t start, std::int64_t end,
                        std::span<const TimedWord> words) override {
    const std::string line = one_line(text);
    std::string said = "[" + clock(time_(start)) + "]";
    std::size_t at = 0;
    for (const TimedWord& word : words) {
      const std::size_t begin = std::clamp<std::size_t>(word.text.begin, at, line.size());
      said.append(line, at, begin - at).append(stamp(word.start));
      at = begin;
    }
    said.append(line, at).append(stamp(end)).append("\n");
    length_ = std::max(length_, time_(end));
    return text_.put(said);
  }

  Result<void> commit() override {
    if (auto again = text_.put_at_head(head(length_)); !again) return again;
    return text_.commit();
  }

 private:
  static std::string clock(std::int64_t hundredths) {
    return printed("%02lld:%02d.%02d", static_cast<long long>(hundredths / 6000),
                   static_cast<int>(hundredths / 100 % 60), static_cast<int>(hundredths % 100));
  }
  std::string stamp(std::int64_t samples) { return "<" + clock(time_(samples)) + ">"; }

  // As long whatever the length is, so that it can be written again at the end.
  std::string head(std::int64_t hundredths) const {
    std::string lines;
    if (!info_.title.empty()) lines += "[ti:" + one_line(info_.title) + "]\n";
    if (!info_.author.empty()) lines += "[ar:" + one_line(info_.author) + "]\n";
    const std::int64_t seconds = hundredths / 100;
    return lines +
           printed("[length:%5lld:%02d]\n", static_cast<long long>(seconds / 60), static_cast<int>(seconds % 60));
  }

  Text text_;
  Steady time_;
  CaptionInfo info_;
  std::int64_t length_ = 0;
};

template <class Writer, class... T>
Result<std::unique_ptr<CaptionWriter>> begun(const std::filesystem::path& path, int rate_hz, T&&... more) {
  auto file = PartFile::open(path, Existing::replaced);
  if (!file) return tl::unexpected(file.error());
  auto writer = std::make_unique<Writer>(std::move(*file), rate_hz, std::forward<T>(more)...);
  if (auto started = writer->begin(); !started) return tl::unexpected(started.error());
  return writer;
}

}  // namespace

Result<std::unique_ptr<CaptionWriter>> CaptionWriter::create(const std::filesystem::path& path, int rate_hz,
                                                             const CaptionInfo& info) {
  if (rate_hz < 1) return fail(Code::invalid, "captions need a rate of at least 1 Hz", path);
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".srt") return begun<CueWriter>(path, rate_hz, CueKind::srt);
  if (ending == ".vtt") return begun<CueWriter>(path, rate_hz, CueKind::vtt);
  if (ending == ".lrc") return begun<LyricsWriter>(path, rate_hz, info);
  return fail(Code::invalid, "captions are written as .srt, .vtt or .lrc; end the name so", path);
}

}  // namespace weir::media
