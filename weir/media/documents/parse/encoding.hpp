// In which encoding a file's text is, and its text as UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

struct Encoding {
  std::string name = "UTF-8";  // as ICU knows it
  std::size_t bom_bytes = 0;
  std::size_t unit_bytes = 1;  // 2: UTF-16, 4: UTF-32
  bool big_endian = false;
  bool is_utf8() const noexcept { return name == "UTF-8"; }
};

// By the byte order mark, else UTF-8 if nearly all of it is, else what uchardet makes of the beginning.
Encoding encoding_of(std::span<const std::byte> file);

// The encoding that goes by this name ("latin1"); nothing where ICU does not know it.
std::string known_encoding(const std::string& name);

// All of it at once, where nobody asks for places.
std::string utf8_of(std::span<const std::byte> bytes, const Encoding& encoding);

// Turns bytes of one encoding into UTF-8, a line at a time.
// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: owns its converter.
class Decoder {
 public:
  explicit Decoder(const Encoding& encoding);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Appends to `text` and, where each character stands in the file, to `pieces`. The bytes begin at `at`. What the
  // encoding does not have is U+FFFD; UTF-8 comes as it is.
  void decode(std::span<const std::byte> bytes, std::uint64_t at, std::string& text, std::vector<Piece>& pieces);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::documents
