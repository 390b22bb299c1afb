// Source: where compressed video comes from: a file, an RTSP camera, a V4L2 device, a scene that weir draws itself.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/media/packet.hpp"

namespace weir::media {

enum class SourceKind : std::uint8_t {
  file,     // ends; cannot be opened: the run has failed
  network,  // rtsp://, rtsps://: worth trying again
  device,   // v4l2:/dev/video0: worth trying again
  demo,     // demo:street
};

enum class Transport : std::uint8_t { tcp, udp };

struct SourceOptions {
  std::string owner;                     // the camera's name, for errors; the address without secrets if empty
  bool loop = false;                     // files: begin anew at the end
  bool fast = false;                     // files and demo: as fast as they are read instead of at their own rate
  Transport transport = Transport::tcp;  // RTSP
  Nanos connect_timeout = std::chrono::seconds(5);
  Nanos stall_timeout = std::chrono::seconds(10);  // network and devices: longer silence is an error
  std::int64_t first_pts_us = 0;                   // where presentation time goes on after a restart
  std::uint32_t first_epoch = 1;
  Clock* clock = &Clock::real();  // what files and demo scenes are paced by
};

enum class Read : std::uint8_t { packet, end };

// An open source.
// Thread-safety: used by one thread; stopping goes through the stop token, from any thread.
// Allocates: in libraries, while reading.  Blocks: read(), until data, stop or the stall timeout; never longer.
// Ownership: owns what the packet shows, until the next read().
class Source {
 public:
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // As of the packet read last.
  virtual const StreamInfo& info() const noexcept = 0;
  virtual SourceKind kind() const noexcept = 0;

  // The next packet. `cancelled`: stopped. `unreachable`: silent for too long, or gone. `corrupt`: broken from here on;
  // what was read so far is good.
  virtual Result<Read> read(Packet& packet, std::stop_token stop) = 0;

 protected:
  Source() = default;
};

// Opens any address:
//   street.mp4, ./rtsp:odd-name.mp4   a file of any format that libavformat reads
//   rtsp://user:secret@host/path      RTSP over TCP or UDP; also rtsps://
//   v4l2:/dev/video0                  a camera device (written from the documentation; not tried on a real device here)
//   demo:street?frames=300&size=960x540&fps=15&seed=1   a drawn scene; without `frames` it goes on for ever
// Errors are one line and say what to do: not_found, denied, invalid (a directory, no video in it, no such scene),
// corrupt (not a video), unreachable (refused, timed out), cancelled. Secrets of the address are in none of them.
Result<std::unique_ptr<Source>> open_source(std::string_view address, const SourceOptions& options,
                                            std::stop_token stop = {});

// Invalid: the address has a scheme that weir does not know.
Result<SourceKind> source_kind(std::string_view address);

// The address with user, password and secret-looking query values replaced by "***": for every log, error and page.
std::string redacted(std::string_view address);

}  // namespace weir::media
