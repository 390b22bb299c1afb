#include "weir/media/documents/parse/cut.hpp"

#include <algorithm>

namespace weir::documents {
namespace {

// Where the part that begins there ends.
std::size_t end_of(const std::string& text, std::size_t begin, std::size_t most) {
  if (text.size() - begin <= most) return text.size();
  const std::size_t blank = text.find_last_of(" \n\t", begin + most - 1);
  if (blank != std::string::npos && blank > begin + most / 2) return blank + 1;
  std::size_t end = begin + most;
  while (end > begin + 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

Piece part_of(const Piece& piece, std::size_t begin, std::size_t end) {
  const std::size_t from = std::max<std::size_t>(piece.text.begin, begin);
  const std::size_t to = std::min<std::size_t>(piece.text.end, end);
  Piece part = piece;
  part.text = {static_cast<std::uint32_t>(from - begin), static_cast<std::uint32_t>(to - begin)};
  if (piece.linear) {
    part.source.begin = piece.source.begin + (from - piece.text.begin);
    part.source.end = piece.source.begin + (to - piece.text.begin);
  }
  return part;
}

}  // namespace

std::vector<RawParagraph> cut(RawParagraph paragraph, std::size_t most) {
  std::vector<RawParagraph> parts;
  if (paragraph.text.size() <= most) {
    parts.push_back(std::move(paragraph));
    return parts;
  }
  auto piece = paragraph.pieces.begin();
  for (std::size_t begin = 0; begin < paragraph.text.size();) {
    const std::size_t end = end_of(paragraph.text, begin, most);
    RawParagraph part{paragraph.kind,     paragraph.level,   paragraph.text.substr(begin, end - begin),
                      paragraph.language, paragraph.element, {}};
    while (piece != paragraph.pieces.end() && piece->text.begin < end) {
      part.pieces.push_back(part_of(*piece, begin, end));
      if (piece->text.end > end) break;
      ++piece;
    }
    parts.push_back(std::move(part));
    begin = end;
  }
  return parts;
}

}  // namespace weir::documents
