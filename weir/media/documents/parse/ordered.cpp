#include "weir/media/documents/parse/ordered.hpp"

#include <algorithm>

#include "weir/media/documents/parse/characters.hpp"

namespace weir::documents {

Ordered ordered(const std::string& raw_text) {
  Ordered out;
  out.text.reserve(raw_text.size());
  out.raw.reserve(raw_text.size());
  bool blank = false, stop = false;
  std::uint32_t blank_at = 0;
  for (const Character c : characters_of(raw_text)) {
    if (c.code == 0 || is_hidden(c.code)) continue;
    if (is_blank(c.code)) {
      if (!blank) blank_at = c.begin;
      blank = true;
      stop = stop || c.code == U'\u2029';
      continue;
    }
    if (blank && !out.text.empty()) {
      out.text += ' ';
      out.raw.push_back(blank_at);
      if (stop) out.breaks.push_back(static_cast<std::uint32_t>(out.text.size()));
    }
    blank = stop = false;
    append_utf8(out.text, c.code);
    // A replacement character may be longer than what it replaces: all its bytes are that byte then.
    for (std::uint32_t n = 0; out.raw.size() < out.text.size(); ++n) {
      out.raw.push_back(c.code == U'\uFFFD' ? c.begin : c.begin + n);
    }
  }
  return out;
}

namespace {

std::uint64_t source_at(const Piece& piece, std::uint32_t raw) {
  return piece.linear ? std::min(piece.source.begin + (raw - piece.text.begin), piece.source.end) : piece.source.begin;
}

// On one page and one line, as a box is shown around it.
void widen(Source& box, const Source& other) {
  if (other.page != box.page || other.top >= box.bottom || other.bottom <= box.top) return;
  box.left = std::min(box.left, other.left);
  box.top = std::min(box.top, other.top);
  box.right = std::max(box.right, other.right);
  box.bottom = std::max(box.bottom, other.bottom);
}

}  // namespace

Source Places::of(Range part) {
  if (part.begin >= part.end || part.end > text_.raw.size()) return {};
  const std::uint32_t begin = text_.raw[part.begin], end = text_.raw[part.end - 1] + 1;
  while (first_ < pieces_.size() && pieces_[first_].text.end <= begin) ++first_;
  if (first_ == pieces_.size() || pieces_[first_].text.begin >= end) return {};
  const Piece& first = pieces_[first_];
  Source source = first.source;
  source.begin = source_at(first, std::max(begin, first.text.begin));
  for (std::size_t i = first_; i < pieces_.size() && pieces_[i].text.begin < end; ++i) {
    const Piece& piece = pieces_[i];
    source.end = piece.linear ? source_at(piece, std::min(end, piece.text.end)) : piece.source.end;
    if (i != first_) widen(source, piece.source);
  }
  source.end = std::max(source.begin, source.end);
  return source;
}

}  // namespace weir::documents
