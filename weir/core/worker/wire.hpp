// Wire: what lies in the memory and goes over the socket between a worker and its parent, apart from messages.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "weir/core/worker/message.hpp"
#include "weir/core/worker/message_ring.hpp"

namespace weir::worker::detail {

constexpr int child_socket = 3;  // where a worker finds it
constexpr std::size_t max_job_bytes = std::size_t{60} << 10;
constexpr std::size_t max_job_descriptors = 8;
constexpr int out_of_memory_status = 87;

// The shared memory of one worker. The child may write rubbish to all of it.
struct Control {
  RingMemory to_child;
  RingMemory to_parent;
  alignas(64) std::atomic<std::uint32_t> closing;  // 1: the parent asks to end
};

enum class Kind : std::uint32_t { hello = 1, ready, go, memory };

// First, from the parent: then the job's bytes; with the control memory's descriptor and the job's.
struct Hello {
  Kind kind = Kind::hello;
  // A worker of another build, left behind by half an update, must not guess what the bytes mean.
  std::uint32_t version = 1;
  pid_t parent = 0;
  std::uint32_t descriptors = 0;
  std::uint64_t memory_max_bytes = 0;
  std::uint64_t job_bytes = 0;
};
// From the child, once, when it is boxed in: with the descriptor that tells of violations. Or when the kernel refuses.
struct Ready {
  Kind kind = Kind::ready;
  std::uint32_t boxed = 0;  // 0: this build cannot be, and there is no descriptor
  std::uint32_t network = 0;
  std::uint32_t refused = 0;     // 1: `text` says why, and it ends
  std::array<char, 496> text{};  // else the paths that it may read, each ended by a NUL; as many as fit
};
struct Go {
  Kind kind = Kind::go;
};
// Behind a message, whose copy it carries so that memory that was not taken is not confused with the next.
struct MemoryNote {
  Kind kind = Kind::memory;
  std::uint32_t reserved = 0;
  std::uint64_t bytes = 0;
  Message message;
};

// At most so many descriptors come with one datagram.
constexpr std::size_t max_datagram_descriptors = 1 + max_job_descriptors;

struct Datagram {
  std::size_t bytes = 0;  // 0: the other side is gone
  std::array<int, max_datagram_descriptors> descriptors{};
  std::size_t descriptor_count = 0;

  void close_descriptors() noexcept;
};

// One datagram, without waiting. False with errno as sendmsg() leaves it.
bool send_datagram(int socket, std::span<const std::byte> head, std::span<const std::byte> tail,
                   std::span<const int> descriptors) noexcept;
// One datagram that fits; a longer one, or one with more descriptors, is refused as errno EMSGSIZE. Flags:
// MSG_DONTWAIT.
bool receive_datagram(int socket, std::span<std::byte> into, Datagram& datagram, int flags) noexcept;

}  // namespace weir::worker::detail
