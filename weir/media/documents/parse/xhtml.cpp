#include "weir/media/documents/parse/xhtml.hpp"

#include <gumbo.h>

#include <algorithm>
#include <memory>
#include <pugixml.hpp>
#include <string_view>

#include "weir/media/documents/parse/blocks.hpp"
#include "weir/media/documents/parse/xhtml_entities.hpp"

namespace weir::documents {
namespace {

constexpr std::size_t max_title_bytes = 1024;
// gumbo takes a tree down by recursion.
constexpr std::size_t max_html_depth = 10'000;

struct Owned {
  std::string name, value;
};

// Elements in, paragraphs out, with what else is asked of a file.
class Sink {
 public:
  Sink(const std::string& name, const std::set<std::string>& ids) : builder_(name), ids_(ids) {}

  void open(std::string_view name, std::span<const Owned> attributes) {
    std::vector<Attribute> seen;
    seen.reserve(attributes.size());
    for (const Owned& a : attributes) seen.push_back({a.name, a.value});
    builder_.open(name, seen);
    drain();
    for (const Owned& a : attributes) {
      const bool names = a.name == "id" || a.name == "xml:id" || (a.name == "name" && name == "a");
      if (names && ids_.contains(a.value)) xhtml_.ids.try_emplace(a.value, xhtml_.paragraphs.size());
    }
    in_title_ = name == "title" && xhtml_.title.empty();
  }

  void text(const std::string& utf8) {
    builder_.text(utf8);
    if (in_title_ && xhtml_.title.size() + utf8.size() <= max_title_bytes) xhtml_.title += utf8;
  }

  void close() {
    builder_.close();
    in_title_ = false;
  }

  Xhtml take() {
    builder_.end_paragraph();
    drain();
    return std::move(xhtml_);
  }

 private:
  void drain() {
    while (auto paragraph = builder_.take()) xhtml_.paragraphs.push_back(std::move(*paragraph));
  }

  BlockBuilder builder_;
  const std::set<std::string>& ids_;
  Xhtml xhtml_;
  bool in_title_ = false;
};

void enter(Sink& sink, const pugi::xml_node& node) {
  std::vector<Owned> attributes;
  for (const auto& a : node.attributes()) attributes.push_back({a.name(), without_references(a.value())});
  sink.open(node.name(), attributes);
}

// No recursion: files nest as deeply as they like.
Xhtml walked(const pugi::xml_node& root, const std::string& name, const std::set<std::string>& ids) {
  Sink sink(name, ids);
  pugi::xml_node node = root;
  while (node) {
    const auto type = node.type();
    if (type == pugi::node_pcdata) sink.text(without_references(node.value()));
    if (type == pugi::node_cdata) sink.text(valid_utf8(node.value()));
    if (type == pugi::node_element) {
      enter(sink, node);
      if (node.first_child()) {
        node = node.first_child();
        continue;
      }
      sink.close();
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      if (node.type() == pugi::node_element) sink.close();
    }
    if (node == root) break;
    node = node.next_sibling();
  }
  return sink.take();
}

bool is_too_deep(std::string_view bytes) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    if (bytes[i] != '<') continue;
    const char c = bytes[i + 1];
    if (c == '/') {
      depth -= std::min<std::size_t>(depth, 1);
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      if (++depth > max_html_depth) return true;
    }
  }
  return false;
}

void enter(Sink& sink, const GumboElement& element) {
  std::vector<Owned> attributes;
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto* a = static_cast<const GumboAttribute*>(element.attributes.data[i]);
    attributes.push_back({a->name, a->value});
  }
  std::string name = gumbo_normalized_tagname(element.tag);
  if (name.empty()) {
    GumboStringPiece tag = element.original_tag;
    gumbo_tag_from_original_text(&tag);
    if (tag.data != nullptr) name.assign(tag.data, tag.length);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    name = valid_utf8(name);
  }
  sink.open(name, attributes);
}

Xhtml walked(const GumboNode* root, const std::string& name, const std::set<std::string>& ids) {
  Sink sink(name, ids);
  std::vector<std::pair<const GumboNode*, unsigned>> open;  // and the child that is next
  const auto visit = [&](const GumboNode* node) {
    if (node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE) {
      enter(sink, node->v.element);
      open.emplace_back(node, 0);
    } else if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA) {
      sink.text(node->v.text.text);
    }
  };
  visit(root);
  while (!open.empty()) {
    auto& [node, child] = open.back();
    const GumboVector& children = node->v.element.children;
    if (child < children.length) {
      visit(static_cast<const GumboNode*>(children.data[child++]));
      continue;
    }
    sink.close();
    open.pop_back();
  }
  return sink.take();
}

// gumbo wants valid UTF-8, and stops at a NUL.
std::string sound(std::string bytes) {
  std::replace(bytes.begin(), bytes.end(), '\0', ' ');
  return valid_utf8(bytes);
}

}  // namespace

Result<Xhtml> read_xhtml(const std::string& bytes, const std::string& name, const std::set<std::string>& ids) {
  {
    // References are resolved by our own hand: pugixml does not know those of HTML, and would resolve others twice.
    constexpr unsigned options = pugi::parse_cdata | pugi::parse_ws_pcdata | pugi::parse_eol;
    pugi::xml_document document;
    // A page without its html is no XML, even if its parts are.
    if (document.load_buffer(bytes.data(), bytes.size(), options) &&
        std::string_view(document.document_element().name()).ends_with("html")) {
      return walked(document.document_element(), name, ids);
    }
  }
  const std::string text = sound(bytes);
  if (is_too_deep(text)) return fail(Code::corrupt, "a chapter nests its elements too deeply", name);
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  const auto destroy = [](GumboOutput* output) { gumbo_destroy_output(&kGumboDefaultOptions, output); };
  const std::unique_ptr<GumboOutput, decltype(destroy)> output(
      gumbo_parse_with_options(&options, text.data(), text.size()), destroy);
  if (!output || output->root == nullptr) return fail(Code::corrupt, "a chapter cannot be read", name);
  return walked(output->root, name, ids);
}

}  // namespace weir::documents
