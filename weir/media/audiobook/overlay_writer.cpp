#include "weir/media/audiobook/overlay_writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "weir/media/audiobook/overlay_pages.hpp"
#include "weir/media/audiobook/zip_writer.hpp"

namespace weir::media {
namespace {

// Two sums of all that the book holds (G. Fowler, L. C. Noll and K.-P. Vo's FNV-1a, from two beginnings), as a UUID of
// RFC 9562's version 8.
class Fingerprint {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(0xFF);  // no text has it: what follows is another one
  }
  std::string uuid() const {
    const std::uint64_t high = (high_ & ~0xF000ULL) | 0x8000, low = (low_ & ~(3ULL << 62)) | 1ULL << 63;
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%08llx-%04llx-%04llx-%04llx-%012llx",
                  static_cast<unsigned long long>(high >> 32), static_cast<unsigned long long>(high >> 16 & 0xFFFF),
                  static_cast<unsigned long long>(high & 0xFFFF), static_cast<unsigned long long>(low >> 48),
                  static_cast<unsigned long long>(low & 0xFFFFFFFFFFFF));
    return text.data();
  }

 private:
  void add_byte(unsigned char byte) {
    constexpr std::uint64_t prime = 0x100000001B3;
    high_ = (high_ ^ byte) * prime;
    low_ = (low_ + byte) * prime ^ low_ >> 29;
  }
  std::uint64_t high_ = 0xCBF29CE484222325, low_ = 0x84222325CBF29CE4;
};

std::string in_package(std::string_view name) { return "EPUB/" + std::string(name); }

// The core media types of EPUB 3.3.
std::string type_of_audio(const std::filesystem::path& path) {
  const std::string ending = path.extension();
  return ending == ".mp3" ? "audio/mpeg" : ending == ".opus" ? "audio/ogg; codecs=opus" : "";
}

}  // namespace

struct OverlayWriter::State {
  ZipWriter zip;
  AudiobookInfo info;
  OverlayOptions options;
  Fingerprint fingerprint = {};
  std::vector<overlay::ChapterEntry> chapters = {};
  // Of the chapter that is open:
  std::string body = {};
  std::vector<overlay::Clip> clips = {};
  std::uint32_t sentences = 0;

  std::int64_t ms(std::int64_t samples) const {
    return samples / options.rate_hz * 1000 + samples % options.rate_hz * 1000 / options.rate_hz;
  }
  Result<void> put(std::string_view name, const std::string& text) {
    fingerprint.add(name);
    fingerprint.add(text);
    return zip.deflate(in_package(name), text);
  }
  Result<void> put_sound(const std::filesystem::path& audio);
  Result<void> begin();
};

Result<void> OverlayWriter::State::begin() {
  constexpr std::string_view type = "application/epub+zip";
  if (auto first = zip.store("mimetype", std::as_bytes(std::span(type))); !first) return first;
  if (auto second = zip.deflate("META-INF/container.xml", overlay::container_xml()); !second) return second;
  if (auto style = put("style.css", overlay::style_css()); !style) return style;
  if (info.cover.empty()) return {};
  fingerprint.add({reinterpret_cast<const char*>(info.cover.data()), info.cover.size()});
  return zip.store(in_package(overlay::cover_name(info)), info.cover);
}

OverlayWriter::OverlayWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
OverlayWriter::~OverlayWriter() = default;

Result<std::unique_ptr<OverlayWriter>> OverlayWriter::create(const std::filesystem::path& path,
                                                             const AudiobookInfo& info, const OverlayOptions& options) {
  if (picture_of(info.cover) == Picture::other) return fail(Code::invalid, "the cover is neither JPEG nor PNG", path);
  if (options.rate_hz < 1) return fail(Code::invalid, "times need a rate of at least 1 Hz", path);
  auto file = PartFile::open(path, Existing::replaced);
  if (!file) return tl::unexpected(file.error());
  std::unique_ptr<State> state(new State{ZipWriter(std::move(*file)), info, options});
  // A package must name a title and a language.
  if (state->info.title.empty()) state->info.title = path.stem();
  if (state->info.language.empty()) state->info.language = "und";
  if (auto begun = state->begin(); !begun) return tl::unexpected(begun.error());
  return std::unique_ptr<OverlayWriter>(new OverlayWriter(std::move(state)));
}

void OverlayWriter::begin_chapter(std::string_view title, int level) {
  state_->chapters.push_back({std::string(title), std::max(level, 1), 0, {}, {}});
  state_->body.clear();
  state_->clips.clear();
  state_->sentences = 0;
}

void OverlayWriter::paragraph(const OverlayParagraph& paragraph) {
  State& s = *state_;
  s.body += overlay::paragraph_html(paragraph, s.sentences);
  for (const OverlaySentence& sentence : paragraph.sentences) {
    if (s.options.highlight == Highlight::sentence || sentence.words.empty()) {
      s.clips.push_back({s.sentences, {}, s.ms(sentence.start), 0});
    } else {
      for (std::uint32_t word = 0; word < sentence.words.size(); ++word) {
        s.clips.push_back({s.sentences, word, s.ms(sentence.words[word].start), 0});
      }
    }
    ++s.sentences;
  }
}

Result<void> OverlayWriter::State::put_sound(const std::filesystem::path& audio) {
  const std::size_t chapter = chapters.size() - 1;
  overlay::ChapterEntry& entry = chapters.back();
  entry.audio_type = type_of_audio(audio);
  if (entry.audio_type.empty()) return fail(Code::invalid, "an EPUB's sound is .mp3 or .opus", audio);
  entry.audio = overlay::chapter_name(chapter, audio.extension().string().substr(1));
  const auto sum = zip.store_file(in_package(entry.audio), audio);
  if (!sum) return tl::unexpected(sum.error());
  fingerprint.add(std::to_string(*sum));
  entry.duration_ms = clips.back().end_ms;
  return put(overlay::chapter_name(chapter, "smil"), overlay::chapter_smil(chapter, entry.audio, clips));
}

Result<void> OverlayWriter::end_chapter(const std::filesystem::path& audio, std::int64_t frames) {
  State& s = *state_;
  const std::size_t chapter = s.chapters.size() - 1;
  overlay::ChapterEntry& entry = s.chapters.back();
  overlay::close_gaps(s.clips, s.ms(frames));
  if (!s.clips.empty()) {
    if (auto put = s.put_sound(audio); !put) return put;
  }
  const std::string title = entry.title.empty() ? std::to_string(chapter + 1) : entry.title;
  auto put = s.put(overlay::chapter_name(chapter, "xhtml"), overlay::chapter_html(title, s.info.language, s.body));
  s.body.clear();
  s.clips.clear();
  return put;
}

Result<void> OverlayWriter::commit() {
  State& s = *state_;
  if (s.chapters.empty()) return fail(Code::invalid, "there is no chapter to write", s.zip.path());
  if (auto put = s.put("nav.xhtml", overlay::nav_html(s.info, s.chapters)); !put) return put;
  s.fingerprint.add(s.info.author);
  const auto package = overlay::package_opf(s.info, s.fingerprint.uuid(), s.options.modified, s.chapters);
  if (auto put = s.zip.deflate(in_package("package.opf"), package); !put) return put;
  return s.zip.commit();
}

}  // namespace weir::media
