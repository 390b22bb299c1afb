// `weir watch`: cameras → packets to the browser, and decoded frames → movement → boxes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "weir/core/capacity.hpp"
#include "weir/core/channel_base.hpp"
#include "weir/core/ledger.hpp"
#include "weir/core/result.hpp"
#include "weir/core/supervisor.hpp"
#include "weir/flows/watch/detect_stage.hpp"
#include "weir/flows/watch/follow.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/media/mux/recorder.hpp"

namespace weir::watch {

// How long something took, over the whole run.
struct Latency {
  std::uint64_t count = 0;
  Seconds sum{0}, p50{0}, p95{0}, p99{0}, max{0};
};

// One camera so far. Frames are counted over restarts and format changes.
struct CameraReport {
  std::string id;
  Pipeline pipeline = Pipeline::unified;  // that runs
  std::string pipeline_from;              // who said so
  ChildReport child;                      // state, reason, restarts with causes
  std::optional<ChildReport> second;      // of the stream that is looked at, where it is another
  std::uint64_t received = 0;             // access units
  std::uint64_t decoded = 0;              // frames
  DetectEngine engine = DetectEngine::motion;
  IdleDecode idle = IdleDecode::full;
  std::uint64_t detect_received = 0;  // access units of the second stream, if there is one
  std::uint64_t looked = 0;           // frames in which movement was looked for
  std::uint64_t detected = 0;         // frames with a result of the engine
  std::uint64_t boxes = 0;
  std::map<std::string, DropCounts> dropped;  // by stage: "motion", "publish", …
  std::uint64_t clients = 0;                  // now
  DropCounts client_dropped{};                // what slow clients lost; no other client or stage did
  double fps = 0;                             // decoded frames a second, of late
  Seconds decoding{0};                        // CPU time of decoding on the camera's own thread
  Seconds decoding_saved{0};    // what was left out while nothing moved would have taken about so much more
  Seconds result_age_bound{0};  // with a shared detector: how old the newest result can get
  FollowReport followed;
  std::optional<media::RecorderReport> recording;
  std::uint64_t snapshots = 0;
  Latency frame_age;  // from the arrival of its packet until a frame was looked at
  std::string codec;  // "h264"; empty until the first format is known
  int width = 0, height = 0;
  media::HwChoice hwaccel;
  // Decoded frames by how they reached their lease: decoded into its slot, the codec's own memory, copied into a slot.
  std::uint64_t into_leases = 0, adopted = 0, copied = 0;
  std::uint64_t heap_frames = 0;       // buffers beyond the computed capacity; more than 0 is a bug
  std::uint64_t decode_errors = 0;     // packets and frames that the codec refused
  std::uint64_t withheld = 0;          // frames that were damaged before the first key, or had no place
  std::uint64_t memory_bytes = 0;      // pools and slots of this camera now
  std::uint64_t memory_max_bytes = 0;  // what they may grow to
  std::vector<Line::Term> capacity;    // the pool's size, term by term
};

// Somebody who is told of events.
struct SenderStatus {
  std::string id;  // "webhook"
  std::string to;  // "https://example.org:443"
  bool up = false;
  std::uint64_t offered = 0, sent = 0, failures = 0, waiting = 0;
  std::map<std::string, std::uint64_t> dropped;
  std::string last_error;
};

// A running watch, for whoever reports on it.
// Thread-safety: all members from any thread.  Allocates: yes.  Blocks: short locks.  Ownership: lives until run()
// returns.
class Status {
 public:
  virtual Seconds running() const = 0;
  virtual std::string listening() const = 0;              // "127.0.0.1:8080"; empty if it does not
  virtual std::vector<CameraReport> cameras() const = 0;  // in the options' order
  virtual std::vector<DetectReport> detectors() const = 0;
  virtual std::optional<media::RetentionReport> recordings() const = 0;
  virtual std::vector<SenderStatus> senders() const = 0;
  virtual const Ledger& ledger() const = 0;

 protected:
  ~Status() = default;
};

// A page of text that the server gives out beside its own.
struct Route {
  std::string path;          // "/metrics"
  std::string content_type;  // "application/json"
  std::function<std::string()> body;
};

// What became of a drawing that was to be kept.
struct SavedDrawing {
  bool saved = false;
  std::string file;    // saved: where
  std::string reason;  // not saved: why, and what to write into a file by hand
  std::string toml;
};

// What the application adds. The flow knows nothing of reports and their formats.
struct Hooks {
  std::function<std::vector<Route>(const Status&)> routes;  // before the server starts
  // What somebody has drawn on a camera's picture. Names, bounds and the like; the flow looks at polygons itself.
  std::function<Result<void>(const std::string& camera, const DrawnOptions&)> check_drawing;
  // Called on the server's thread with a drawing that is in force now.
  std::function<SavedDrawing(const std::string& camera, const DrawnOptions&)> save_drawing;
  std::function<std::string(const std::string& camera, const DrawnOptions&)> drawing_toml;
  std::string settings_file;                    // its name, for people; empty: none
  std::function<void(const Status&)> started;   // it listens, cameras are starting
  std::function<void(const Status&)> finished;  // everything has ended and drained; pools are still there
};

// Both empty: all went well; else the run has failed.
struct WatchOutcome {
  bool refused = false;                   // nothing ran: the options themselves cannot be obeyed
  std::vector<Error> errors = {};         // of the run as a whole; nobody has been told yet
  std::vector<Error> camera_errors = {};  // of cameras; each was logged when it happened
};

// Runs until every camera has ended, the time is up, or `stop` asks; then drains.
WatchOutcome run(const WatchOptions& options, const Hooks& hooks, std::stop_token stop);

}  // namespace weir::watch
