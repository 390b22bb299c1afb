// Telling: who outside hears of what happens, and in which words.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/flows/watch/story.hpp"
#include "weir/flows/watch/watch.hpp"
#include "weir/server/notify/mqtt.hpp"
#include "weir/server/notify/sender.hpp"

namespace weir::watch {

// Each turn of an event goes to the webhook as it is, and over MQTT to PREFIX/CAMERA/events; MQTT also has, retained,
// whether something is there and how many, for each camera and each zone.
// Thread-safety: tell(), drawn() and report() from any thread.  Allocates: yes.  Blocks: close(); else short locks.
// Ownership: owns its senders.
class Telling {
 public:
  // Errors: an address that is none, certificates or a folder that cannot be read or written.
  static Result<std::unique_ptr<Telling>> make(const NotifyOptions& options, const std::vector<CameraOptions>& cameras);

  void tell(const Incident& incident, Turn turn, const std::string& place, const std::string& json);
  // Other zones from now on.
  void drawn(const std::string& camera, const DrawnOptions& drawn);
  std::vector<SenderStatus> report() const;
  // What was told is on the disk; it is sent as long as receivers take it and the deadline has not come.
  Result<void> close(Instant deadline);

 private:
  Telling() = default;
  // Of zones of which nothing was told yet: that nothing is there, whatever an earlier run has left behind.
  void begin_states();
  bool motion_only(const std::string& camera) const;
  void tell_state(const Incident& incident, Turn turn, const std::string& place);
  void count(const std::string& camera, const std::string& zone, int change);
  std::string next_id();

  std::unique_ptr<notify::Sender> webhook_;
  std::unique_ptr<notify::Mqtt> mqtt_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> there_;  // by camera and zone
  std::vector<CameraOptions> cameras_;
  std::uint64_t told_ = 0;
  const std::string run_ = std::to_string(wall_ns() / 1'000'000);  // of this run, so that ids never come again
};

}  // namespace weir::watch
