#include "weir/flows/read/chapter_folder.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "weir/flows/read/caption_sink.hpp"
#include "weir/flows/read/sound_sink.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::read {
namespace {

namespace fs = std::filesystem;

constexpr const char* state_name = ".weir-read";
constexpr std::size_t most_title_bytes = 80;

// FNV-1a, 64 bits.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  Result<void> add_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string block(1 << 16, '\0');
    while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
      add(std::string_view(block).substr(0, static_cast<std::size_t>(in.gcount())));
    }
    return in.eof() ? Result<void>() : fail(Code::not_found, "cannot be read", path.string());
  }
  std::string text() const {
    char out[17];
    std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(value_));
    return out;
  }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325;
};

// Everything that decides what is in the files.
Result<std::string> fingerprint_of(const ReadOptions& options, const BookFacts& facts) {
  Hash hash;
  if (auto read = hash.add_file(options.book); !read) return tl::unexpected(read.error());
  if (!options.dictionary.empty()) {
    if (auto read = hash.add_file(options.dictionary); !read) return tl::unexpected(read.error());
  }
  std::ostringstream manner;
  const Skips& skips = options.skips;
  manner << '\n'
         << options.voice << '\n'
         << options.language << '\n'
         << options.speed << ' ' << options.gaps.sentence_s << ' ' << options.gaps.paragraph_s << ' ' << skips.footnotes
         << skips.tables << skips.code << skips.urls << '\n'
         << options.chapter_format << '\n'
         << options.subtitles.string() << '\n'
         << options.from.chapter << ':' << options.from.paragraph << '\n'
         << facts.info.format;
  hash.add(manner.str());
  return hash.text();
}

int digits_of(std::size_t number) { return static_cast<int>(std::to_string(std::max<std::size_t>(number, 1)).size()); }

// Without what file systems and shells take amiss; cut between characters.
std::string file_name_of(std::string_view title) {
  std::string out;
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    const bool bad = byte < 0x20 || byte == 0x7F || std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
    const bool begins = (byte & 0xC0) != 0x80;
    if (begins && out.size() >= most_title_bytes) break;
    out += bad ? ' ' : c;
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.')) out.pop_back();
  return out;
}

}  // namespace

Result<std::unique_ptr<Sink>> ChapterFolder::make(const ReadOptions& options, const BookFacts& facts) {
  std::error_code error;
  fs::create_directory(options.out, error);
  if (!fs::is_directory(options.out)) {
    return fail(Code::denied, "the folder cannot be made", options.out.string(), error.message());
  }
  auto fingerprint = fingerprint_of(options, facts);
  if (!fingerprint) return tl::unexpected(fingerprint.error());
  std::unique_ptr<ChapterFolder> folder(
      new ChapterFolder(options, std::move(*fingerprint), digits_of(facts.chapters.size())));
  if (auto read = folder->read_state(); !read) return tl::unexpected(read.error());
  return folder;
}

ChapterFolder::ChapterFolder(const ReadOptions& options, std::string fingerprint, int digits)
    : options_(options), fingerprint_(std::move(fingerprint)), digits_(digits) {}

ChapterFolder::~ChapterFolder() = default;

// "FINGERPRINT", then "CHAPTER BYTES NAME" for each; whatever is not like that is as if it was not there.
Result<void> ChapterFolder::read_state() {
  // A list of words has to have all of them.
  if (!options_.dump.empty()) return {};
  std::ifstream in(options_.out / state_name);
  std::string fingerprint;
  if (!std::getline(in, fingerprint) || fingerprint != fingerprint_) return {};
  std::uint32_t chapter = 0;
  File file;
  while (in >> chapter >> file.bytes && in.get() == ' ' && std::getline(in, file.name)) {
    std::error_code error;
    if (file.name.find('/') == std::string::npos && fs::file_size(options_.out / file.name, error) == file.bytes &&
        !error) {
      done_[chapter] = file;
    }
  }
  return {};
}

Result<void> ChapterFolder::write_state() const {
  std::string text = fingerprint_ + '\n';
  for (const auto& [chapter, file] : done_) {
    text += std::to_string(chapter) + ' ' + std::to_string(file.bytes) + ' ' + file.name + '\n';
  }
  auto file = media::PartFile::open(options_.out / state_name, media::Existing::replaced);
  if (!file) return tl::unexpected(file.error());
  if (auto written = file->append(std::as_bytes(std::span(text))); !written) return written;
  return file->commit();
}

bool ChapterFolder::has(std::uint32_t chapter) const { return done_.contains(chapter); }

std::string ChapterFolder::stem_of(const ChapterStart& start) const {
  char number[16];
  std::snprintf(number, sizeof number, "%0*u", digits_, start.chapter + 1);
  const std::string title = file_name_of(start.title);
  return title.empty() ? number : std::string(number) + ' ' + title;
}

Result<void> ChapterFolder::begin_chapter(const ChapterStart& start) {
  if (auto ended = end_chapter(); !ended) return ended;
  chapter_ = start.chapter;
  const std::string stem = stem_of(start);
  name_ = stem + '.' + options_.chapter_format;
  auto writer = create_speech(options_.out / name_, start.rate_hz);
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
  if (options_.subtitles.empty()) return {};
  const std::string captions = stem + caption_ending(options_.subtitles);
  captions_ =
      std::make_unique<CaptionSink>(options_.out / captions, media::CaptionInfo{.title = start.title, .author = {}});
  return captions_->begin_chapter(start);
}

Result<void> ChapterFolder::put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) {
  if (captions_ != nullptr) {
    if (auto put = captions_->put(line, times, samples); !put) return put;
  }
  return writer_->write(samples.data(), static_cast<std::int64_t>(samples.size()));
}

// The sound last: a chapter whose sound is there is whole.
Result<void> ChapterFolder::end_chapter() {
  if (writer_ == nullptr) return {};
  if (captions_ != nullptr) {
    if (auto committed = captions_->commit(); !committed) return committed;
    captions_.reset();
  }
  if (auto committed = writer_->commit(); !committed) return committed;
  writer_.reset();
  std::error_code error;
  done_[chapter_] = {name_, fs::file_size(options_.out / name_, error)};
  return write_state();
}

Result<void> ChapterFolder::commit() { return end_chapter(); }

}  // namespace weir::read
