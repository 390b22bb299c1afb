// DOCX: the main document as a tree in memory, of bounded size; paragraphs are made as they are read.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <pugixml.hpp>

#include "weir/media/documents/parse/blocks.hpp"
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/cut.hpp"
#include "weir/media/documents/parse/docx_styles.hpp"
#include "weir/media/documents/parse/docx_text.hpp"
#include "weir/media/documents/parse/docx_xml.hpp"
#include "weir/media/documents/parse/xhtml_entities.hpp"
#include "weir/media/documents/parse/zip.hpp"

namespace weir::documents {
namespace {

using docx::attribute;
using docx::child;
using docx::local;

// The tree takes three to five times this.
constexpr std::size_t max_document_bytes = std::size_t{32} << 20;
constexpr std::size_t max_part_bytes = std::size_t{8} << 20;
constexpr std::size_t max_title_bytes = 1024;
constexpr int max_depth = 64;

// A part of the archive, and its tree in the same bytes.
struct Part {
  std::string bytes;
  pugi::xml_document tree;

  Result<void> read(Zip& zip, const std::string& file, std::size_t most) {
    auto content = zip.read(file, most);
    if (!content) return tl::unexpected(content.error());
    bytes = std::move(*content);
    constexpr unsigned options = pugi::parse_cdata | pugi::parse_eol | pugi::parse_escapes |
                                 pugi::parse_wconv_attribute | pugi::parse_ws_pcdata_single;
    if (!tree.load_buffer_inplace(bytes.data(), bytes.size(), options) || !tree.document_element()) {
      return fail(Code::corrupt, "a part of this DOCX is not well-formed", {}, file);
    }
    return {};
  }
};

// A paragraph or a row of a table, in reading order.
struct Block {
  pugi::xml_node node;
  std::uint32_t number = 0;  // among its parent's children of that name, from 1; 0: it has no place of its own
  std::uint32_t parent = 0;  // of containers_
  bool note = false;
};

// An element with paragraphs in it, as a part of their paths.
struct Container {
  const char* name = "";
  std::uint32_t number = 0;  // as a block's
  std::uint32_t parent = outside;
  std::uint32_t file = 0;
  static constexpr std::uint32_t outside = 0xFFFF'FFFF;
};

class DocxBook final : public Book {
 public:
  Result<void> read(std::span<const std::byte> file, const std::string& owner) {
    auto zip = Zip::open(file, owner);
    if (!zip) return tl::unexpected(zip.error());
    const std::string main = main_part(*zip);
    if (!zip->has(main)) return fail(Code::corrupt, "this is no DOCX: it has no word/document.xml", owner);
    if (auto read = document_.read(*zip, main, max_document_bytes); !read) {
      return fail(read.error().code, "this DOCX cannot be read", owner, read.error().message());
    }
    const std::string folder = main.substr(0, main.rfind('/') + 1);
    Part styles;
    if (styles.read(*zip, folder + "styles.xml", max_part_bytes)) styles_.read(styles.tree.document_element());
    if (footnotes_.read(*zip, folder + "footnotes.xml", max_part_bytes)) index_notes(footnotes_, footnote_ids_);
    if (endnotes_.read(*zip, folder + "endnotes.xml", max_part_bytes)) index_notes(endnotes_, endnote_ids_);
    names_ = {main, folder + "footnotes.xml", folder + "endnotes.xml"};
    describe(*zip, owner);
    const pugi::xml_node root = document_.tree.document_element(), body = child(root, "body");
    if (!body) return fail(Code::corrupt, "this is no DOCX: its document has no body", owner);
    containers_.push_back({root.name(), 1, Container::outside, 0});
    containers_.push_back({body.name(), 1, 0, 0});
    flatten(body, 1, 0);
    divide();
    return {};
  }

  const Info& info() const noexcept override { return info_; }
  Result<std::vector<Chapter>> chapters() override { return chapters_; }

  Result<void> seek(std::uint32_t chapter) override {
    if (chapter >= starts_.size()) return fail(Code::not_found, "the document has fewer chapters");
    parts_.clear();
    next_ = starts_[chapter];
    end_ = chapter + 1 < starts_.size() ? starts_[chapter + 1] : blocks_.size();
    return {};
  }

  Result<std::optional<RawParagraph>> next() override {
    while (parts_.empty() && next_ < end_) {
      RawParagraph paragraph = paragraph_of(blocks_[next_++]);
      if (paragraph.text.find_first_not_of(" \t\n") == std::string::npos) continue;
      for (RawParagraph& part : cut(std::move(paragraph))) parts_.push_back(std::move(part));
    }
    if (parts_.empty()) return std::nullopt;
    RawParagraph part = std::move(parts_.front());
    parts_.pop_front();
    return part;
  }

  float done() const noexcept override {
    return blocks_.empty() ? 1 : static_cast<float>(next_) / static_cast<float>(blocks_.size());
  }

 private:
  struct Note {
    pugi::xml_node node;
    std::uint32_t number = 0;
  };
  using Notes = std::map<std::string, Note, std::less<>>;

  static std::string main_part(Zip& zip) {
    Part relations;
    if (relations.read(zip, "_rels/.rels", max_part_bytes)) {
      for (const auto& relation : relations.tree.document_element().children()) {
        if (!attribute(relation, "Type").ends_with("/officeDocument")) continue;
        std::string_view target = attribute(relation, "Target");
        if (target.starts_with('/')) target.remove_prefix(1);
        const auto file = resolve("", target);
        if (file && zip.has(*file)) return *file;
      }
    }
    return "word/document.xml";
  }

  static void index_notes(const Part& part, Notes& notes) {
    std::uint32_t number = 0;
    for (const auto& note : part.tree.document_element().children()) {
      const auto name = local(note.name());
      if (name != "footnote" && name != "endnote") continue;
      ++number;
      // Separators are notes too.
      if (!attribute(note, "type").empty() && attribute(note, "type") != "normal") continue;
      notes.try_emplace(std::string(attribute(note, "id")), Note{note, number});
    }
  }

  void describe(Zip& zip, const std::string& owner) {
    info_.format = "DOCX";
    Part core;
    if (core.read(zip, "docProps/core.xml", max_part_bytes)) {
      const pugi::xml_node root = core.tree.document_element();
      const auto text = [&root](const char* name) {
        const std::string_view value = child(root, name).child_value();
        return value.size() <= max_title_bytes ? valid_utf8(value) : std::string();
      };
      info_.title = text("title");
      info_.author = text("creator");
      info_.language = text("language");
    }
    if (info_.title.empty()) info_.title = owner.substr(0, owner.rfind('.'));
    if (info_.language.empty() || info_.language.size() >= 64) info_.language = styles_.language();
  }

  // Paragraphs and rows of tables below this, what belongs to each behind it.
  void flatten(const pugi::xml_node& parent, std::uint32_t container, int depth) {
    if (depth == max_depth) return;
    std::map<std::string_view, std::uint32_t> numbers;
    for (const auto& node : parent.children()) {
      const auto name = local(node.name());
      const std::uint32_t number = ++numbers[node.name()];
      if (name == "p") {
        add_paragraph(node, number, container, depth, false);
      } else if (name == "tr") {
        add_row(node, number, container, depth);
      } else if (name == "AlternateContent") {
        const pugi::xml_node choice = child(node, "Choice");
        flatten_inside(choice ? choice : child(node, "Fallback"), 0, 0, depth);
      } else if (name != "del" && name != "moveFrom" && name != "sectPr" && !name.ends_with("Pr")) {
        flatten_inside(node, number, container, depth);
      }
    }
  }

  // Number 0: paragraphs in it have no place.
  void flatten_inside(const pugi::xml_node& node, std::uint32_t number, std::uint32_t container, int depth) {
    if (!node.first_child()) return;
    containers_.push_back({node.name(), number, container, 0});
    flatten(node, static_cast<std::uint32_t>(containers_.size() - 1), depth + 1);
  }

  static std::string step(const char* name, std::uint32_t number) {
    return std::string("/") + name + (number > 1 ? "[" + std::to_string(number) + "]" : "");
  }

  std::string path_of(const Block& block) const {
    std::string path = step(block.node.name(), block.number);
    std::uint32_t number = block.number, file = 0;
    for (std::uint32_t at = block.parent; number > 0 && at != Container::outside; at = containers_[at].parent) {
      number = containers_[at].number;
      file = containers_[at].file;
      path.insert(0, step(containers_[at].name, number));
    }
    return number > 0 ? names_[file] + "#" + path : std::string();
  }

  void add_paragraph(const pugi::xml_node& node, std::uint32_t number, std::uint32_t container, int depth, bool note) {
    docx::Attached attached;
    docx::find_attached(node, attached);
    if (attached.has_text) blocks_.push_back({node, number, container, note});
    add_attached(attached, depth, note);
  }

  void add_row(const pugi::xml_node& node, std::uint32_t number, std::uint32_t container, int depth) {
    docx::Attached attached;
    docx::find_attached(node, attached);
    if (attached.has_text) blocks_.push_back({node, number, container, false});
    add_attached(attached, depth, false);
  }

  // Each note once, where it is first referred to; what notes refer to is left out.
  void add_attached(const docx::Attached& attached, int depth, bool in_note) {
    for (const pugi::xml_node& box : attached.text_boxes) flatten_inside(box, 0, 0, depth);
    if (in_note) return;
    for (const std::string& id : attached.footnotes) add_note(footnote_ids_, id, 1, depth);
    for (const std::string& id : attached.endnotes) add_note(endnote_ids_, id, 2, depth);
  }

  void add_note(Notes& notes, const std::string& id, std::uint32_t file, int depth) {
    const auto note = notes.find(id);
    if (note == notes.end()) return;
    const pugi::xml_node node = note->second.node;
    containers_.push_back({node.parent().name(), 1, Container::outside, file});
    containers_.push_back({node.name(), note->second.number, static_cast<std::uint32_t>(containers_.size() - 1), file});
    const auto container = static_cast<std::uint32_t>(containers_.size() - 1);
    notes.erase(note);
    std::uint32_t number = 0;
    for (const auto& paragraph : node.children()) {
      if (local(paragraph.name()) == "p") add_paragraph(paragraph, ++number, container, depth + 1, true);
    }
  }

  // Chapters begin at headings of the outermost level that there is, besides the document's title.
  void divide() {
    int outermost = 9;
    std::vector<std::pair<std::size_t, docx::Role>> headings;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].note || local(blocks_[i].node.name()) != "p") continue;
      const docx::Role role = styles_.role_of(blocks_[i].node);
      if (role.kind != Kind::heading) continue;
      headings.emplace_back(i, role);
      if (!role.title) outermost = std::min<int>(outermost, role.level);
    }
    starts_.push_back(0);
    chapters_.emplace_back();
    for (const auto& [block, role] : headings) {
      if (role.title && block == 0) chapters_[0].title = title_of(blocks_[block]);
      if (role.title || role.level != outermost) continue;
      if (block > 0) {
        starts_.push_back(block);
        chapters_.emplace_back();
      }
      chapters_.back().title = title_of(blocks_[block]);
    }
    (void)seek(0);
  }

  std::string title_of(const Block& block) const {
    const std::string text = paragraph_of(block).text;
    std::string title;
    for (const char c : text) {
      const bool blank = c == ' ' || c == '\t' || c == '\n';
      if (!blank) title += c;
      if (blank && !title.empty() && title.back() != ' ') title += ' ';
    }
    while (!title.empty() && title.back() == ' ') title.pop_back();
    return title.size() > max_title_bytes ? std::string() : title;
  }

  RawParagraph paragraph_of(const Block& block) const {
    RawParagraph paragraph;
    paragraph.element = path_of(block);
    if (local(block.node.name()) == "tr") {
      paragraph.kind = Kind::table;
      append_row(paragraph, block.node);
    } else {
      const docx::Role role = styles_.role_of(block.node);
      paragraph.kind = block.note ? Kind::footnote : role.kind;
      paragraph.level = block.note ? std::uint8_t{0} : role.level;
      docx::append_text(paragraph, block.node);
    }
    if (paragraph.element.empty()) paragraph.pieces.clear();
    return paragraph;
  }

  static void append_row(RawParagraph& paragraph, const pugi::xml_node& row) {
    std::uint64_t at = 0;
    for (const auto& cell : row.children()) {
      if (cell.type() != pugi::node_element) continue;
      const bool first = paragraph.text.empty();
      const std::size_t before = paragraph.text.size();
      if (!first) paragraph.text += sentence_end;
      const std::size_t begin = paragraph.text.size();
      at += docx::append_text(paragraph, cell, at);
      if (paragraph.text.find_first_not_of(" \t\n", begin) != std::string::npos) continue;
      paragraph.text.resize(before);
      std::erase_if(paragraph.pieces, [before](const Piece& piece) { return piece.text.end > before; });
    }
  }

  Part document_, footnotes_, endnotes_;
  std::array<std::string, 3> names_;  // of those
  Notes footnote_ids_, endnote_ids_;
  docx::Styles styles_;
  Info info_;
  std::vector<Container> containers_;
  std::vector<Block> blocks_;
  std::vector<std::size_t> starts_;  // of the chapters, blocks
  std::vector<Chapter> chapters_;
  std::size_t next_ = 0, end_ = 0;
  std::deque<RawParagraph> parts_;  // of a long paragraph
};

}  // namespace

Result<std::unique_ptr<Book>> open_docx(std::span<const std::byte> file, const BookOptions& options) {
  constexpr std::array<std::byte, 4> ole{std::byte{0xD0}, std::byte{0xCF}, std::byte{0x11}, std::byte{0xE0}};
  if (file.size() >= ole.size() && std::equal(ole.begin(), ole.end(), file.begin())) {
    return fail(Code::unsupported, "this is encrypted or an old .doc: save it as DOCX", options.name);
  }
  auto book = std::make_unique<DocxBook>();
  if (auto read = book->read(file, options.name); !read) return tl::unexpected(read.error());
  return book;
}

}  // namespace weir::documents
