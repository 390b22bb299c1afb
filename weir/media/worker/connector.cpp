#include "weir/media/worker/connector.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "weir/media/source.hpp"
#include "weir/media/source_kinds.hpp"
#include "weir/media/stream_bytes.hpp"
#include "weir/media/worker/connect_protocol.hpp"
#include "weir/media/worker/decode_protocol.hpp"
#include "weir/media/worker/lent_slots.hpp"

namespace weir::media {
namespace {

using connect::LentSlots;

// The real clock. While something waits on it the parent hears that nothing is wrong.
class BeatingClock final : public Clock {
 public:
  BeatingClock(worker::Child& child, Nanos beat) : child_(child), beat_(beat) {}

  Instant now() const noexcept override { return real().now(); }
  void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Instant deadline) noexcept override {
    const Instant beat = now() + beat_;
    real().wait(word, expected, std::min(deadline, beat));
    if (deadline <= beat || now() < beat) return;
    worker::Message message;
    message.type = connect::type::alive;
    // When the parent is gone the wait is stopped, too.
    child_.send(message);
  }

 private:
  worker::Child& child_;
  Nanos beat_;
};

// Reads the source and tells the parent, on a thread of its own: the other one hears what the parent says.
class Reading {
 public:
  Reading(worker::Child& child, LentSlots& slots, connect::Job job, FileHandle file)
      : child_(child),
        slots_(slots),
        job_(std::move(job)),
        is_file_(file.descriptor() >= 0),
        file_(std::move(file)),
        clock_(child, job_.beat) {
    // Only a file that is paced waits for a long time and for good reason.
    if (is_file_ && !job_.options.fast) job_.options.clock = &clock_;
  }

  void run(const std::stop_token& stop) {
    auto source = is_file_ ? open_file(std::move(file_), job_.address, job_.options, stop)
                           : open_rtsp(job_.address, job_.options, stop);
    if (!source) return tell(source.error(), stop);
    if (!describe((*source)->info(), stop)) return;
    Packet packet;
    for (;;) {
      const Result<Read> read = (*source)->read(packet, stop);
      if (!read) return tell(read.error(), stop);
      if (*read == Read::end) {
        worker::Message message;
        message.type = connect::type::end;
        child_.send(message);
        return;
      }
      const bool may_differ = !any_ || packet.epoch != told_epoch_;
      any_ = true;
      if (may_differ && !describe((*source)->info(), stop)) return;
      if (!give(packet, stop)) return;
    }
  }

 private:
  // A new description, if it is one. False: there is nobody to tell, or it cannot be told.
  bool describe(const StreamInfo& info, const std::stop_token& stop) {
    Result<std::vector<std::byte>> bytes = write_stream(info);
    if (!bytes) {
      tell(bytes.error(), stop);
      return false;
    }
    told_epoch_ = info.epoch;
    if (*bytes == told_) return true;
    const auto slot = slots_.wait_for(bytes->size(), stop);
    if (!slot) return false;
    std::memcpy(slot->bytes.data(), bytes->data(), bytes->size());
    worker::Message message;
    message.type = connect::type::stream;
    message.put(connect::StreamBody{static_cast<std::uint32_t>(bytes->size())});
    told_ = std::move(*bytes);
    return slots_.say(*slot, message);
  }

  bool give(const Packet& packet, const std::stop_token& stop) {
    const auto slot = slots_.wait_for(decode::packet_bytes(packet), stop);
    if (!slot) return false;
    worker::Message message;
    message.type = connect::type::packet;
    message.put(decode::write_packet(packet, slot->bytes));
    return slots_.say(*slot, message);
  }

  void tell(const Error& error, const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    // In this process only its own limit can be reached, and the parent knows that one by another name.
    if (error.code == Code::exhausted) worker::out_of_memory();
    const auto slot = slots_.wait_for(2 * connect::max_words, stop);
    if (!slot) return;
    worker::Message message;
    message.type = connect::type::failed;
    message.put(connect::write_error(error, slot->bytes));
    slots_.say(*slot, message);
  }

  worker::Child& child_;
  LentSlots& slots_;
  connect::Job job_;
  const bool is_file_;
  FileHandle file_;
  BeatingClock clock_;
  std::vector<std::byte> told_;
  std::uint32_t told_epoch_ = 0;
  bool any_ = false;
};

// As libavformat takes an address apart.
std::string host_of(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view authority = address.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

}  // namespace

int run_connector(worker::Child& child, void (*look_up)(const std::string& host)) {
  Result<connect::Job> job = connect::parse_job(child.job());
  FileHandle file(child.descriptors().empty() ? -1 : child.descriptors()[0]);
  if (!job) return 1;
  const bool network = file.descriptor() < 0;
  // The C library finds out what a name stands for with the help of files and of libraries that it loads for that: it
  // cannot be done in the sandbox. A name is not the camera's word but the user's.
  if (network) look_up(host_of(job->address));
  if (!child.enter_sandbox({.network = network})) return 1;

  LentSlots slots(child);
  Reading reading(child, slots, std::move(*job), std::move(file));
  std::jthread reader([&reading](const std::stop_token& stop) { reading.run(stop); });
  worker::Message message;
  while (child.receive(message)) {
    if (!slots.take(message)) return 1;
  }
  return 0;
}

}  // namespace weir::media
