// For fuzz targets of files that are one stretch of text: what holds of a book whatever its file is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/paragraphs.hpp"
#include "weir/media/documents/wire.hpp"

namespace weir::documents::sound {

// What a worker would say of it, its parent would believe.
inline void expect_sound(const std::vector<Paragraph>& paragraphs) {
  std::vector<std::byte> room(wire::max_answer_bytes);
  for (const Paragraph& p : paragraphs) {
    Batch batch;
    batch.paragraphs.push_back({{}, p});
    const auto bytes = wire::pack(batch, room);
    if (!bytes) fatal("a paragraph does not fit an answer");
    const auto back = wire::batch_of(std::span(room).first(*bytes), {});
    if (!back || *back != batch) fatal("a paragraph is not what document.hpp says");
  }
}

inline std::size_t read_chapter(Book& book) {
  std::size_t bytes = 0;
  for (;;) {
    const auto raw = book.next();
    if (!raw || !*raw) return bytes;
    bytes += (*raw)->text.size();
    expect_sound(paragraphs_of(**raw, book.info().language));
  }
}

inline void read(OpenBook* open, std::span<const std::uint8_t> data) {
  const auto book = open(std::as_bytes(data), {"name", ""});
  if (!book) return;
  std::vector<std::size_t> sizes;
  for (std::uint32_t chapter = 0; (*book)->seek(chapter); ++chapter) sizes.push_back(read_chapter(**book));
  const auto chapters = (*book)->chapters();
  if (chapters && chapters->size() != sizes.size()) fatal("there are other chapters than were told");
  for (std::size_t i = sizes.size(); i-- > 0;) {
    if (!(*book)->seek(static_cast<std::uint32_t>(i)) || read_chapter(**book) != sizes[i]) {
      fatal("a chapter is another one when it is read again");
    }
  }
}

}  // namespace weir::documents::sound
