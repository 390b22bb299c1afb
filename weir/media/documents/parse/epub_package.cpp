#include "weir/media/documents/parse/epub_package.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <set>
#include <string_view>

#include "weir/media/documents/parse/xhtml_entities.hpp"

namespace weir::documents {
namespace {

constexpr std::size_t max_package_bytes = std::size_t{16} << 20;
constexpr std::size_t max_items = 65'536;
constexpr std::size_t max_title_bytes = 1024;
constexpr int max_levels = 16;
constexpr int max_fallbacks = 16;

struct Item {
  std::string file, media_type, properties, fallback;
};
using Manifest = std::map<std::string, Item>;

std::string_view local(const char* name) {
  const std::string_view all = name;
  return all.substr(all.rfind(':') + 1);  // none: npos + 1 is 0
}

std::string value(const pugi::xml_node& node, const char* name) {
  return without_references(node.attribute(name).value());
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  return node.find_child([name](const pugi::xml_node& c) { return local(c.name()) == name; });
}

// The words in a space-separated list.
bool has_word(std::string_view list, std::string_view word) {
  for (std::size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const bool begins = at == 0 || list[at - 1] == ' ';
    const std::size_t end = at + word.size();
    if (begins && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

// The node behind this one in the document's order, within `root`; nothing: that was the last one. Without recursion,
// as files may nest as deeply as they like.
pugi::xml_node next_within(const pugi::xml_node& root, pugi::xml_node node) {
  if (node.first_child()) return node.first_child();
  while (node != root && !node.next_sibling()) node = node.parent();
  return node == root ? pugi::xml_node() : node.next_sibling();
}

// All text within, with single blanks. No recursion.
std::string text_of(const pugi::xml_node& root) {
  std::string all;
  for (pugi::xml_node node = root; node; node = next_within(root, node)) {
    if (node.type() == pugi::node_pcdata) all += without_references(node.value());
    if (node.type() == pugi::node_cdata) all += valid_utf8(node.value());
    if (all.size() > max_title_bytes) break;
  }
  std::string text;
  for (const char c : all) {
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    if (!blank) text += c;
    if (blank && !text.empty() && text.back() != ' ') text += ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.size() > max_title_bytes ? std::string() : text;
}

// Entities are resolved afterwards, by ourselves; a DTD is passed over.
Result<void> read_xml(Zip& zip, const std::string& file, pugi::xml_document& document) {
  const auto bytes = zip.read(file, max_package_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  constexpr unsigned options = pugi::parse_cdata | pugi::parse_eol;
  if (!document.load_buffer(bytes->data(), bytes->size(), options) || !document.document_element()) {
    return fail(Code::corrupt, "a file of this EPUB is not well-formed", {}, file);
  }
  return {};
}

std::optional<std::string> package_file(Zip& zip) {
  pugi::xml_document container;
  if (!read_xml(zip, "META-INF/container.xml", container)) return std::nullopt;
  for (const auto& rootfile : child(container.document_element(), "rootfiles").children()) {
    if (local(rootfile.name()) == "rootfile") return resolve("", value(rootfile, "full-path"));
  }
  return std::nullopt;
}

// Fonts that are only obscured do not matter to the text.
bool obscures_fonts(std::string_view algorithm) {
  return algorithm == "http://www.idpf.org/2008/embedding" || algorithm == "http://ns.adobe.com/pdf/enc#RC";
}

std::set<std::string> encrypted_files(Zip& zip) {
  std::set<std::string> files;
  pugi::xml_document document;
  if (!read_xml(zip, "META-INF/encryption.xml", document)) return files;
  for (const auto& data : document.document_element().children()) {
    if (local(data.name()) != "EncryptedData") continue;
    if (obscures_fonts(value(child(data, "EncryptionMethod"), "Algorithm"))) continue;
    const auto file = resolve("", value(child(child(data, "CipherData"), "CipherReference"), "URI"));
    if (file && files.size() < max_items) files.insert(*file);
  }
  return files;
}

void read_metadata(const pugi::xml_node& package, const std::string& owner, Info& info) {
  info.format = value(package, "version").starts_with("2") ? "EPUB 2" : "EPUB 3";
  for (const auto& entry : child(package, "metadata").children()) {
    const auto name = local(entry.name());
    std::string text = text_of(entry);
    if (name == "title" && info.title.empty())
      info.title = std::move(text);
    else if (name == "language" && info.language.empty() && text.size() < 64)
      info.language = std::move(text);
    else if (name == "creator" && !text.empty() && info.author.size() < max_title_bytes) {
      info.author += (info.author.empty() ? "" : ", ") + text;
    }
  }
  if (info.title.empty()) info.title = owner.substr(0, owner.rfind('.'));
}

Manifest read_manifest(const pugi::xml_node& package, const std::string& file) {
  Manifest items;
  for (const auto& item : child(package, "manifest").children()) {
    if (local(item.name()) != "item" || items.size() == max_items) continue;
    const auto where = resolve(file, value(item, "href"));
    if (!where) continue;
    items.try_emplace(value(item, "id"),
                      Item{*where, value(item, "media-type"), value(item, "properties"), value(item, "fallback")});
  }
  return items;
}

bool is_text(const std::string& media_type) {
  return media_type == "application/xhtml+xml" || media_type == "text/html" || media_type == "text/x-oeb1-document";
}

const Item* item_of(const Manifest& manifest, const std::string& id) {
  const auto found = manifest.find(id);
  return found == manifest.end() ? nullptr : &found->second;
}

// Pictures and the like have none; others may say by what they can be replaced.
const Item* readable(const Manifest& manifest, const std::string& id) {
  const Item* item = item_of(manifest, id);
  for (int i = 0; item != nullptr && !is_text(item->media_type); ++i) {
    if (i == max_fallbacks) return nullptr;
    item = item_of(manifest, item->fallback);
  }
  return item;
}

std::string cover_of(const pugi::xml_node& package, const Manifest& manifest) {
  for (const auto& [id, item] : manifest) {
    if (has_word(item.properties, "cover-image")) return item.file;
  }
  for (const auto& meta : child(package, "metadata").children()) {
    if (local(meta.name()) != "meta" || value(meta, "name") != "cover") continue;
    const Item* item = item_of(manifest, value(meta, "content"));
    if (item != nullptr) return item->file;
  }
  return {};
}

class Titles {
 public:
  explicit Titles(std::string file) : file_(std::move(file)) {}

  void read_nav(const pugi::xml_node& list, int level) {
    for (const auto& entry : list.children()) {
      if (local(entry.name()) != "li") continue;
      for (const auto& part : entry.children()) {
        const auto name = local(part.name());
        if (name == "a") add(text_of(part), value(part, "href"), level);
        if (name == "ol" && level < max_levels) read_nav(part, level + 1);
      }
    }
  }

  void read_ncx(const pugi::xml_node& map, int level) {
    for (const auto& point : map.children()) {
      if (local(point.name()) != "navPoint") continue;
      add(text_of(child(child(point, "navLabel"), "text")), value(child(point, "content"), "src"), level);
      if (level < max_levels) read_ncx(point, level + 1);
    }
  }

  std::vector<EpubTitle> take() { return std::move(titles_); }

 private:
  void add(std::string title, const std::string& reference, int level) {
    const auto file = resolve(file_, reference);
    if (!file || titles_.size() == max_items) return;
    titles_.push_back({{std::move(title), static_cast<std::uint8_t>(level)}, *file, fragment_of(reference)});
  }

  const std::string file_;
  std::vector<EpubTitle> titles_;
};

// The element <nav epub:type="toc">, wherever it stands; lists of pages and landmarks are others.
pugi::xml_node contents_of(const pugi::xml_node& root) {
  for (pugi::xml_node node = root; node; node = next_within(root, node)) {
    if (local(node.name()) == "nav" && has_word(value(node, "epub:type"), "toc")) return node;
  }
  return {};
}

std::vector<EpubTitle> read_titles(Zip& zip, const pugi::xml_node& package, const Manifest& manifest) {
  pugi::xml_document document;
  for (const auto& [id, item] : manifest) {
    if (!has_word(item.properties, "nav") || !read_xml(zip, item.file, document)) continue;
    Titles titles(item.file);
    titles.read_nav(child(contents_of(document.document_element()), "ol"), 1);
    auto found = titles.take();
    if (!found.empty()) return found;
  }
  const Item* ncx = item_of(manifest, value(child(package, "spine"), "toc"));
  for (const auto& [id, item] : manifest) {
    if (ncx == nullptr && item.media_type == "application/x-dtbncx+xml") ncx = &item;
  }
  if (ncx == nullptr || !read_xml(zip, ncx->file, document)) return {};
  Titles titles(ncx->file);
  titles.read_ncx(child(document.document_element(), "navMap"), 1);
  return titles.take();
}

}  // namespace

Result<EpubPackage> read_epub_package(Zip& zip, const std::string& owner) {
  if (!zip.has("META-INF/container.xml")) {
    return fail(Code::corrupt, "this is no EPUB: it has no META-INF/container.xml", owner);
  }
  const auto file = package_file(zip);
  if (!file) return fail(Code::corrupt, "this EPUB's META-INF/container.xml names no package", owner);
  pugi::xml_document document;
  if (const auto read = read_xml(zip, *file, document); !read) {
    const bool bomb = read.error().code == Code::exhausted;
    return fail(bomb                                   ? Code::corrupt
                : read.error().code == Code::not_found ? Code::corrupt
                                                       : read.error().code,
                "this EPUB's package cannot be read", owner, read.error().message());
  }
  const pugi::xml_node package = document.document_element();
  const Manifest manifest = read_manifest(package, *file);
  EpubPackage out;
  read_metadata(package, owner, out.info);
  const auto encrypted = encrypted_files(zip);
  for (const auto& reference : child(package, "spine").children()) {
    if (local(reference.name()) != "itemref" || value(reference, "linear") == "no") continue;
    const Item* item = readable(manifest, value(reference, "idref"));
    if (item == nullptr || out.spine.size() == max_items) continue;
    if (encrypted.contains(item->file)) return fail(Code::unsupported, "this EPUB is protected by DRM", owner);
    if (zip.has(item->file)) out.spine.push_back(item->file);
  }
  if (out.spine.empty()) return fail(Code::corrupt, "this EPUB has no text that can be read", owner);
  out.titles = read_titles(zip, package, manifest);
  out.cover = cover_of(package, manifest);
  return out;
}

}  // namespace weir::documents
