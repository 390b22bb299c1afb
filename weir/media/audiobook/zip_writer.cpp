// The numbers are those of PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
#include "weir/media/audiobook/zip_writer.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace weir::media {
namespace {

constexpr std::uint16_t stored = 0, deflated = 8;
constexpr std::uint16_t version = 20;
constexpr std::uint16_t first_of_1980 = 1 << 5 | 1;
constexpr std::uint32_t readable_file = 0100644U << 16;
constexpr std::uint16_t made_on_unix = 3 << 8 | version;

// Least significant byte first.
class Bytes {
 public:
  Bytes& u16(std::uint64_t value) { return put(value, 2); }
  Bytes& u32(std::uint64_t value) { return put(value, 4); }
  Bytes& text(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  std::vector<std::byte> take() { return std::move(out_); }

 private:
  Bytes& put(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<std::byte>(value >> 8 * i & 0xFF));
    return *this;
  }
  std::vector<std::byte> out_;
};

std::uint32_t sum_of(std::span<const std::byte> bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(
      ::crc32(before, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace

std::vector<std::byte> ZipWriter::head_of(const Entry& entry) {
  Bytes head;
  head.u32(0x04034b50).u16(version).u16(0).u16(entry.method).u16(0).u16(first_of_1980);
  head.u32(entry.sum).u32(entry.packed_bytes).u32(entry.bytes).u16(entry.name.size()).u16(0).text(entry.name);
  return head.take();
}

Result<void> ZipWriter::room_for(std::uint64_t bytes) const {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max(), entry_bytes = 512;
  const std::uint64_t directory = (entries_.size() + 2) * entry_bytes;
  if (entries_.size() + 1 < std::numeric_limits<std::uint16_t>::max() && file_.bytes() + bytes + directory < most)
    return {};
  return fail(Code::exhausted, "an EPUB holds 4 GiB here; export the book in parts, or as .m4b", file_.path());
}

Result<void> ZipWriter::add(const Entry& entry, std::span<const std::byte> packed) {
  if (auto room = room_for(packed.size()); !room) return room;
  if (auto head = file_.append(head_of(entry)); !head) return head;
  if (auto body = file_.append(packed); !body) return body;
  entries_.push_back(entry);
  return {};
}

Result<void> ZipWriter::store(std::string_view name, std::span<const std::byte> bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return add({std::string(name), stored, sum_of(bytes), size, size, static_cast<std::uint32_t>(file_.bytes())}, bytes);
}

Result<void> ZipWriter::deflate(std::string_view name, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  if (auto room = room_for(bytes.size()); !room) return room;
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return fail(Code::failed, "zlib cannot begin", file_.path());
  std::vector<std::byte> packed(::deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (code != Z_STREAM_END) return fail(Code::failed, "zlib cannot pack a text", file_.path());
  return add({std::string(name), deflated, sum_of(bytes), static_cast<std::uint32_t>(packed.size()),
              static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(file_.bytes())},
             packed);
}

Result<std::uint32_t> ZipWriter::store_file(std::string_view name, const std::filesystem::path& path) {
  const Descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (from.number() < 0) return fail(Code::not_found, "cannot be read", path, std::strerror(errno));
  Entry entry{std::string(name), stored, 0, 0, 0, static_cast<std::uint32_t>(file_.bytes())};
  if (auto room = room_for(0); !room) return tl::unexpected(room.error());
  if (auto head = file_.append(head_of(entry)); !head) return tl::unexpected(head.error());
  std::vector<std::byte> piece(std::size_t{64} << 10);
  while (true) {
    const ssize_t n = ::read(from.number(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Code::failed, "cannot be read", path, std::strerror(errno));
    if (n == 0) break;
    const auto some = std::span(piece).first(static_cast<std::size_t>(n));
    if (auto room = room_for(some.size()); !room) return tl::unexpected(room.error());
    if (auto body = file_.append(some); !body) return tl::unexpected(body.error());
    entry.sum = sum_of(some, entry.sum);
    entry.bytes = entry.packed_bytes += static_cast<std::uint32_t>(n);
  }
  // Now it is known what it should have said.
  if (auto again = file_.overwrite(entry.offset, head_of(entry)); !again) return tl::unexpected(again.error());
  entries_.push_back(entry);
  return entry.sum;
}

Result<void> ZipWriter::commit() {
  const std::uint64_t start = file_.bytes();
  for (const Entry& entry : entries_) {
    Bytes head;
    head.u32(0x02014b50).u16(made_on_unix).u16(version).u16(0).u16(entry.method).u16(0).u16(first_of_1980);
    head.u32(entry.sum).u32(entry.packed_bytes).u32(entry.bytes).u16(entry.name.size());
    head.u16(0).u16(0).u16(0).u16(0).u32(readable_file).u32(entry.offset).text(entry.name);
    if (auto put = file_.append(head.take()); !put) return put;
  }
  Bytes end;
  end.u32(0x06054b50)
      .u16(0)
      .u16(0)
      .u16(entries_.size())
      .u16(entries_.size())
      .u32(file_.bytes() - start)
      .u32(start)
      .u16(0);
  if (auto put = file_.append(end.take()); !put) return put;
  return file_.commit();
}

}  // namespace weir::media
