#include "weir/media/worker/remote_decoder.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "weir/core/log.hpp"
#include "weir/media/decoder.hpp"
#include "weir/media/stream_bytes.hpp"

namespace weir::media {
namespace {

using decode::Type;

constexpr std::size_t first_packet_slot_bytes = std::size_t{256} << 10;
// More than the library has in its longest queues comes out of no packet, and no worker wants so many pools for one.
constexpr int max_messages_for_one = 1024;
// What is set aside for the stack of a codec's thread counts as its memory, used or not.
constexpr std::size_t thread_stack_bytes = std::size_t{9} << 20;
constexpr Nanos patience_after_stop = std::chrono::seconds(2);
// Far above what anybody decodes; sums of counters stay within 64 bits.
constexpr std::uint64_t max_count = std::uint64_t{1} << 48;

RemoteDecoderOptions completed(RemoteDecoderOptions remote, const std::string& owner) {
  if (remote.executable.empty()) remote.executable = worker::worker_executable("decode");
  if (remote.id.empty()) remote.id = owner + "/decode";
  return remote;
}

constexpr const char* no_device = "decoupled: the box has no device";

}  // namespace

RemoteDecoder::RemoteDecoder(DecoderOptions options, RemoteDecoderOptions remote, std::string codec)
    : options_(std::move(options)),
      remote_(completed(std::move(remote), options_.owner)),
      codec_(std::move(codec)),
      frames_({options_.pool_id, options_.owner, options_.downstream_slots, options_.camera_max_bytes}) {
  report_.codec = codec_;
  report_.hwaccel = {options_.hwaccel, HwAccel::none, ""};
  if (options_.hwaccel == HwAccel::automatic) report_.hwaccel.why = no_device;
}

RemoteDecoder::~RemoteDecoder() { end_worker(); }

Result<std::unique_ptr<RemoteDecoder>> RemoteDecoder::open(const StreamInfo& stream, DecoderOptions options,
                                                           RemoteDecoderOptions remote, const std::stop_token& stop) {
  if (Result<void> good = Decoder::check(stream, options); !good) return tl::unexpected(good.error());
  if (options.hwaccel == HwAccel::automatic) {
    log(Level::info, options.owner, std::string("decode.hwaccel = auto: software (") + no_device + ")");
  } else if (options.hwaccel != HwAccel::none) {
    return fail(Code::unsupported, "decode.hwaccel: no device; auto goes on without", options.owner, no_device);
  }
  Result<std::vector<std::byte>> description = write_stream(stream);
  if (!description) return tl::unexpected(description.error());
  const std::vector<std::byte> job = decode::write_job(
      {static_cast<std::uint32_t>(options.threads), options.downstream_slots, options.owner, *description});

  std::unique_ptr<RemoteDecoder> decoder(new RemoteDecoder(std::move(options), std::move(remote), stream.codec));
  RemoteDecoder& d = *decoder;
  d.stop_ = stop;
  d.newest_epoch_ = stream.epoch;
  worker::ProcessOptions process;
  process.id = d.remote_.id;
  process.owner = d.options_.owner;
  process.executable = d.remote_.executable;
  process.memory_max_bytes =
      d.remote_.memory_max_bytes + static_cast<std::size_t>(d.options_.threads) * thread_stack_bytes;
  auto started = worker::Process::start(std::move(process), job, {}, stop);
  if (!started) return tl::unexpected(started.error());
  d.process_ = std::move(*started);
  // It says so when the codec is open, or why it is not.
  const auto no_frames = [](void*, Frame&&) {};
  if (Result<void> opened = d.await_done({nullptr, no_frames}); !opened) return tl::unexpected(opened.error());
  return decoder;
}

Result<void> RemoteDecoder::decode_to(const Packet& packet, SinkRef sink) {
  if (process_->ended()) return ended();
  if (error_) return tl::unexpected(*error_);
  if (Result<void> given = give_back(); !given) return given;
  const std::size_t needed = decode::packet_bytes(packet);
  if (packets_.pool == nullptr || packets_.pool->slot_bytes() < needed) {
    if (Result<void> made = make_packet_slot(needed); !made) return made;
  }
  {
    std::lock_guard lock(report_mutex_);
    ++report_.packets;
  }
  newest_epoch_ = std::max(newest_epoch_, packet.epoch);
  Lease lease = packets_.pool->try_acquire(Role::source);
  worker::Message message;
  message.type = Type::packet;
  message.sequence = ++sequence_;
  message.put(decode::write_packet(packet, lease.bytes()));
  const worker::Loan loan = packets_.lending->lend(std::move(lease));
  message.slot = loan.slot, message.generation = loan.generation;
  if (Result<void> sent = send(message); !sent) return sent;
  return await_done(sink);
}

Result<void> RemoteDecoder::flush_to(SinkRef sink) {
  if (process_->ended()) return ended();
  if (error_) return tl::unexpected(*error_);
  if (Result<void> given = give_back(); !given) return given;
  worker::Message message;
  message.type = Type::flush;
  message.sequence = ++sequence_;
  if (Result<void> sent = send(message); !sent) return sent;
  return await_done(sink);
}

// The former slot is free: the worker is done with every packet before the next one comes.
Result<void> RemoteDecoder::make_packet_slot(std::size_t bytes) {
  PoolOptions o;
  o.id = options_.pool_id + "/packets";
  o.owner = options_.owner;
  o.slot_bytes = std::bit_ceil(std::max(bytes, first_packet_slot_bytes));
  o.capacity = 1;
  o.shared = true;
  const std::size_t frames = frames_.bytes();
  if (frames > options_.camera_max_bytes || o.slot_bytes > options_.camera_max_bytes - frames) {
    error_ =
        Error{Code::exhausted, "a packet needs more memory than memory.camera_max leaves; raise it", options_.owner,
              std::to_string(bytes) + " bytes, frames take " + std::to_string(frames) + " of " +
                  std::to_string(options_.camera_max_bytes)};
    return tl::unexpected(*error_);
  }
  Result<std::unique_ptr<Pool>> pool = Pool::make(std::move(o));
  if (!pool) return tl::unexpected(*(error_ = pool.error()));
  packets_.lending.reset();
  packets_.pool = std::move(*pool);
  packets_.lending.emplace(*packets_.pool);
  worker::Message message;
  message.type = Type::packet_pool;
  message.put(decode::PoolBody{packets_.pool->slot_bytes(), 1});
  if (Result<void> sent = process_->send_memory(message, *packets_.pool); !sent) {
    if (process_->ended()) return ended();
    return tl::unexpected(*(error_ = sent.error()));
  }
  return {};
}

Result<void> RemoteDecoder::send(const worker::Message& message) {
  if (process_->send(message)) return {};
  // Nothing that is sent here fills the ring of a worker that reads.
  if (!process_->ended()) process_->convict("it does not read its messages");
  return ended();
}

Result<void> RemoteDecoder::await_done(SinkRef sink) {
  worker::Message message;
  for (int messages = 0; messages < max_messages_for_one; ++messages) {
    if (!next(message)) return ended();
    const Result<bool> done = handle(message, sink);
    if (!done) return tl::unexpected(done.error());
    if (*done && error_) return tl::unexpected(*error_);
    if (*done) return {};
    if (Result<void> given = give_back(); !given) return given;
  }
  return lie({Code::corrupt, "it does not come to an end with a packet"});
}

// Owes a sign of life while it is waited for, and not while the consumers keep us from reading.
bool RemoteDecoder::next(worker::Message& message) {
  for (;;) {
    Instant deadline = Clock::real().now() + remote_.hang_after;
    if (last_wait_) deadline = std::min(deadline, *last_wait_);
    process_->expect_until(deadline);
    const worker::Received received = process_->receive(message, never, last_wait_ ? std::stop_token{} : stop_);
    process_->expect_until(never);
    switch (received) {
      case worker::Received::message: return true;
      case worker::Received::ended: return false;
      case worker::Received::deadline: break;
      case worker::Received::stopped: last_wait_ = Clock::real().now() + patience_after_stop; break;
    }
  }
}

Result<bool> RemoteDecoder::handle(const worker::Message& message, SinkRef sink) {
  switch (message.type) {
    case Type::frame: {
      if (message.sequence != sequence_) return lie({Code::corrupt, "it gave a frame out of turn"});
      Result<Frame> frame = frames_.take(message, newest_epoch_);
      if (!frame) return lie(frame.error());
      frame->number = number_++;
      {
        std::lock_guard lock(report_mutex_);
        ++report_.frames;
      }
      sink.give(sink.object, std::move(*frame));
      return false;
    }
    case Type::want_pool: {
      if (Result<void> made = make_frame_pool(message); !made) return tl::unexpected(made.error());
      return false;
    }
    case Type::drop_pool: {
      if (Result<void> dropped = frames_.drop(message); !dropped) return lie(dropped.error());
      return false;
    }
    case Type::error: {
      // Our own reason is the better one: it has the figures.
      if (!error_) error_ = decode::to_error(message.get<decode::ErrorBody>(), options_.owner);
      return false;
    }
    case Type::done: return deal_with_done(message);
    default: return lie({Code::corrupt, "it sent a message that does not exist"});
  }
}

Result<void> RemoteDecoder::make_frame_pool(const worker::Message& wanted) {
  const std::size_t packet_bytes = packets_.pool == nullptr ? 0 : packets_.pool->slot_bytes();
  const Result<decode::LentFrames::Made> made = frames_.make(wanted, packet_bytes);
  worker::Message answer;
  if (!made) {
    if (made.error().code == Code::corrupt) return lie(made.error());
    error_ = made.error();
    answer.type = Type::no_frame_pool;
    return send(answer);
  }
  answer.type = Type::frame_pool;
  answer.pool = made->serial;
  answer.put(decode::PoolBody{made->pool->slot_bytes(), made->pool->capacity()});
  if (Result<void> sent = process_->send_memory(answer, *made->pool); !sent) {
    if (process_->ended()) return ended();
    return tl::unexpected(*(error_ = sent.error()));
  }
  return {};
}

Result<bool> RemoteDecoder::deal_with_done(const worker::Message& message) {
  if (message.sequence != sequence_) return lie({Code::corrupt, "it is done with what it does not have"});
  if (packets_.lending && packets_.lending->lent() > 0) {
    if (Result<void> back = packets_.lending->take_back({message.slot, message.generation}); !back) {
      return lie(back.error());
    }
  }
  const auto body = message.get<decode::DoneBody>();
  const decode::LentFramesReport frames = frames_.report();
  const auto count = [](std::uint64_t n) { return std::min(n, max_count); };
  std::lock_guard lock(report_mutex_);
  report_.into_leases = count(body.into_leases), report_.copied = count(body.copied);
  report_.errors = count(body.errors), report_.damaged = count(body.damaged), report_.gated = count(body.gated);
  report_.lost = count(body.lost), report_.rule_short = count(body.rule_short);
  report_.formats = frames.pools_made, report_.slots = frames.slots, report_.slot_bytes = frames.slot_bytes;
  report_.hold = frames.hold;
  report_.bytes = frames.bytes + (packets_.pool == nullptr ? 0 : packets_.pool->slot_bytes());
  return true;
}

// Many at a time: what readers let go of between two packets is one message.
Result<void> RemoteDecoder::give_back() {
  worker::Message message;
  message.type = Type::give_back;
  decode::BackBody body;
  bool good = true;
  const auto post = [&] {
    if (body.count == 0) return;
    message.put(body);
    good = good && process_->send(message);
    body.count = 0;
  };
  frames_.collect([&](std::uint32_t serial, worker::Loan loan) {
    if (message.pool != serial || body.count == decode::BackBody::most) post();
    message.pool = serial;
    body.loans[body.count++] = loan;
  });
  post();
  if (good) return {};
  if (!process_->ended()) process_->convict("it does not read its messages");
  return ended();
}

tl::unexpected<Error> RemoteDecoder::lie(const Error& what) {
  process_->convict(what.message());
  return ended();
}

tl::unexpected<Error> RemoteDecoder::ended() {
  end_worker();
  return fail(Code::closed, "its decoder ended", options_.owner, process_->end().text);
}

// Only the dead give everything back: a worker that still runs may write to any slot that it was lent.
void RemoteDecoder::end_worker() {
  if (process_ == nullptr || std::exchange(revoked_, true)) return;
  process_->end();
  process_->count_revoked(frames_.revoke() + (packets_.lending ? packets_.lending->revoke() : 0));
}

Result<void> RemoteDecoder::check_any() const {
  std::lock_guard lock(report_mutex_);
  if (report_.frames > 0 || report_.packets == 0) return {};
  return fail(Code::corrupt, "not one picture in it can be decoded; it is broken or encrypted", options_.owner, codec_);
}

Result<void> RemoteDecoder::close(Clock& clock, Instant deadline) {
  end_worker();
  return frames_.close(clock, deadline);
}

DecoderReport RemoteDecoder::report() const {
  std::lock_guard lock(report_mutex_);
  return report_;
}

}  // namespace weir::media
