#include "weir/flows/watch/events.hpp"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "weir/core/account.hpp"

namespace weir::watch {
namespace {

constexpr std::size_t events_waiting = 256;

// The line of docs/events.md.
std::string line(const Event& event, const std::string& camera) {
  nlohmann::ordered_json json;
  json["type"] = "box";
  json["camera"] = camera;
  json["frame"] = event.frame;
  json["pts_ms"] = static_cast<double>(event.pts_us) / 1000.0;
  json["box"] = {event.x, event.y, event.w, event.h};
  json["class"] = event.label;
  json["confidence"] = static_cast<double>(static_cast<int>(event.confidence * 1000 + 0.5f)) / 1000.0;
  json["track"] = event.track ? nlohmann::ordered_json(*event.track) : nlohmann::ordered_json(nullptr);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<std::unique_ptr<EventWriter>> EventWriter::open(std::filesystem::path path, std::vector<std::string> cameras) {
  std::unique_ptr<EventWriter> writer(new EventWriter);
  writer->path_ = std::move(path);
  writer->cameras_ = std::move(cameras);
  // A stream a reader can follow while the run goes on: lines are appended to the file itself, whole lines at a time.
  writer->file_.open(writer->path_, std::ios::trunc | std::ios::binary);
  if (!writer->file_) {
    return fail(Code::denied, "cannot be written: choose another place for --events", writer->path_.string(),
                std::strerror(errno));
  }
  writer->events_ = Channel<std::variant<Event, std::string>>::bounded("events", events_waiting, Overflow::wait);
  writer->thread_ = std::thread([self = writer.get()] {
    AccountBinding binding(Account::open("events"));
    self->write();
  });
  return writer;
}

EventWriter::~EventWriter() {
  if (thread_.joinable()) static_cast<void>(close());
}

void EventWriter::write() {
  while (auto event = events_->take()) {
    if (const Event* box = std::get_if<Event>(&*event)) {
      file_ << line(*box, cameras_[box->camera]);
    } else {
      file_ << std::get<std::string>(*event) << '\n';
    }
    // Flushed when there is nothing more to write: who follows the file sees events when they happen.
    if (events_->waiting() == 0) file_.flush();
  }
}

Result<void> EventWriter::close() {
  events_->close();
  if (thread_.joinable()) thread_.join();
  file_.flush();
  if (!file_) return fail(Code::failed, "not everything could be written: is the disk full?", path_.string());
  file_.close();
  return {};
}

}  // namespace weir::watch
