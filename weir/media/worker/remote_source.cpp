#include "weir/media/worker/remote_source.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/pool.hpp"
#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/message_ring.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/media/source_kinds.hpp"
#include "weir/media/worker/connect_protocol.hpp"
#include "weir/media/worker/packet_intake.hpp"

namespace weir::media {
namespace {

using connect::Heard;
using worker::Message;
using worker::Received;

// A file that is paced says so while it waits: often enough that one word that comes late does not count as silence.
constexpr int beats_before_hang = 4;

// Packets that wait for the reader: so many of the first size; of larger ones fewer.
constexpr std::size_t most_slots = 8, fewest_slots = 2;
constexpr std::size_t usual_pool_bytes = std::size_t{8} << 20;

class RemoteSource final : public Source {
 public:
  RemoteSource(SourceKind kind, Error failure, const SourceOptions& options, const RemoteSourceOptions& remote)
      : kind_(kind),
        failure_(std::move(failure)),
        options_(options),
        remote_(remote),
        beat_(remote.hang_after / beats_before_hang),
        intake_(failure_.owner, options.first_epoch) {}

  ~RemoteSource() override {
    if (process_ == nullptr) return;
    // Its slots may be taken from it only when nothing of it runs.
    process_->end();
    if (lending_) process_->count_revoked(lending_->revoke());
  }

  Result<void> open(const std::string& address, const std::stop_token& stop);

  const StreamInfo& info() const noexcept override { return intake_.info(); }
  SourceKind kind() const noexcept override { return kind_; }

  Result<Read> read(Packet& packet, std::stop_token stop) override {
    if (over_) return *over_;
    for (;;) {
      const Result<Heard> heard = next(stop, reading_limit());
      if (!heard) return tl::unexpected(heard.error());
      if (*heard == Heard::stream) continue;
      if (*heard == Heard::end) return *(over_ = Read::end);
      packet = intake_.packet();
      return Read::packet;
    }
  }

 private:
  // What the source itself allows comes first: then its error is the same as without a worker.
  Nanos opening_limit() const {
    // Twice: for the connection, and for a look at what comes.
    return (kind_ == SourceKind::file ? file_open_timeout : 2 * options_.connect_timeout) + remote_.hang_after;
  }
  Nanos reading_limit() const {
    if (kind_ == SourceKind::file) return remote_.hang_after;
    return options_.stall_timeout > Nanos::zero() ? options_.stall_timeout + remote_.hang_after : Nanos::zero();
  }

  Error error(Code code, const char* text) const {
    Error e = failure_;
    e.code = code;
    e.text = text;
    return e;
  }
  // An error after which there is nothing more to read.
  tl::unexpected<Error> last(Error e) {
    over_ = tl::unexpected(e);
    return tl::unexpected(std::move(e));
  }
  tl::unexpected<Error> ended() {
    return last({Code::closed, "the worker that reads it ended", failure_.owner, process_->end().text});
  }

  Result<void> lend_pool(std::size_t slot_bytes);
  Received wait(Message& message, const std::stop_token& stop, Nanos limit);
  // The next stream, packet or end, within `limit` (0: whenever it comes).
  Result<Heard> next(const std::stop_token& stop, Nanos limit);
  Result<void> grow();
  bool too_many_beats();
  void give_back();

  const SourceKind kind_;
  const Error failure_;  // owner and detail
  const SourceOptions options_;
  const RemoteSourceOptions remote_;
  const Nanos beat_;
  std::unique_ptr<worker::Process> process_;
  std::unique_ptr<Pool> pool_;
  std::optional<worker::Lending> lending_;  // goes before its pool
  std::uint32_t serial_ = 0;
  connect::PacketIntake intake_;
  std::optional<Result<Read>> over_;
  std::int64_t beats_ = 0;  // since it said something else
  Instant beats_since_{};
};

Result<void> RemoteSource::open(const std::string& address, const std::stop_token& stop) {
  FileHandle file;
  if (kind_ == SourceKind::file) {
    Result<FileHandle> opened = open_file_handle(address, options_);
    if (!opened) return tl::unexpected(opened.error());
    file = std::move(*opened);
  }
  const Result<std::vector<std::byte>> job = connect::write_job({address, options_, beat_});
  if (!job) return tl::unexpected(job.error());

  worker::ProcessOptions process;
  process.id = failure_.owner + "/connect";
  process.owner = failure_.owner;
  process.executable = remote_.executable.empty() ? worker::worker_executable("connect") : remote_.executable;
  process.memory_max_bytes = remote_.memory_max_bytes;
  // A host's name is looked up before the sandbox is entered.
  process.start_timeout += options_.connect_timeout;
  const int descriptor = file.descriptor();
  auto started = worker::Process::start(std::move(process), *job,
                                        descriptor < 0 ? std::span<const int>() : std::span(&descriptor, 1), stop);
  if (!started) {
    if (started.error().code == Code::cancelled) return tl::unexpected(error(Code::cancelled, "stopped"));
    Error e = started.error();
    e.owner = failure_.owner;
    return tl::unexpected(std::move(e));
  }
  process_ = std::move(*started);
  if (Result<void> lent = lend_pool(connect::first_slot_bytes); !lent) return lent;
  const Result<Heard> heard = next(stop, opening_limit());
  if (!heard) return tl::unexpected(heard.error());
  return {};
}

Result<void> RemoteSource::lend_pool(std::size_t slot_bytes) {
  // What a connector may still write to a former pool nobody reads any more: its packets were copied out.
  lending_.reset();
  pool_.reset();
  PoolOptions o;
  o.id = failure_.owner + "/packets";
  o.owner = failure_.owner;
  o.slot_bytes = slot_bytes;
  o.capacity = std::clamp(usual_pool_bytes / slot_bytes, fewest_slots, most_slots);
  o.alignment = connect::slot_alignment;
  o.shared = true;
  Result<std::unique_ptr<Pool>> pool = Pool::make(std::move(o));
  if (!pool) return last(pool.error());
  pool_ = std::move(*pool);
  lending_.emplace(*pool_);
  Message message;
  message.type = connect::type::pool;
  message.pool = ++serial_;
  message.put(connect::PoolBody{pool_->slot_bytes()});
  if (Result<void> sent = process_->send_memory(message, *pool_); !sent) {
    return sent.error().code == Code::closed ? ended() : last(sent.error());
  }
  for (std::size_t i = 0; i < pool_->capacity(); ++i) {
    const worker::Loan loan = lending_->lend(pool_->try_acquire(Role::source));
    Message lent;
    lent.type = connect::type::loan;
    lent.pool = serial_;
    lent.slot = loan.slot;
    lent.generation = loan.generation;
    if (!process_->send(lent)) process_->convict("does not read its messages");
  }
  return {};
}

void RemoteSource::give_back() {
  lending_->collect([this](worker::Loan loan) {
    Message message;
    message.type = connect::type::loan;
    message.pool = serial_;
    message.slot = loan.slot;
    message.generation = loan.generation;
    // There are never more loans on their way than slots, and the messages have room for more.
    if (!process_->send(message)) process_->convict("does not read its messages");
  });
}

Received RemoteSource::wait(Message& message, const std::stop_token& stop, Nanos limit) {
  const Instant now = Clock::real().now();
  const Received got = process_->receive(message, now, stop);
  if (got != Received::deadline) return got;
  // Only while somebody waits for it does it owe anything: else it may be waiting for a slot.
  process_->expect_until(limit > Nanos::zero() ? now + limit : never);
  const Received later = process_->receive(message, never, stop);
  process_->expect_until(never);
  return later;
}

Result<Heard> RemoteSource::next(const std::stop_token& stop, Nanos limit) {
  for (;;) {
    if (stop.stop_requested()) return tl::unexpected(error(Code::cancelled, "stopped"));
    Message message;
    switch (wait(message, stop, limit)) {
      case Received::message: break;
      case Received::ended: return ended();
      case Received::stopped:
      case Received::deadline: continue;
    }
    const Result<Heard> heard = intake_.hear(message, serial_, *lending_);
    if (!heard) return last(heard.error());
    give_back();
    if (*heard != Heard::alive) beats_ = 0;
    switch (*heard) {
      case Heard::stream:
      case Heard::packet:
      case Heard::end: return *heard;
      case Heard::larger:
        if (const Result<void> grown = grow(); !grown) return tl::unexpected(grown.error());
        break;
      case Heard::alive:
        if (too_many_beats()) {
          process_->convict("says that it is alive, and nothing else");
          return ended();
        }
        break;
      case Heard::failed: return last(intake_.error());
      case Heard::lie: process_->convict(intake_.lie()); return ended();
    }
  }
}

Result<void> RemoteSource::grow() {
  const std::size_t wanted = intake_.wanted_bytes();
  if (wanted <= pool_->slot_bytes()) {
    process_->convict("wants larger slots than it needs");
    return ended();
  }
  if (wanted > remote_.packet_max_bytes) {
    Error e = error(Code::exhausted, "a packet is larger than any may be");
    e.detail = std::to_string(wanted) + " bytes";
    return last(std::move(e));
  }
  return lend_pool(std::bit_ceil(wanted));
}

// They come as often as was agreed, or in a bunch when nobody has listened for long.
bool RemoteSource::too_many_beats() {
  const Instant now = Clock::real().now();
  if (beats_++ == 0) beats_since_ = now;
  constexpr std::int64_t bunch = 2 * worker::RingMemory::capacity;
  return beats_ > bunch + 4 * ((now - beats_since_) / beat_);
}

// Who an error is about, as open_source() says it.
Error failure_of(std::string_view address, SourceKind kind, const SourceOptions& options) {
  const std::string shown = kind == SourceKind::file
                                ? std::string(address.substr(address.starts_with("file://") ? 7 : 0))
                                : redacted(address);
  Error failure;
  failure.owner = options.owner.empty() ? shown : options.owner;
  if (failure.owner != shown) failure.detail = shown;
  return failure;
}

}  // namespace

Result<std::unique_ptr<Source>> open_remote_source(std::string_view address, const SourceOptions& options,
                                                   const RemoteSourceOptions& remote, std::stop_token stop) {
  const Result<SourceKind> kind = source_kind(address);
  if (!kind) return tl::unexpected(kind.error());
  if (*kind == SourceKind::demo || *kind == SourceKind::device) return open_source(address, options, std::move(stop));
  const Error failure = failure_of(address, *kind, options);
  if (options.clock != &Clock::real()) {
    return fail(Code::unsupported, "a worker is paced by the real clock alone", failure.owner);
  }
  auto source = std::make_unique<RemoteSource>(*kind, failure, options, remote);
  if (const Result<void> opened = source->open(std::string(address), stop); !opened) {
    return tl::unexpected(opened.error());
  }
  return source;
}

}  // namespace weir::media
