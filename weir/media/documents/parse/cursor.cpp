#include "weir/media/documents/parse/cursor.hpp"

#include <algorithm>
#include <utility>

#include "weir/media/documents/parse/paragraphs.hpp"
#include "weir/media/documents/wire.hpp"

namespace weir::documents {

// Parses until there is a paragraph ahead, or the document ends.
Result<void> Cursor::look(const std::function<bool()>& cancelled) {
  while (ahead_.empty() && !ended_) {
    if (cancelled()) return fail(Code::cancelled, "as was asked");
    auto raw = book_.next();
    if (!raw) return tl::unexpected(raw.error());
    if (!*raw) {
      const auto sought = book_.seek(next_.chapter + 1);
      if (!sought && sought.error().code != Code::not_found) return sought;
      ended_ = !sought;
      next_ = {next_.chapter + 1, 0};
      continue;
    }
    for (Paragraph& p : paragraphs_of(**raw, book_.info().language)) {
      ahead_.push_back({next_, std::move(p)});
      ++next_.paragraph;
    }
  }
  return {};
}

Result<void> Cursor::place(Position from, const std::function<bool()>& cancelled) {
  const Position here = ahead_.empty() ? next_ : ahead_.front().at;
  if (placed_ && here == from) return {};
  placed_ = false;
  ahead_.clear();
  const auto sought = book_.seek(from.chapter);
  if (!sought && sought.error().code != Code::not_found) return sought;
  ended_ = !sought;
  next_ = {from.chapter, 0};
  for (;;) {
    if (auto looked = look(cancelled); !looked) return looked;
    if (ahead_.empty() || ahead_.front().at >= from) break;
    ahead_.pop_front();
  }
  placed_ = true;
  return {};
}

Result<Batch> Cursor::read(Position from, std::size_t bytes, const std::function<bool()>& cancelled) {
  if (auto placed = place(from, cancelled); !placed) return tl::unexpected(placed.error());
  // Whatever goes wrong from here on, the next one who reads begins anew.
  placed_ = false;
  Batch batch;
  std::size_t taken = 0;
  for (;;) {
    if (auto looked = look(cancelled); !looked) {
      if (batch.paragraphs.empty() || looked.error().code == Code::cancelled) return tl::unexpected(looked.error());
      // What is good is not lost; who reads on meets the error there.
      batch.next = next_;
      break;
    }
    if (ahead_.empty()) break;
    const std::size_t size = wire::packed_bytes(ahead_.front().paragraph);
    if (!batch.paragraphs.empty() && taken + size > bytes) {
      batch.next = ahead_.front().at;
      placed_ = true;
      break;
    }
    taken += size;
    batch.paragraphs.push_back(std::move(ahead_.front()));
    ahead_.pop_front();
  }
  batch.done = batch.next ? std::clamp(book_.done(), 0.F, 1.F) : 1.F;
  return batch;
}

}  // namespace weir::documents
