// The structural rules of EPUB 3.3 and its Media Overlays, for tests: what stands in a file, and what is wrong with it.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <pugixml.hpp>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir::test {

struct Epub {
  std::string head;                                          // the archive's first bytes
  std::vector<std::pair<std::string, std::string>> entries;  // name, content; in the archive's order

  std::string* find(const std::string& name) {
    const auto at =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == name; });
    return at == entries.end() ? nullptr : &at->second;
  }
};

inline Epub read_epub(const std::filesystem::path& path) {
  Epub epub;
  std::ifstream in(path, std::ios::binary);
  epub.head.resize(64);
  in.read(epub.head.data(), 64);
  archive* reader = archive_read_new();
  archive_read_support_format_zip(reader);
  if (archive_read_open_filename(reader, path.c_str(), 65'536) != ARCHIVE_OK) {
    const std::string said = archive_error_string(reader);
    archive_read_free(reader);
    throw std::runtime_error(path.string() + ": " + said);
  }
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    const auto got = archive_read_data(reader, content.data(), content.size());
    if (got != static_cast<la_ssize_t>(content.size())) content = "cut short";
    epub.entries.emplace_back(archive_entry_pathname(entry), std::move(content));
  }
  archive_read_free(reader);
  return epub;
}

// Looks at everything and keeps what is wrong.
class EpubRules {
 public:
  explicit EpubRules(Epub epub) : epub_(std::move(epub)) {}

  std::vector<std::string> complaints() {
    check_container();
    if (package_path_.empty()) return complaints_;
    check_documents();
    check_metadata();
    check_manifest();
    check_spine();
    check_nav();
    check_links();
    check_overlays();
    return complaints_;
  }

 private:
  struct Item {
    std::string id, path, type, properties, overlay;
  };

  void complain(const std::string& what) { complaints_.push_back(what); }
  bool expect(bool holds, const std::string& what) {
    if (!holds) complain(what);
    return holds;
  }

  // OCF: the first entry tells what the archive is, at a fixed place.
  void check_container() {
    const std::string type = "application/epub+zip";
    const std::string& head = epub_.head;
    expect(!epub_.entries.empty() && epub_.entries[0].first == "mimetype" && epub_.entries[0].second == type,
           "mimetype: is not the first entry, or says something else");
    expect(head.size() >= 58 && head.substr(0, 4) == "PK\3\4" && head.substr(8, 2) == std::string(2, '\0') &&
               head.substr(28, 2) == std::string(2, '\0') && head.substr(30, 8) == "mimetype" &&
               head.substr(38, 20) == type,
           "mimetype: is packed, or has an extra field");
    std::set<std::string> names;
    for (const auto& entry : epub_.entries) expect(names.insert(entry.first).second, "archive: twice " + entry.first);
    const std::string* container = epub_.find("META-INF/container.xml");
    if (!expect(container != nullptr, "container: is missing")) return;
    pugi::xml_document document;
    document.load_buffer(container->data(), container->size());
    const auto root = document.child("container").child("rootfiles").child("rootfile");
    package_path_ = root.attribute("full-path").value();
    if (!expect(epub_.find(package_path_) != nullptr, "container: names no package")) package_path_.clear();
    expect(std::string(root.attribute("media-type").value()) == "application/oebps-package+xml",
           "container: names another type of package");
  }

  static bool is_xml(const std::string& name) {
    return std::regex_search(name, std::regex("\\.(xhtml|smil|opf|xml)$"));
  }

  void check_documents() {
    static const std::regex loose("&(?!(amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)");
    for (const auto& [name, content] : epub_.entries) {
      if (!is_xml(name)) continue;
      auto& document = documents_[name];
      const auto parsed = document.load_buffer(content.data(), content.size(), pugi::parse_full);
      expect(parsed && document.document_element(), "xml: " + name + ": " + parsed.description());
      const bool clean = std::none_of(content.begin(), content.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' && c != '\r';
      });
      expect(clean && !std::regex_search(content, loose), "xml: " + name + ": a character that may not stand there");
      std::set<std::string> ids;
      for (const auto& node : document.select_nodes("//*[@id]")) {
        expect(ids.insert(node.node().attribute("id").value()).second, "ids: twice in " + name);
      }
      std::vector<std::string> in_order;
      for (const auto& node : document.select_nodes("//*[@id]"))
        in_order.emplace_back(node.node().attribute("id").value());
      ids_[name] = in_order;
    }
    package_ = documents_[package_path_].child("package");
  }

  static std::string text_of(const pugi::xml_node& node) { return node.text().get(); }

  void check_metadata() {
    expect(std::string(package_.attribute("version").value()) == "3.0", "package: is not version 3.0");
    const auto metadata = package_.child("metadata");
    const auto identifier =
        metadata.find_child_by_attribute("dc:identifier", "id", package_.attribute("unique-identifier").value());
    expect(!text_of(identifier).empty(), "metadata: no identifier of that id");
    expect(!text_of(metadata.child("dc:title")).empty(), "metadata: no title");
    expect(!text_of(metadata.child("dc:language")).empty(), "metadata: no language");
    const auto modified = metadata.find_child_by_attribute("meta", "property", "dcterms:modified");
    expect(std::regex_match(text_of(modified), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")),
           "metadata: no time of change in UTC");
  }

  // The path inside the archive of what `file` refers to; empty: it leads out of it.
  static std::string resolved(const std::string& file, const std::string& reference) {
    if (reference.empty() || reference[0] == '/' || reference.find(':') != std::string::npos ||
        reference.find("..") != std::string::npos || reference.find('\\') != std::string::npos)
      return {};
    if (reference[0] == '#') return file;
    return file.substr(0, file.rfind('/') + 1) + reference.substr(0, reference.find('#'));
  }

  void check_manifest() {
    static const std::set<std::string> core = {"application/xhtml+xml",
                                               "application/smil+xml",
                                               "text/css",
                                               "image/jpeg",
                                               "image/png",
                                               "audio/mpeg",
                                               "audio/mp4",
                                               "audio/ogg; codecs=opus"};
    std::set<std::string> paths;
    for (const auto& node : package_.child("manifest").children("item")) {
      const Item item{node.attribute("id").value(), resolved(package_path_, node.attribute("href").value()),
                      node.attribute("media-type").value(), node.attribute("properties").value(),
                      node.attribute("media-overlay").value()};
      expect(!item.id.empty() && items_.emplace(item.id, item).second, "manifest: an item without an id of its own");
      expect(!item.path.empty(), "links: the manifest leads out of the book");
      expect(item.path.empty() || epub_.find(item.path) != nullptr, "manifest: not there: " + item.path);
      expect(paths.insert(item.path).second, "manifest: twice " + item.path);
      expect(core.count(item.type) == 1, "manifest: no core media type: " + item.type);
    }
    for (const auto& entry : epub_.entries) {
      const std::string& name = entry.first;
      if (name == "mimetype" || name.rfind("META-INF/", 0) == 0 || name == package_path_) continue;
      expect(paths.count(name) == 1, "manifest: does not list " + name);
    }
  }

  void check_spine() {
    std::set<std::string> seen;
    for (const auto& node : package_.child("spine").children("itemref")) {
      const std::string id = node.attribute("idref").value();
      expect(items_.count(id) == 1 && items_[id].type == "application/xhtml+xml", "spine: refers to no page: " + id);
      expect(seen.insert(id).second, "spine: twice " + id);
    }
    expect(!seen.empty(), "spine: is empty");
  }

  void check_nav() {
    int count = 0;
    for (const auto& [id, item] : items_) {
      if (item.properties != "nav") continue;
      ++count;
      const auto toc = documents_[item.path].select_node("//nav[@*[name()='epub:type']='toc']").node();
      expect(toc.child("ol").child("li").child("a"), "nav: has no table of contents");
      for (const auto& node : toc.select_nodes(".//li")) {
        int lists = 0, names = 0;
        for (const auto& child : node.node().children()) {
          lists += std::string(child.name()) == "ol";
          names += std::string(child.name()) == "a" && !text_of(child).empty();
        }
        expect(names == 1 && lists <= 1, "nav: an entry without a name, or with two lists");
      }
    }
    expect(count == 1, "nav: there is not exactly one");
  }

  void check_links() {
    for (auto& [name, document] : documents_) {
      if (name == package_path_ || name == "META-INF/container.xml") continue;
      for (const auto& node : document.select_nodes("//*[@href or @src]")) {
        for (const char* which : {"href", "src"}) {
          const std::string value = node.node().attribute(which).value();
          if (value.empty()) continue;
          const std::string path = resolved(name, value);
          if (!expect(!path.empty(), "links: " + name + " leads out of the book: " + value)) continue;
          expect(epub_.find(path) != nullptr, "links: " + name + " refers to what is not there: " + value);
        }
      }
    }
  }

  static long ms_of(const std::string& clock) {
    std::smatch part;
    if (!std::regex_match(clock, part, std::regex(R"((\d+):([0-5]\d):([0-5]\d)\.(\d{3}))"))) return -1;
    return std::stol(part[1]) * 3'600'000 + std::stol(part[2]) * 60'000 + std::stol(part[3]) * 1000 +
           std::stol(part[4]);
  }

  // Of a sound inside the archive, in milliseconds.
  long sound_ms(const std::string& path) {
    struct Memory {
      const std::string& bytes;
      sf_count_t at = 0;
    } memory{*epub_.find(path)};
    SF_VIRTUAL_IO calls{};
    calls.get_filelen = [](void* self) { return static_cast<sf_count_t>(static_cast<Memory*>(self)->bytes.size()); };
    calls.seek = [](sf_count_t offset, int whence, void* self) {
      auto& m = *static_cast<Memory*>(self);
      const auto size = static_cast<sf_count_t>(m.bytes.size());
      m.at = std::clamp<sf_count_t>((whence == SEEK_CUR ? m.at : whence == SEEK_END ? size : 0) + offset, 0, size);
      return m.at;
    };
    calls.read = [](void* into, sf_count_t count, void* self) {
      auto& m = *static_cast<Memory*>(self);
      const sf_count_t some = std::min(count, static_cast<sf_count_t>(m.bytes.size()) - m.at);
      std::memcpy(into, m.bytes.data() + m.at, static_cast<std::size_t>(some));
      m.at += some;
      return some;
    };
    calls.write = [](const void*, sf_count_t, void*) { return sf_count_t{0}; };
    calls.tell = [](void* self) { return static_cast<Memory*>(self)->at; };
    SF_INFO info{};
    SNDFILE* file = sf_open_virtual(&calls, SFM_READ, &info, &memory);
    if (file == nullptr) return -1;
    sf_close(file);
    return static_cast<long>(info.frames * 1000 / info.samplerate);
  }

  // How long its clips last, in milliseconds.
  long check_overlay(const std::string& smil, const std::string& page) {
    long last = 0, sum = 0;
    std::ptrdiff_t last_place = -1;
    std::string last_sound;
    const auto pars = documents_[smil].select_nodes("//par");
    expect(!pars.empty(), "overlay: " + smil + " says nothing");
    for (const auto& node : pars) {
      const std::string reference = node.node().child("text").attribute("src").value();
      expect(resolved(smil, reference) == page, "overlay: " + smil + " speaks of another page: " + reference);
      const auto& ids = ids_[page];
      const auto at = std::find(ids.begin(), ids.end(), reference.substr(reference.find('#') + 1));
      if (expect(at != ids.end(), "overlay: no element of that id: " + reference)) {
        expect(at - ids.begin() > last_place, "overlay: not in the page's order: " + reference);
        last_place = at - ids.begin();
      }
      const auto audio = node.node().child("audio");
      const std::string sound = resolved(smil, audio.attribute("src").value());
      const long begin = ms_of(audio.attribute("clipBegin").value()), end = ms_of(audio.attribute("clipEnd").value());
      expect(begin >= 0 && end > begin, "clips: without a length: " + reference);
      expect(sound != last_sound || begin >= last, "clips: out of order: " + reference);
      if (expect(epub_.find(sound) != nullptr, "overlay: no sound for " + reference)) {
        if (sound_ms_.count(sound) == 0) sound_ms_[sound] = sound_ms(sound);
        expect(end <= sound_ms_[sound], "clips: end behind their sound: " + reference);
      }
      last = end;
      last_sound = sound;
      sum += end - begin;
    }
    return sum;
  }

  void check_overlays() {
    const auto metadata = package_.child("metadata");
    std::map<std::string, long> said;
    long total = -1, sum = 0;
    for (const auto& node : metadata.children("meta")) {
      if (std::string(node.attribute("property").value()) != "media:duration") continue;
      const std::string refined = node.attribute("refines").value();
      (refined.empty() ? total : said[refined.substr(1)]) = ms_of(text_of(node));
    }
    std::set<std::string> used;
    for (const auto& [id, item] : items_) {
      if (item.overlay.empty()) continue;
      used.insert(item.overlay);
      const bool known = items_.count(item.overlay) == 1 && items_[item.overlay].type == "application/smil+xml";
      if (!expect(known, "overlay: the page " + id + " names none: " + item.overlay)) continue;
      const long lasts = check_overlay(items_[item.overlay].path, item.path);
      expect(said.count(item.overlay) == 1 && said[item.overlay] == lasts,
             "durations: of " + item.overlay + " are not its clips'");
      sum += lasts;
    }
    for (const auto& [id, item] : items_) {
      expect(item.type != "application/smil+xml" || used.count(id) == 1, "overlay: belongs to no page: " + id);
    }
    if (used.empty()) return;
    expect(total == sum, "durations: the parts are not the whole");
    const auto active = metadata.find_child_by_attribute("meta", "property", "media:active-class");
    const std::string name = "." + text_of(active);
    const bool styled = std::any_of(epub_.entries.begin(), epub_.entries.end(), [&](const auto& entry) {
      return std::filesystem::path(entry.first).extension() == ".css" &&
             entry.second.find(name + " ") != std::string::npos;
    });
    expect(name.size() > 1 && styled, "style: nothing for what is being said");
  }

  Epub epub_;
  std::string package_path_;
  std::map<std::string, pugi::xml_document> documents_;
  std::map<std::string, std::vector<std::string>> ids_;  // in the document's order
  std::map<std::string, Item> items_;
  std::map<std::string, long> sound_ms_;
  pugi::xml_node package_;
  std::vector<std::string> complaints_;
};

// One line each; none: it follows the rules.
inline std::vector<std::string> epub_complaints(Epub epub) { return EpubRules(std::move(epub)).complaints(); }

}  // namespace weir::test
