// The journal from any bytes: what is read is exactly what is written again at its place, and reading ends.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "weir/server/notify/journal.hpp"

namespace {

using namespace weir::notify;

// The records that are in `bytes`, each checked.
std::size_t read_all(std::span<const std::byte> bytes) {
  JournalReader reader(bytes);
  std::size_t count = 0, last_end = 0;
  while (const auto record = reader.next()) {
    if (reader.begin() < last_end || reader.end() > bytes.size()) std::abort();
    last_end = reader.end();
    const std::string again =
        record->kind == Record::Kind::done ? encode_done(record->sequence) : encode(record->sequence, record->message);
    if (again.size() != reader.end() - reader.begin()) std::abort();
    if (std::memcmp(again.data(), bytes.data() + reader.begin(), again.size()) != 0) std::abort();
    ++count;
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::size_t in_it = read_all(bytes);

  // The input as damage between two records: both are still found, whatever it is.
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Message message{"id", text.substr(0, size / 2), text.substr(size / 2), (size & 1) != 0};
  if (size > max_message_bytes - 2) return 0;
  const std::string journal = encode(1, message) + text + encode_done(1);
  const std::size_t found = read_all(std::as_bytes(std::span(journal)));
  if (found < 2 || found > in_it + 2) std::abort();
  return 0;
}
