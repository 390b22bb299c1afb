#include "weir/media/worker/decode_server.hpp"

extern "C" {
#include <libavutil/cpu.h>
}

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "weir/media/av.hpp"
#include "weir/media/stream_bytes.hpp"

namespace weir::media::decode {
namespace {

// The codec's allocations fail like any others, and the library goes on as if a packet were broken. If not even this
// much is left, the limit is why.
void end_if_out_of_memory() noexcept {
  constexpr std::size_t probe_bytes = std::size_t{32} << 20;
  void* probe = ::mmap(nullptr, probe_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED) worker::out_of_memory();
  ::munmap(probe, probe_bytes);
}

// What libraries look up in files at first use, while there are files.
void warm_up() {
  ::tzset();
  silence_libraries();
  av_cpu_count();
}

}  // namespace

int DecodeServer::run() {
  warm_up();
  if (Result<void> boxed = child_.enter_sandbox({}); !boxed) {
    std::fprintf(stderr, "weir-worker-decode: %s\n", boxed.error().line().c_str());
    return 1;
  }
  const Result<Job> job = parse_job(child_.job());
  if (!job) {
    std::fprintf(stderr, "weir-worker-decode: %s\n", job.error().line().c_str());
    return 2;
  }
  DecoderOptions options;
  options.threads = static_cast<int>(job->threads);
  options.downstream_slots = job->downstream_slots + slots_on_their_way;
  options.camera_max_bytes = SIZE_MAX;  // the parent makes the pools, and decides
  options.pool_id = options.owner = job->owner;
  Result<StreamInfo> stream = parse_stream(job->stream);
  Result<std::unique_ptr<Decoder>> decoder =
      stream ? Decoder::open(*stream, std::move(options), this) : tl::unexpected(stream.error());
  if (!decoder) say_error(decoder.error());
  say_done({}, decoder ? (*decoder)->report() : DecoderReport{});
  if (!decoder) {
    // The parent has the reason now, and ends us.
    MappedMessage unused;
    while (next(work_, unused)) continue;
    return 0;
  }
  serve(**decoder);
  {
    // Nobody's consumers are our concern any more; the codec's own buffers go with it.
    std::lock_guard lock(lent_mutex_);
    lent_.clear();
  }
  return 0;
}

void DecodeServer::serve(Decoder& decoder) {
  MappedMessage received;
  while (next(work_, received)) {
    if (received.message.type == Type::packet_pool) {
      std::lock_guard lock(mapping_mutex_);
      if (!packets_.empty()) child_.unmap(packets_);
      packets_ = received.memory;
    } else {
      work(decoder, received.message);
    }
  }
}

void DecodeServer::work(Decoder& decoder, const worker::Message& message) {
  sequence_ = message.sequence;
  auto sink = [this](Frame&& frame) { give(std::move(frame)); };
  Result<void> result;
  if (message.type == Type::packet) {
    Av<AVPacket> native(av_packet_alloc());
    Packet packet;
    if (native == nullptr) worker::out_of_memory();
    result = read_packet(message.get<PacketBody>(), packets_, *native, packet);
    if (result) result = decoder.decode(packet, sink);
  } else {
    result = decoder.flush(sink);
  }
  if (!result) say_error(result.error());
  const DecoderReport report = decoder.report();
  if (report.errors > std::exchange(errors_, report.errors)) end_if_out_of_memory();
  say_done(message, report);
}

void DecodeServer::say_error(const Error& error) {
  worker::Message message;
  message.type = Type::error;
  message.sequence = sequence_;
  message.put(to_body(error));
  child_.send(message);
}

void DecodeServer::say_done(const worker::Message& about, const DecoderReport& report) {
  worker::Message message;
  message.type = Type::done;
  message.sequence = sequence_;
  message.slot = about.slot, message.generation = about.generation;
  DoneBody body;
  body.into_leases = report.into_leases, body.copied = report.copied, body.errors = report.errors;
  body.damaged = report.damaged, body.gated = report.gated, body.rule_short = report.rule_short;
  {
    std::lock_guard lock(lent_mutex_);
    body.lost = report.lost + lost_;
  }
  message.put(body);
  child_.send(message);
}

// Several threads of a codec and the one that works may wait at once, each for its own kind of message.
bool DecodeServer::next(Box& box, MappedMessage& out) {
  std::unique_lock lock(inbox_mutex_);
  while (box.empty() && !gone_) {
    if (receiving_) {
      inbox_changed_.wait(lock);
      continue;
    }
    receiving_ = true;
    lock.unlock();
    MappedMessage received;
    const bool good = child_.receive(received.message);
    const auto type = received.message.type;
    if (good && (type == Type::frame_pool || type == Type::packet_pool)) {
      std::lock_guard mapping(mapping_mutex_);
      const Result<std::span<std::byte>> memory = child_.map();
      if (memory) received.memory = *memory;
    }
    lock.lock();
    receiving_ = false;
    gone_ = !good;
    if (good) sort(received);
    inbox_changed_.notify_all();
  }
  if (box.empty()) return false;
  out = box.front();
  box.pop_front();
  return true;
}

void DecodeServer::sort(MappedMessage received) {
  switch (received.message.type) {
    case Type::give_back: take_back(received.message); break;
    case Type::frame_pool:
    case Type::no_frame_pool: pool_answers_.push_back(received); break;
    default: work_.push_back(received);
  }
}

void DecodeServer::take_back(const worker::Message& message) {
  const auto body = message.get<BackBody>();
  std::lock_guard lock(lent_mutex_);
  for (Lent& lent : lent_) {
    if (lent.serial != message.pool) continue;
    for (std::size_t i = 0; i < std::min<std::size_t>(body.count, BackBody::most); ++i) {
      Away& away = lent.slots[body.loans[i].slot];
      away.lease.release();
      away.generation = body.loans[i].generation;
    }
  }
}

DecodeServer::Lent* DecodeServer::find(const Pool& pool) {
  const auto it = std::find_if(lent_.begin(), lent_.end(), [&pool](const Lent& l) { return l.pool == &pool; });
  WEIR_CHECK(it != lent_.end(), "a frame lies in no pool of the parent's");
  return &*it;
}

void DecodeServer::give(Frame&& frame) {
  std::lock_guard lock(lent_mutex_);
  Lent& lent = *find(frame.lease.pool());
  if (lent.slots[frame.lease.handle().index].lease) {
    // A codec may show one buffer twice. The parent knows each slot once, so the second showing gets one of its own.
    Lease copy = frame.lease.pool().try_acquire(Role::engine);
    if (!copy) {
      ++lost_;
      return;
    }
    const std::span<std::byte> from = frame.lease.bytes(), to = copy.bytes();
    std::memcpy(to.data(), from.data(), from.size());
    for (const std::uint8_t*& data : frame.data) {
      if (data == nullptr) continue;
      data = reinterpret_cast<const std::uint8_t*>(to.data()) +
             (data - reinterpret_cast<const std::uint8_t*>(from.data()));
    }
    frame.lease = std::move(copy);
  }
  FrameBody body;
  body.pts_us = frame.pts_us, body.capture_us = frame.capture_us, body.epoch = frame.epoch;
  body.width = frame.width, body.height = frame.height, body.format = frame.format;
  body.key = frame.key, body.full_range = frame.full_range;
  const auto* base = reinterpret_cast<const std::uint8_t*>(frame.lease.bytes().data());
  for (std::size_t p = 0; p < frame.data.size(); ++p) {
    if (frame.data[p] == nullptr) continue;
    body.planes |= 1U << p;
    body.offset[p] = static_cast<std::uint64_t>(frame.data[p] - base);
    body.stride[p] = frame.stride[p];
  }
  worker::Message message;
  message.type = Type::frame;
  message.sequence = sequence_;
  message.pool = lent.serial;
  message.slot = frame.lease.handle().index;
  Away& away = lent.slots[message.slot];
  message.generation = away.generation;
  message.put(body);
  // Ours until the parent gives it back, also while the codec looks at it as a reference.
  away.lease = std::move(frame.lease);
  child_.send(message);
}

Result<std::unique_ptr<Pool>> DecodeServer::make(PoolOptions options) {
  worker::Message wanted;
  wanted.type = Type::want_pool;
  wanted.put(PoolBody{options.slot_bytes, options.capacity});
  child_.send(wanted);
  MappedMessage answer;
  if (!next(pool_answers_, answer)) return fail(Code::closed, "the parent is gone");
  if (answer.message.type != Type::frame_pool || answer.memory.empty()) {
    return fail(Code::exhausted, "no memory for the pool: lower the number of cameras or their size");
  }
  const std::size_t capacity = options.capacity;
  options.memory = answer.memory;
  Result<std::unique_ptr<Pool>> pool = Pool::make(std::move(options));
  if (!pool) return pool;
  std::lock_guard lock(lent_mutex_);
  lent_.push_back({answer.message.pool, pool->get(), answer.memory, std::vector<Away>(capacity)});
  return pool;
}

void DecodeServer::drop(std::unique_ptr<Pool> pool) {
  worker::Message message;
  message.type = Type::drop_pool;
  std::span<std::byte> memory;
  {
    std::lock_guard lock(lent_mutex_);
    const Lent* lent = find(*pool);
    message.pool = lent->serial;
    memory = lent->memory;
    lent_.erase(lent_.begin() + (lent - lent_.data()));
  }
  pool.reset();
  {
    std::lock_guard lock(mapping_mutex_);
    child_.unmap(memory);
  }
  child_.send(message);
}

}  // namespace weir::media::decode
