// What a connector may say, to its parent's ear: any messages about any slots with anything in them.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

#include "weir/core/pool.hpp"
#include "weir/core/worker/lending.hpp"
#include "weir/media/worker/packet_intake.hpp"

using namespace weir;
using namespace weir::media;

namespace {

constexpr std::uint32_t serial = 1;

std::unique_ptr<Pool> make_pool() {
  PoolOptions o;
  o.id = "fuzz";
  o.slot_bytes = 4096;
  o.capacity = 2;
  return std::move(*Pool::make(std::move(o)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<Pool> pool = make_pool();
  std::span<const std::byte> rest(reinterpret_cast<const std::byte*>(data), size);
  worker::Lending lending(*pool);
  worker::Loan loans[2];
  std::span<std::byte> slots[2];
  for (int i = 0; i < 2; ++i) {
    Lease lease = pool->try_acquire(Role::source);
    const std::span<std::byte> bytes = lease.bytes();
    const worker::Loan loan = lending.lend(std::move(lease));
    loans[loan.slot] = loan;
    slots[loan.slot] = bytes;
  }
  connect::PacketIntake intake("fuzz", 1);
  // Each: how much of the slot is filled (2 bytes), which slot and whether the loan is right (1), the message's body
  // and type, and the slot's content.
  constexpr std::size_t head_bytes = 2 + 1 + 1 + sizeof(worker::Message::body);
  while (rest.size() >= head_bytes) {
    std::uint16_t filled = 0;
    std::memcpy(&filled, rest.data(), 2);
    const auto how = static_cast<std::uint8_t>(rest[2]);
    worker::Message message;
    message.type = worker::first_job_type + static_cast<std::uint8_t>(rest[3]) % 9;
    std::memcpy(message.body.data(), rest.data() + 4, sizeof message.body);
    rest = rest.subspan(head_bytes);
    const std::size_t slot = how & 1;
    message.pool = serial + ((how & 2) != 0 ? 1 : 0);
    message.slot = loans[slot].slot + ((how & 4) != 0 ? 1 : 0);
    message.generation = loans[slot].generation + ((how & 8) != 0 ? 1 : 0);
    const std::size_t bytes = std::min({std::size_t{filled}, rest.size(), slots[slot].size()});
    if (bytes > 0) std::memcpy(slots[slot].data(), rest.data(), bytes);
    rest = rest.subspan(bytes);
    const Result<connect::Heard> heard = intake.hear(message, serial, lending);
    if (heard && *heard == connect::Heard::packet) {
      // What everybody does with a packet.
      const Packet& packet = intake.packet();
      static_cast<void>(intake.info().units.annexb_bytes(packet.bytes, packet.key));
      if (packet.native->size != static_cast<int>(packet.bytes.size())) __builtin_trap();
    }
    lending.collect([&](worker::Loan loan) { loans[loan.slot] = loan; });
  }
  return 0;
}
