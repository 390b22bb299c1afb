// `weir spatial`: loudspeaker channels → ring → convolver, equalizer, limiter → ring → two ears.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "weir/core/ledger.hpp"
#include "weir/core/result.hpp"
#include "weir/flows/spatial/driver.hpp"
#include "weir/flows/spatial/options.hpp"
#include "weir/flows/spatial/renderer.hpp"

namespace weir::spatial {

// One sound on its way.
struct StreamReport {
  std::string id;     // the input's stem; "stdin"
  std::string state;  // running, ended, stopped, failed
  int rate_hz = 0, channels = 0;
  std::string layout;                         // "7.1"
  std::string input_format;                   // "FLAC, 24 bit integer"
  bool truncated = false;                     // the input ended before its own length
  std::optional<std::uint64_t> total_frames;  // of the input, if it says
  std::string responses;                      // "atmos"
  int responses_rate_hz = 0;                  // before conversion
  std::size_t taps = 0;
  double responses_gain_db = 0;            // by normalising or matched loudness
  std::vector<std::string> substitutions;  // "SL: BL": speakers that the responses do not have
  DriverReport driver;
  RendererReport renderer;
  std::uint64_t clipped_samples = 0;  // in the file, by a format of whole numbers
  struct RingFill {
    std::string id;
    std::uint64_t capacity = 0, written = 0, read = 0;  // frames
  };
  std::vector<RingFill> rings;
};

// A running conversion, for whoever reports on it.
// Thread-safety: all members from any thread.  Allocates: yes.  Blocks: short locks.  Ownership: lives until run()
// returns.
class Status {
 public:
  virtual Seconds running() const = 0;
  virtual StreamReport stream() const = 0;
  virtual const Ledger& ledger() const = 0;

 protected:
  ~Status() = default;
};

struct Hooks {
  std::function<void(const Status&)> started;
  std::function<void(const Status&)> progress;  // a few times a second
  std::function<void(const Status&)> finished;  // everything has ended; the output is there, or not
};

struct Outcome {
  bool refused = false;            // nothing ran: what was asked for cannot be, whatever is in the files
  std::vector<Error> errors = {};  // nobody has been told yet
};

// Until the input has ended, or `stop` asks: what is half done is then given up, and a file that was there is as it
// was.
Outcome run(const SpatialOptions& options, const Hooks& hooks, std::stop_token stop);

}  // namespace weir::spatial
