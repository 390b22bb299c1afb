// Events: one JSON line per box, and one per turn of an event, in a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "weir/core/channel.hpp"
#include "weir/core/result.hpp"

namespace weir::watch {

struct Event {
  std::uint32_t camera = 0;  // index into the names given to the writer
  std::uint64_t frame = 0;   // from 0, in presentation order
  std::int64_t pts_us = 0;
  int x = 0, y = 0, w = 0, h = 0;  // source pixels
  float confidence = 0;
  std::string_view label = "motion";  // outlives the writer
  std::optional<std::uint64_t> track = {};
};

// Thread-safety: offer() from any thread.  Allocates: on its own thread.  Blocks: offer(), while the disk is behind:
// events are never dropped.  Ownership: owns the file; close() ends the thread.
class EventWriter {
 public:
  // `path` is emptied first; lines are appended whole, so that the file can be followed while the run goes on.
  static Result<std::unique_ptr<EventWriter>> open(std::filesystem::path path, std::vector<std::string> cameras);
  ~EventWriter();

  void offer(Event event) { events_->offer(std::move(event)); }
  // A turn of an event: one JSON object, in one line.
  void offer(std::string json) { events_->offer(std::move(json)); }
  // Everything offered so far is in the file. An error if it could not be written.
  Result<void> close();

 private:
  EventWriter() = default;
  void write();

  std::filesystem::path path_;
  std::vector<std::string> cameras_;
  std::ofstream file_;
  std::unique_ptr<Channel<std::variant<Event, std::string>>> events_;
  std::thread thread_;
};

}  // namespace weir::watch
