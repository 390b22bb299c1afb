#include "weir/media/audiobook/overlay_pages.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace weir::media::overlay {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view active_class = "-epub-media-overlay-active";

std::string attribute(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : " " + std::string(name) + "=\"" + escaped(value) + "\"";
}

std::string language_of(std::string_view language) {
  return attribute("xml:lang", language) + attribute("lang", language);
}

std::string html(std::string_view title, std::string_view language, std::string_view body) {
  return std::string(declaration) +
         "<html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\"" +
         language_of(language) + ">\n<head>\n<title>" + escaped(title) +
         "</title>\n<link rel=\"stylesheet\" type=\"text/css\" href=\"style.css\"/>\n</head>\n<body>\n" +
         std::string(body) + "</body>\n</html>\n";
}

// SMIL's full clock value.
std::string clock(std::int64_t ms) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02d:%02d.%03d", static_cast<long long>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60), static_cast<int>(ms % 1000));
  return text.data();
}

struct Element {
  std::string begin, end;
};

Element element_of(const OverlayParagraph& paragraph) {
  const std::string said = language_of(paragraph.language) + (paragraph.right_to_left ? " dir=\"rtl\"" : "");
  const auto p = [&](std::string_view name) { return Element{"<p" + attribute("class", name) + said + ">", "</p>\n"}; };
  switch (paragraph.kind) {
    case documents::Kind::heading: {
      const std::string name = "h" + std::to_string(std::clamp(paragraph.level, 1, 6));
      return {"<" + name + said + ">", "</" + name + ">\n"};
    }
    case documents::Kind::item: return p("item");
    case documents::Kind::quote: return {"<blockquote><p" + said + ">", "</p></blockquote>\n"};
    case documents::Kind::verse: return p("verse");
    case documents::Kind::table: return p("row");
    case documents::Kind::code: return {"<pre" + said + ">", "</pre>\n"};
    case documents::Kind::footnote: return {"<aside epub:type=\"footnote\"><p" + said + ">", "</p></aside>\n"};
    case documents::Kind::caption: return p("caption");
    case documents::Kind::text: break;
  }
  return p("");
}

std::string sentence_id(std::uint32_t sentence) { return "s" + std::to_string(sentence + 1); }

std::string id_of(const Clip& clip) {
  return sentence_id(clip.sentence) + (clip.word ? "w" + std::to_string(*clip.word + 1) : "");
}

std::string title_of(const ChapterEntry& chapter, std::size_t number) {
  // What is shown in a list must be something.
  return chapter.title.empty() ? std::to_string(number + 1) : chapter.title;
}

std::string item(std::string_view id, std::string_view href, std::string_view type, std::string_view more = {}) {
  return "<item" + attribute("id", id) + attribute("href", href) + attribute("media-type", type) + std::string(more) +
         "/>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        // U+FFFE and U+FFFF, and control characters.
        if (text.substr(i, 2) == "\xEF\xBF" && i + 2 < text.size() && static_cast<unsigned char>(text[i + 2]) >= 0xBE) {
          i += 2;
        } else if (static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t') {
          out += c;
        }
    }
  }
  return out;
}

std::string paragraph_html(const OverlayParagraph& paragraph, std::uint32_t first_sentence) {
  const auto [begin, end] = element_of(paragraph);
  std::string out = begin;
  std::size_t at = 0;
  const auto put_until = [&](std::size_t to) {
    to = std::min(to, paragraph.text.size());
    if (to > at) out += escaped(paragraph.text.substr(at, to - at));
    at = std::max(at, to);
  };
  for (const OverlaySentence& sentence : paragraph.sentences) {
    put_until(sentence.text.begin);
    const std::string id = sentence_id(first_sentence++);
    out += "<span id=\"" + id + "\">";
    for (std::size_t word = 0; word < sentence.words.size(); ++word) {
      put_until(sentence.words[word].text.begin);
      out += "<span id=\"" + id + "w" + std::to_string(word + 1) + "\">";
      put_until(sentence.words[word].text.end);
      out += "</span>";
    }
    put_until(sentence.text.end);
    out += "</span>";
  }
  put_until(paragraph.text.size());
  return out + end;
}

std::string chapter_html(std::string_view title, std::string_view language, std::string_view body) {
  return html(title, language, body);
}

void close_gaps(std::vector<Clip>& clips, std::int64_t total_ms) {
  std::int64_t last = 0;
  for (Clip& clip : clips) last = clip.begin_ms = std::clamp(clip.begin_ms, last, std::max(last, total_ms));
  if (!clips.empty()) clips.front().begin_ms = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    clips[i].end_ms = i + 1 < clips.size() ? clips[i + 1].begin_ms : total_ms;
  }
  std::erase_if(clips, [](const Clip& clip) { return clip.end_ms <= clip.begin_ms; });
}

std::string chapter_smil(std::size_t chapter, std::string_view audio, std::span<const Clip> clips) {
  std::string out = std::string(declaration) +
                    "<smil xmlns=\"http://www.w3.org/ns/SMIL\" xmlns:epub=\"http://www.idpf.org/2007/ops\" "
                    "version=\"3.0\">\n<body>\n";
  const std::string page = chapter_name(chapter, "xhtml");
  std::optional<std::uint32_t> open;
  std::size_t number = 0;
  for (const Clip& clip : clips) {
    const std::string count = std::to_string(++number);
    if (open && open != clip.sentence) {
      out += "</seq>\n";
      open.reset();
    }
    if (clip.word && !open) {
      out += "<seq id=\"q" + count + "\" epub:textref=\"" + page + "#" + sentence_id(clip.sentence) + "\">\n";
      open = clip.sentence;
    }
    out += "<par id=\"p" + count + "\"><text src=\"" + page + "#" + id_of(clip) + "\"/><audio" +
           attribute("src", audio) + " clipBegin=\"" + clock(clip.begin_ms) + "\" clipEnd=\"" + clock(clip.end_ms) +
           "\"/></par>\n";
  }
  if (open) out += "</seq>\n";
  return out + "</body>\n</smil>\n";
}

std::string container_xml() {
  return std::string(declaration) +
         "<container xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\" version=\"1.0\">\n<rootfiles>\n"
         "<rootfile full-path=\"EPUB/package.opf\" media-type=\"application/oebps-package+xml\"/>\n"
         "</rootfiles>\n</container>\n";
}

std::string style_css() {
  return "." + std::string(active_class) +
         " { background-color: #ffe9a8; color: #000; }\n"
         ".item { margin-left: 1.5em; }\n.verse { margin: 0 0 0 2em; }\n.row { margin: 0.2em 0; }\n"
         ".caption { font-style: italic; }\npre { white-space: pre-wrap; }\naside { font-size: 0.85em; }\n";
}

std::string nav_html(const AudiobookInfo& info, std::span<const ChapterEntry> chapters) {
  std::string list;
  std::vector<int> open;  // levels of the lists around
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    const int level = chapters[i].level;
    while (open.size() > 1 && level <= open[open.size() - 2]) {
      list += "</li>\n</ol>\n";
      open.pop_back();
    }
    if (open.empty() || level > open.back()) {
      list += "<ol>\n";
      open.push_back(level);
    } else {
      list += "</li>\n";
      open.back() = level;
    }
    list += "<li><a href=\"" + chapter_name(i, "xhtml") + "\">" + escaped(title_of(chapters[i], i)) + "</a>";
  }
  for (std::size_t i = 0; i < open.size(); ++i) list += "</li>\n</ol>\n";
  return html(info.title, info.language, "<nav epub:type=\"toc\" id=\"toc\">\n" + list + "</nav>\n");
}

std::string package_opf(const AudiobookInfo& info, std::string_view uuid, std::string_view modified,
                        std::span<const ChapterEntry> chapters) {
  std::string durations, items, spine;
  std::int64_t total_ms = 0;
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    std::string overlay;
    if (chapters[i].duration_ms > 0) {
      overlay = attribute("media-overlay", "o" + number);
      items += item("o" + number, chapter_name(i, "smil"), "application/smil+xml");
      items += item("a" + number, chapters[i].audio, chapters[i].audio_type);
      durations += "<meta property=\"media:duration\" refines=\"#o" + number + "\">" + clock(chapters[i].duration_ms) +
                   "</meta>\n";
      total_ms += chapters[i].duration_ms;
    }
    items += item("c" + number, chapter_name(i, "xhtml"), "application/xhtml+xml", overlay);
    spine += "<itemref idref=\"c" + number + "\"/>\n";
  }
  std::string out = std::string(declaration) +
                    "<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"book\">\n"
                    "<metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<dc:identifier id=\"book\">urn:uuid:" +
                    std::string(uuid) + "</dc:identifier>\n<dc:title>" + escaped(info.title) + "</dc:title>\n";
  out += "<dc:language>" + escaped(info.language) + "</dc:language>\n";
  if (!info.author.empty()) out += "<dc:creator>" + escaped(info.author) + "</dc:creator>\n";
  out += "<meta property=\"dcterms:modified\">" + escaped(modified) + "</meta>\n";
  if (total_ms > 0) {
    out += "<meta property=\"media:duration\">" + clock(total_ms) + "</meta>\n" + durations +
           "<meta property=\"media:active-class\">" + std::string(active_class) + "</meta>\n";
  }
  out += "</metadata>\n<manifest>\n" + item("nav", "nav.xhtml", "application/xhtml+xml", " properties=\"nav\"") +
         item("style", "style.css", "text/css");
  if (const std::string cover = cover_name(info); !cover.empty()) {
    const bool png = picture_of(info.cover) == Picture::png;
    out += item("cover", cover, png ? "image/png" : "image/jpeg", " properties=\"cover-image\"");
  }
  return out + items + "</manifest>\n<spine>\n" + spine + "</spine>\n</package>\n";
}

std::string chapter_name(std::size_t chapter, std::string_view ending) {
  return "c" + std::to_string(chapter + 1) + "." + std::string(ending);
}

std::string cover_name(const AudiobookInfo& info) {
  switch (picture_of(info.cover)) {
    case Picture::jpeg: return "cover.jpg";
    case Picture::png: return "cover.png";
    default: return "";
  }
}

}  // namespace weir::media::overlay
