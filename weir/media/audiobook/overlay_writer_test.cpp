#include "weir/media/audiobook/overlay_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/epub_rules.hpp"
#include "weir/media/audio/sound_writer.hpp"
#include "weir/media/audiobook/overlay_pages.hpp"
#include "weir/media/audiobook/test_books.hpp"
#include "weir/media/audiobook/zip_writer.hpp"
#include "weir/media/files/test_files.hpp"

namespace weir::media {
namespace {

using test::Scratch;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int rate_hz = 24'000;

// Two sentences; a word lasts half a second, with a tenth of silence behind each sentence.
struct Told {
  std::string text;
  std::vector<OverlaySentence> sentences;
  std::int64_t end = 0;
};

Told told(const std::vector<std::string>& sentences, std::int64_t start) {
  Told out;
  out.end = start;
  for (const std::string& sentence : sentences) {
    if (!out.text.empty()) out.text += " ";
    const auto begin = static_cast<std::uint32_t>(out.text.size());
    out.sentences.push_back({{begin, begin + static_cast<std::uint32_t>(sentence.size())}, out.end, {}});
    for (std::size_t at = 0; at < sentence.size();) {
      const std::size_t to = std::min(sentence.find(' ', at), sentence.size());
      out.sentences.back().words.push_back(
          {{begin + static_cast<std::uint32_t>(at), begin + static_cast<std::uint32_t>(to)},
           out.end,
           out.end + rate_hz / 2});
      out.end += rate_hz / 2;
      at = to + 1;
    }
    out.text += sentence;
    out.end += rate_hz / 10;
  }
  return out;
}

class OverlayBook : public testing::Test {
 protected:
  OverlayBook() : path_(scratch_ / "a.epub") {}

  std::filesystem::path sound(const std::string& name, std::int64_t frames) {
    const auto samples = test::speech(rate_hz, 1, static_cast<int>(frames));
    auto writer = SoundWriter::create(scratch_ / name, {rate_hz, 1});
    EXPECT_TRUE(writer && (*writer)->write(samples.data(), frames) && (*writer)->commit());
    return scratch_ / name;
  }

  // Three chapters, one of them without sound.
  void fill(OverlayWriter& writer, const char* last_sound = "two.opus") {
    writer.begin_chapter("One & <only>", 1);
    const Told head = told({"One"}, 0);
    writer.paragraph({.kind = documents::Kind::heading,
                      .level = 1,
                      .text = head.text,
                      .language = "en",
                      .sentences = head.sentences});
    const Told text = told({"\"It's & <b>\" she said.", "Nobody heard."}, head.end + rate_hz / 5);
    writer.paragraph({.text = text.text, .language = "", .sentences = text.sentences});
    const auto first = writer.end_chapter(sound("one.mp3", text.end + 100), text.end + 100);
    ASSERT_TRUE(first) << first.error().line();
    writer.begin_chapter("", 3);
    ASSERT_TRUE(writer.end_chapter({}, 0));
    writer.begin_chapter("Two", 2);
    const Told hebrew = told({"שלום עולם.", "漢字 かな"}, 0);
    writer.paragraph({.kind = documents::Kind::quote,
                      .text = hebrew.text,
                      .language = "he",
                      .right_to_left = true,
                      .sentences = hebrew.sentences});
    const auto last = writer.end_chapter(sound(last_sound, hebrew.end), hebrew.end);
    ASSERT_TRUE(last) << last.error().line();
  }

  void write(Highlight highlight, const std::filesystem::path& path, const char* last_sound = "two.opus") {
    const AudiobookInfo info{"A \"Book\" & more", "Zoë <Å>", "en", test::small_png()};
    auto writer = OverlayWriter::create(path, info, {rate_hz, "2026-11-21T10:00:00Z", highlight});
    ASSERT_TRUE(writer) << writer.error().line();
    fill(**writer, last_sound);
    const auto done = (*writer)->commit();
    ASSERT_TRUE(done) << done.error().line();
  }

  const Scratch scratch_;
  const std::filesystem::path path_;
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST_F(OverlayBook, FollowsTheRules) {
  for (const Highlight highlight : {Highlight::sentence, Highlight::word}) {
    write(highlight, path_);
    weir::test::Epub epub = weir::test::read_epub(path_);
    EXPECT_THAT(weir::test::epub_complaints(epub), IsEmpty());
    const std::string smil = *epub.find("EPUB/c1.smil");
    EXPECT_EQ(count(smil, "<par "), highlight == Highlight::word ? 1u + 5 + 2 : 3u);
    const std::string page = *epub.find("EPUB/c1.xhtml");
    EXPECT_THAT(page, HasSubstr("<span id=\"s2\"><span id=\"s2w1\">&quot;It's</span> <span id=\"s2w2\">&amp;</span>"));
    EXPECT_THAT(*epub.find("EPUB/c3.xhtml"), HasSubstr("lang=\"he\" dir=\"rtl\""));
    EXPECT_EQ(epub.find("EPUB/c2.smil"), nullptr);
    EXPECT_EQ(*epub.find("EPUB/cover.png"),
              std::string(reinterpret_cast<const char*>(test::small_png().data()), test::small_png().size()));
  }
}

// Readers jump from clip to clip: what lies between two of them is never heard.
TEST_F(OverlayBook, ClipsLeaveNothingOut) {
  write(Highlight::word, path_);
  weir::test::Epub epub = weir::test::read_epub(path_);
  const std::string smil = *epub.find("EPUB/c1.smil");
  std::string last = "0:00:00.000";
  for (std::size_t at = smil.find("clipBegin=\""); at != std::string::npos; at = smil.find("clipBegin=\"", at + 1)) {
    EXPECT_EQ(smil.substr(at + 11, 11), last);
    last = smil.substr(smil.find("clipEnd=\"", at) + 9, 11);
  }
  EXPECT_EQ(last, "0:00:04.504");
}

TEST_F(OverlayBook, TheSameBookGivesTheSameFile) {
  // Not with Opus: libsndfile gives each Ogg stream a number by chance.
  write(Highlight::sentence, path_, "two.mp3");
  write(Highlight::sentence, scratch_ / "b.epub", "two.mp3");
  EXPECT_EQ(test::read_file(path_), test::read_file(scratch_ / "b.epub"));
  write(Highlight::word, scratch_ / "b.epub", "two.mp3");
  const auto uuid = [](weir::test::Epub epub) {
    const std::string& package = *epub.find("EPUB/package.opf");
    return package.substr(package.find("urn:uuid:") + 9, 36);
  };
  const std::string one = uuid(weir::test::read_epub(path_)), other = uuid(weir::test::read_epub(scratch_ / "b.epub"));
  EXPECT_NE(one, other);
  EXPECT_TRUE(std::regex_match(one, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")))
      << one;
}

TEST_F(OverlayBook, WithoutSoundTheSameTextHasTheSameBytes) {
  std::vector<std::vector<std::byte>> files;
  for (const char* text : {"The same.", "The same.", "Another."}) {
    auto writer = OverlayWriter::create(path_, {}, {});
    ASSERT_TRUE(writer);
    (*writer)->begin_chapter("");
    (*writer)->paragraph({.text = text, .language = "", .sentences = {}});
    ASSERT_TRUE((*writer)->end_chapter({}, 0) && (*writer)->commit());
    files.push_back(test::read_file(path_));
    EXPECT_THAT(weir::test::epub_complaints(weir::test::read_epub(path_)), IsEmpty());
  }
  EXPECT_EQ(files[0], files[1]);
  EXPECT_NE(files[0], files[2]);
}

// Each rule broken once: the check sees it.
TEST_F(OverlayBook, EachBrokenRuleIsSeen) {
  write(Highlight::sentence, path_);
  const weir::test::Epub whole = weir::test::read_epub(path_);
  using Break = std::function<void(weir::test::Epub&)>;
  const auto replaced = [](const std::string& name, const std::string& from, const std::string& to) -> Break {
    return [=](weir::test::Epub& epub) {
      std::string& text = *epub.find(name);
      ASSERT_NE(text.find(from), std::string::npos) << name << " has no " << from;
      text.replace(text.find(from), from.size(), to);
    };
  };
  const auto removed = [](const std::string& name) -> Break {
    return [=](weir::test::Epub& epub) {
      std::erase_if(epub.entries, [&](const auto& entry) { return entry.first == name; });
    };
  };
  const std::string package = "EPUB/package.opf", page = "EPUB/c1.xhtml", smil = "EPUB/c1.smil", nav = "EPUB/nav.xhtml";
  const std::vector<std::pair<std::string, Break>> broken = {
      {"mimetype", [](auto& epub) { std::swap(epub.entries[0], epub.entries[1]); }},
      {"mimetype", [](auto& epub) { epub.head[8] = 8; }},
      {"mimetype", [](auto& epub) { epub.head[28] = 9; }},
      {"container", removed("META-INF/container.xml")},
      {"container", replaced("META-INF/container.xml", "package.opf", "other.opf")},
      {"archive: twice", [](auto& epub) { epub.entries.push_back(epub.entries.back()); }},
      {"xml", replaced(page, "</span>", "")},
      {"xml", replaced(page, "&amp;", "&")},
      {"xml", replaced(nav, "One", "One\x01")},
      {"ids: twice", replaced(page, "id=\"s2\"", "id=\"s1\"")},
      {"version", replaced(package, "version=\"3.0\"", "version=\"2.0\"")},
      {"identifier", replaced(package, "unique-identifier=\"book\"", "unique-identifier=\"boot\"")},
      {"title", replaced(package, "<dc:title>A &quot;Book&quot; &amp; more", "<dc:title>")},
      {"language", replaced(package, "<dc:language>en", "<dc:language>")},
      {"time of change", replaced(package, "T10:00:00Z", "")},
      {"not there", removed("EPUB/style.css")},
      {"does not list", [](auto& epub) { epub.entries.emplace_back("EPUB/stray.txt", "x"); }},
      {"id of its own", replaced(package, "id=\"style\"", "id=\"nav\"")},
      {"manifest: twice", replaced(package, "href=\"c2.xhtml\"", "href=\"c1.xhtml\"")},
      {"core media type", replaced(package, "audio/mpeg", "audio/wav")},
      {"links: the manifest", replaced(package, "href=\"style.css\"", "href=\"../style.css\"")},
      {"spine: refers", replaced(package, "idref=\"c2\"", "idref=\"o1\"")},
      {"spine: twice", replaced(package, "idref=\"c2\"", "idref=\"c1\"")},
      {"nav: there is not", replaced(package, " properties=\"nav\"", "")},
      {"nav: has no table", replaced(nav, "epub:type=\"toc\"", "epub:type=\"index\"")},
      {"nav: an entry", replaced(nav, ">Two</a>", "></a>")},
      {"links", replaced(nav, "c1.xhtml", "c9.xhtml")},
      {"leads out", replaced(page, "style.css", "file:///style.css")},
      {"leads out", replaced(page, "style.css", "https://example.org/style.css")},
      {"names none", replaced(package, "media-overlay=\"o1\"", "media-overlay=\"c1\"")},
      {"belongs to no page", replaced(package, " media-overlay=\"o1\"", "")},
      {"another page", replaced(smil, "c1.xhtml#s2", "c3.xhtml#s2")},
      {"no element", replaced(smil, "#s2", "#s9")},
      {"page's order", replaced(smil, "#s3", "#s1")},
      {"no sound", replaced(smil, "src=\"c1.mp3\"", "src=\"c2.mp3\"")},
      {"without a length", replaced(smil, "clipEnd=\"0:00:00.800\"", "clipEnd=\"0:00:00.000\"")},
      {"out of order", replaced(smil, "clipBegin=\"0:00:00.800\"", "clipBegin=\"0:00:00.100\"")},
      {"behind their sound", replaced(smil, "clipEnd=\"0:00:04.504\"", "clipEnd=\"0:00:04.604\"")},
      {"are not its clips'", replaced(package, "refines=\"#o1\">0:00:04.504", "refines=\"#o1\">0:00:04.505")},
      {"not the whole",
       replaced(package, "<meta property=\"media:duration\">0:00:0", "<meta property=\"media:duration\">0:00:1")},
      {"style", replaced("EPUB/style.css", ".-epub-media-overlay-active", ".other")},
      {"style", replaced(package, "media:active-class", "media:playback-active-class")},
  };
  for (std::size_t i = 0; i < broken.size(); ++i) {
    weir::test::Epub epub = whole;
    broken[i].second(epub);
    EXPECT_THAT(weir::test::epub_complaints(epub), Contains(HasSubstr(broken[i].first))) << "rule " << i;
  }
}

TEST_F(OverlayBook, TheOldFileStaysUntilTheNewOneIsWhole) {
  write(Highlight::sentence, path_);
  const auto before = test::read_file(path_);
  const auto expect_kept = [&] {
    EXPECT_EQ(test::read_file(path_), before);
    EXPECT_FALSE(std::filesystem::exists(path_.string() + ".part"));
  };
  {
    auto writer = OverlayWriter::create(path_, {}, {.rate_hz = rate_hz});
    ASSERT_TRUE(writer);
    fill(**writer);
  }
  expect_kept();
  const auto audio = sound("long.mp3", rate_hz * 10);
  const Told text = told({"Much too long."}, 0);
  {
    const test::FileSizeLimit limit(20'000);
    auto writer = OverlayWriter::create(path_, {}, {.rate_hz = rate_hz});
    ASSERT_TRUE(writer);
    (*writer)->begin_chapter("One");
    (*writer)->paragraph({.text = text.text, .language = "", .sentences = text.sentences});
    const auto done = (*writer)->end_chapter(audio, rate_hz * 10);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::exhausted);
  }
  expect_kept();
}

TEST_F(OverlayBook, RefusesWhatItCannotWrite) {
  const Told text = told({"A sentence."}, 0);
  auto writer = OverlayWriter::create(path_, {}, {.rate_hz = rate_hz});
  ASSERT_TRUE(writer);
  EXPECT_EQ((*writer)->commit().error().code, Code::invalid);
  for (const auto& [audio, code] :
       {std::pair{sound("a.wav", 4800), Code::invalid}, {scratch_ / "none.mp3", Code::not_found}}) {
    (*writer)->begin_chapter("One");
    (*writer)->paragraph({.text = text.text, .language = "", .sentences = text.sentences});
    const auto done = (*writer)->end_chapter(audio, text.end);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, code);
  }
  EXPECT_EQ(OverlayWriter::create(path_, {"", "", "", {std::byte{1}}}, {}).error().code, Code::invalid);
}

TEST(OverlayPages, EscapesWhatXmlCannotHold) {
  EXPECT_EQ(overlay::escaped("<a & \"b\">\x01\xEF\xBF\xBF\xEF\xBF\xBDä"), "&lt;a &amp; &quot;b&quot;&gt;\xEF\xBF\xBDä");
}

TEST(OverlayPages, ClipsOfNoLengthAreLeftOut) {
  std::vector<overlay::Clip> clips = {{0, {}, 50, 0}, {1, {}, 50, 0}, {2, {}, 40, 0}, {3, {}, 90, 0}, {4, {}, 200, 0}};
  overlay::close_gaps(clips, 100);
  ASSERT_EQ(clips.size(), 3u);
  EXPECT_EQ(clips[0].begin_ms, 0);
  EXPECT_EQ(clips[0].end_ms, 50);
  EXPECT_EQ(clips[1].sentence, 2u);
  EXPECT_EQ(clips[1].end_ms, 90);
  EXPECT_EQ(clips[2].end_ms, 100);
}

// Packed texts and stored files come back as they were, by libarchive.
TEST(ZipWriter, ComesBack) {
  const Scratch scratch;
  auto file = PartFile::open(scratch / "a.zip", Existing::replaced);
  ASSERT_TRUE(file);
  ZipWriter zip(std::move(*file));
  std::vector<std::byte> large(200'000);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::byte>(i * i >> 7);
  test::write_file(scratch / "large", large);
  const std::string text(100'000, 'x');
  ASSERT_TRUE(zip.store("first", large));
  ASSERT_TRUE(zip.deflate("second", text));
  ASSERT_TRUE(zip.deflate("empty", ""));
  ASSERT_TRUE(zip.store_file("third", scratch / "large"));
  ASSERT_TRUE(zip.commit());
  auto back = weir::test::read_epub(scratch / "a.zip");
  const std::string bytes(reinterpret_cast<const char*>(large.data()), large.size());
  ASSERT_EQ(back.entries.size(), 4u);
  EXPECT_EQ(*back.find("first"), bytes);
  EXPECT_EQ(*back.find("second"), text);
  EXPECT_EQ(*back.find("empty"), "");
  EXPECT_EQ(*back.find("third"), bytes);
  EXPECT_LT(std::filesystem::file_size(scratch / "a.zip"), 402'000u) << "the text is packed";
}

}  // namespace
}  // namespace weir::media
