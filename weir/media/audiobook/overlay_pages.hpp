// The texts inside an EPUB with media overlays. All of them are well-formed whatever the book says.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/media/audiobook/overlay_writer.hpp"

namespace weir::media::overlay {

// When a sentence, or one of its words, is heard. Both count from 0 within the chapter and the sentence.
struct Clip {
  std::uint32_t sentence = 0;
  std::optional<std::uint32_t> word;
  std::int64_t begin_ms = 0, end_ms = 0;
};

struct ChapterEntry {
  std::string title;
  int level = 1;
  std::int64_t duration_ms = 0;  // of its overlay; 0: it has none
  std::string audio, audio_type;
};

// Without characters that XML cannot hold.
std::string escaped(std::string_view text);

// One paragraph; sentences are numbered from `first_sentence` on.
std::string paragraph_html(const OverlayParagraph& paragraph, std::uint32_t first_sentence);
std::string chapter_html(std::string_view title, std::string_view language, std::string_view body);
// In order and without gaps from 0 to `total_ms`; those that would last no time are left out.
void close_gaps(std::vector<Clip>& clips, std::int64_t total_ms);
std::string chapter_smil(std::size_t chapter, std::string_view audio, std::span<const Clip> clips);

std::string container_xml();
std::string style_css();
std::string nav_html(const AudiobookInfo& info, std::span<const ChapterEntry> chapters);
std::string package_opf(const AudiobookInfo& info, std::string_view uuid, std::string_view modified,
                        std::span<const ChapterEntry> chapters);

// "c1.xhtml", in the folder of the package.
std::string chapter_name(std::size_t chapter, std::string_view ending);
std::string cover_name(const AudiobookInfo& info);  // empty: there is none

}  // namespace weir::media::overlay
