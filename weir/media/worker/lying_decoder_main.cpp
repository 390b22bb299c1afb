// weir-worker-lying_decoder: a decode worker that says what cannot be, for tests. Which lie it tells is the name of the
// stream's owner.
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include "weir/core/worker/child.hpp"
#include "weir/media/worker/decode_protocol.hpp"

namespace {

using namespace weir::media;
using weir::worker::Child;
using weir::worker::Message;

Message about(const Message& work, decode::Type type) {
  Message m;
  m.type = type;
  m.sequence = work.sequence;
  m.slot = work.slot, m.generation = work.generation;
  return m;
}

Message picture(const Message& work, std::uint32_t pool, std::uint32_t slot) {
  Message m = about(work, decode::frame);
  m.pool = pool, m.slot = slot, m.generation = 1;
  decode::FrameBody body;
  body.width = 64, body.height = 64, body.format = 0;  // AV_PIX_FMT_YUV420P
  body.planes = 7;
  body.stride = {64, 32, 32, 0};
  body.offset = {0, 4096, 5120, 0};
  body.epoch = 1;
  m.put(body);
  return m;
}

// Asks for a pool of one shape and waits until it is there.
std::uint32_t get_pool(Child& child, std::uint64_t capacity) {
  Message m;
  m.type = decode::want_pool;
  m.put(decode::PoolBody{8192, capacity});
  child.send(m);
  while (child.receive(m)) {
    if (m.type == decode::frame_pool) return m.pool;
  }
  return 0;
}

using Lie = std::function<void(Child&, const Message& work)>;

const std::map<std::string, Lie> lies{
    {"another number",
     [](Child& child, const Message& work) {
       Message m = about(work, decode::done);
       m.sequence += 1;
       child.send(m);
     }},
    {"another packet",
     [](Child& child, const Message& work) {
       Message m = about(work, decode::done);
       m.generation += 1;
       child.send(m);
     }},
    {"done twice",
     [](Child& child, const Message& work) {
       child.send(about(work, decode::done));
       child.send(about(work, decode::done));
     }},
    {"no such message",
     [](Child& child, const Message& work) { child.send(about(work, static_cast<decode::Type>(4711))); }},
    {"a parent's message", [](Child& child, const Message& work) { child.send(about(work, decode::give_back)); }},
    {"no such pool", [](Child& child, const Message& work) { child.send(picture(work, 77, 0)); }},
    {"a slot beyond", [](Child& child, const Message& work) { child.send(picture(work, get_pool(child, 4), 4)); }},
    {"a slot twice",
     [](Child& child, const Message& work) {
       const std::uint32_t pool = get_pool(child, 4);
       child.send(picture(work, pool, 1));
       child.send(picture(work, pool, 1));
     }},
    {"out of turn",
     [](Child& child, const Message& work) {
       Message m = picture(work, get_pool(child, 4), 1);
       m.sequence += 1;
       child.send(m);
     }},
    {"a pool of nothing",
     [](Child& child, const Message&) {
       Message m;
       m.type = decode::want_pool;
       child.send(m);
     }},
    {"let go of frames",
     [](Child& child, const Message& work) {
       Message m = picture(work, get_pool(child, 4), 1);
       child.send(m);
       m.type = decode::drop_pool;
       child.send(m);
     }},
    {"no end",
     [](Child& child, const Message& work) {
       while (child.send(about(work, decode::error))) continue;
     }},
    {"nothing", [](Child&, const Message&) {}},
};

}  // namespace

int main() {
  auto child = Child::connect();
  if (!child) return 2;
  if (!(*child)->enter_sandbox({})) return 1;
  const auto job = decode::parse_job((*child)->job());
  const auto lie = job ? lies.find(job->owner) : lies.end();
  if (lie == lies.end()) return 2;
  (*child)->send(about({}, decode::done));
  Message work;
  while ((*child)->receive(work)) {
    if (work.type == decode::packet) lie->second(**child, work);
  }
  return 0;
}
