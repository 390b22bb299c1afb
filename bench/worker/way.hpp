// Way: how frames go from one process to another. Every way does the same work: the sender gets a place, writes a whole
// frame there and hands it over; the receiver sleeps until it has one, looks at it and lets it go.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

// Frames that are not the sender's to write: waiting or in the receiver's hand. The same for all that have places.
constexpr std::size_t frames_ahead = 3;

class Sender {
 public:
  virtual ~Sender() = default;
  // Where the next frame is written; waits while the receiver has all places.
  virtual std::byte* place() = 0;
  // Hands over what was written at place().
  virtual void hand_over() = 0;
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  // The next frame, until release(). Sleeps until there is one.
  virtual const std::byte* take() = 0;
  virtual void release() = 0;
};

// Made before the two processes are started, and gone after both have ended.
class Link {
 public:
  virtual ~Link() = default;
  virtual std::unique_ptr<Sender> sender() = 0;      // called in the one process
  virtual std::unique_ptr<Receiver> receiver() = 0;  // called in the other
};

struct Way {
  std::string name;
  std::function<std::unique_ptr<Link>()> make;
};

std::unique_ptr<Link> weir_link();
std::unique_ptr<Link> iceoryx_link();
std::unique_ptr<Link> socket_link();
std::unique_ptr<Link> pipe_link();

// Says why and ends the process with 1: what was measured so far is worth nothing.
[[noreturn]] void give_up(const std::string& why);
[[noreturn]] void give_up_errno(const std::string& what);

}  // namespace bench
