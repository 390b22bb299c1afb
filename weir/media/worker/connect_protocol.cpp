#include "weir/media/worker/connect_protocol.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string_view>

namespace weir::media::connect {
namespace {

constexpr std::uint32_t job_word = 0x57434a31;  // "WCJ1"
constexpr std::size_t max_address = std::size_t{32} << 10;

struct JobHead {
  std::uint32_t magic = job_word;
  std::uint32_t address_bytes = 0, owner_bytes = 0;
  std::uint32_t first_epoch = 1;
  std::int64_t connect_ns = 0, stall_ns = 0, beat_ns = 0;
  std::int64_t first_pts_us = 0;
  std::uint64_t loop = 0, fast = 0, udp = 0;
};

// Error::text is static, and the worker's is in another process. Those that came are kept for good: there are as many
// as there are literals in the sources. A worker that makes some up fills its owner's share, and then only its errors
// read worse.
const char* kept_for_good(const std::string& text, const std::string& owner) {
  constexpr int most = 32;
  static std::mutex mutex;
  static std::set<std::string> texts;
  static std::map<std::string, int> brought;  // by each owner
  const std::lock_guard lock(mutex);
  const auto known = texts.find(text);
  if (known != texts.end()) return known->c_str();
  int& its = brought[owner];
  if (its == most) return nullptr;
  ++its;
  return texts.insert(text).first->c_str();
}

// Names of files may be UTF-8, so that all but control characters stay.
std::string printable(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    const auto c = static_cast<unsigned char>(byte);
    text += c >= 0x20 && c != 0x7f ? static_cast<char>(c) : '?';
  }
  return text;
}

std::uint32_t copy_words(std::string_view words, std::span<std::byte> to) noexcept {
  const std::size_t bytes = std::min(words.size(), max_words);
  if (bytes > 0) std::memcpy(to.data(), words.data(), bytes);
  return static_cast<std::uint32_t>(bytes);
}

}  // namespace

Result<std::vector<std::byte>> write_job(const Job& job) {
  const SourceOptions& o = job.options;
  if (job.address.size() + o.owner.size() > max_address) {
    return fail(Code::invalid, "the address is longer than 32 KiB; give one that is not", o.owner);
  }
  JobHead head;
  head.address_bytes = static_cast<std::uint32_t>(job.address.size());
  head.owner_bytes = static_cast<std::uint32_t>(o.owner.size());
  head.first_epoch = o.first_epoch;
  head.connect_ns = o.connect_timeout.count();
  head.stall_ns = o.stall_timeout.count();
  head.beat_ns = job.beat.count();
  head.first_pts_us = o.first_pts_us;
  head.loop = o.loop ? 1 : 0;
  head.fast = o.fast ? 1 : 0;
  head.udp = o.transport == Transport::udp ? 1 : 0;
  std::vector<std::byte> bytes(sizeof head);
  std::memcpy(bytes.data(), &head, sizeof head);
  const auto add = [&bytes](const std::string& text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    bytes.insert(bytes.end(), begin, begin + text.size());
  };
  add(job.address);
  add(o.owner);
  return bytes;
}

Result<Job> parse_job(std::span<const std::byte> bytes) {
  JobHead head;
  if (bytes.size() < sizeof head) return fail(Code::corrupt, "not the job of a connector");
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.magic != job_word || bytes.size() != sizeof head + head.address_bytes + std::size_t{head.owner_bytes}) {
    return fail(Code::corrupt, "not the job of a connector");
  }
  const auto* text = reinterpret_cast<const char*>(bytes.data() + sizeof head);
  Job job;
  job.address.assign(text, head.address_bytes);
  job.beat = Nanos(head.beat_ns);
  job.options.owner.assign(text + head.address_bytes, head.owner_bytes);
  job.options.loop = head.loop != 0;
  job.options.fast = head.fast != 0;
  job.options.transport = head.udp != 0 ? Transport::udp : Transport::tcp;
  job.options.connect_timeout = Nanos(head.connect_ns);
  job.options.stall_timeout = Nanos(head.stall_ns);
  job.options.first_pts_us = head.first_pts_us;
  job.options.first_epoch = head.first_epoch;
  return job;
}

FailedBody write_error(const Error& error, std::span<std::byte> slot) noexcept {
  FailedBody body;
  body.code = static_cast<std::uint32_t>(error.code);
  body.text_bytes = copy_words(error.text, slot);
  body.detail_bytes = copy_words(error.detail, slot.subspan(body.text_bytes));
  return body;
}

Result<Error> read_error(const FailedBody& body, std::span<const std::byte> slot, const std::string& owner) {
  if (body.code > static_cast<std::uint32_t>(Code::failed) || body.text_bytes > max_words ||
      body.detail_bytes > max_words || body.text_bytes + body.detail_bytes > slot.size()) {
    return fail(Code::corrupt, "an error that makes no sense");
  }
  Error error;
  error.code = static_cast<Code>(body.code);
  error.owner = owner;
  const std::string text = printable(slot.first(body.text_bytes));
  error.detail = printable(slot.subspan(body.text_bytes, body.detail_bytes));
  if (const char* kept = kept_for_good(text, owner)) {
    error.text = kept;
  } else {
    error.text = "it cannot be read";
    error.detail = text + (error.detail.empty() ? "" : ": " + error.detail);
  }
  return error;
}

}  // namespace weir::media::connect
