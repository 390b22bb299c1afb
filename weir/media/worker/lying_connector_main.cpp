// weir-worker-lying_connector: a connector that does not do what it should, for tests. What it does instead is the name
// of the source's owner. It begins as an honest one: with the stream of the file that it was given.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "weir/core/worker/child.hpp"
#include "weir/media/source_kinds.hpp"
#include "weir/media/stream_bytes.hpp"
#include "weir/media/worker/connect_protocol.hpp"
#include "weir/media/worker/decode_protocol.hpp"
#include "weir/media/worker/lent_slots.hpp"

namespace {

using namespace weir;
using namespace weir::media;
using connect::LentSlots;
using worker::Child;
using worker::Message;
namespace type = connect::type;

struct Liar {
  Child& child;
  LentSlots& slots;
  Source& source;
  std::stop_token stop;

  Message packet(const LentSlots::Slot& slot, const Packet& packet) {
    Message message;
    message.type = type::packet;
    message.put(decode::write_packet(packet, slot.bytes));
    return message;
  }
  Packet next() {
    Packet p;
    if (!source.read(p, stop).has_value()) std::abort();
    return p;
  }
};

Message bare(std::uint32_t what) {
  Message message;
  message.type = what;
  return message;
}

const std::map<std::string, std::function<void(Liar&)>> ways{
    {"one slot twice",
     [](Liar& l) {
       const auto slot = l.slots.wait_for(1, l.stop);
       const Message message = l.packet(*slot, l.next());
       l.slots.say(*slot, message);
       l.slots.say(*slot, message);
     }},
    {"a slot of its own making",
     [](Liar& l) {
       auto slot = l.slots.wait_for(1, l.stop);
       const Message message = l.packet(*slot, l.next());
       slot->loan.slot = 4711;
       l.slots.say(*slot, message);
     }},
    {"a packet that is too long",
     [](Liar& l) {
       const auto slot = l.slots.wait_for(1, l.stop);
       Message message = l.packet(*slot, l.next());
       auto body = message.get<decode::PacketBody>();
       body.bytes = static_cast<std::uint32_t>(slot->bytes.size() + 1);
       message.put(body);
       l.slots.say(*slot, message);
     }},
    {"alive and nothing else",
     [](Liar& l) {
       while (!l.stop.stop_requested() && l.child.send(bare(type::alive))) {
       }
     }},
    {"larger than it needs",
     [](Liar& l) {
       Message message = bare(type::larger);
       message.put(connect::LargerBody{100});
       l.child.send(message);
     }},
    {"larger than anything",
     [](Liar& l) {
       Message message = bare(type::larger);
       message.put(connect::LargerBody{UINT64_MAX});
       l.child.send(message);
     }},
    {"nothing", [](Liar&) {}},
    {"other files", [](Liar&) { static_cast<void>(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)); }},
    {"all memory",
     [](Liar&) {
       for (;;) std::memset(new char[1 << 20], 1, 1 << 20);
     }},
    {"a crash", [](Liar&) { std::abort(); }},
};

}  // namespace

int main() {
  const auto child = Child::connect();
  if (!child) {
    std::fprintf(stderr, "weir-worker-lying_connector: %s\n", child.error().line().c_str());
    return 2;
  }
  const auto job = connect::parse_job((*child)->job());
  if (!job || (*child)->descriptors().size() != 1 || !(*child)->enter_sandbox({})) return 1;
  LentSlots slots(**child);
  std::jthread lying([&](const std::stop_token& stop) {
    const auto source = open_file(FileHandle((*child)->descriptors()[0]), job->address, job->options, stop);
    if (!source) std::abort();
    const auto bytes = write_stream((*source)->info());
    const auto slot = slots.wait_for(bytes->size(), stop);
    if (!slot) return;
    std::memcpy(slot->bytes.data(), bytes->data(), bytes->size());
    Message message = bare(type::stream);
    message.put(connect::StreamBody{static_cast<std::uint32_t>(bytes->size())});
    slots.say(*slot, message);
    Liar liar{**child, slots, **source, stop};
    ways.at(job->options.owner)(liar);
  });
  Message message;
  while ((*child)->receive(message)) {
    if (!slots.take(message)) return 1;
  }
  return 0;
}
