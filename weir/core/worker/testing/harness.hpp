// What the tests of workers share. What cannot be gone on from is thrown, and ends the test.
#pragma once

#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "weir/core/worker/process.hpp"
#include "weir/core/worker/testing/test_worker.hpp"

namespace weir::worker::test {

// Only a hang reaches it.
inline Instant patiently() { return Clock::real().now() + std::chrono::seconds(60); }

inline ProcessOptions options(std::string id = "test/worker") {
  ProcessOptions o;
  o.id = std::move(id);
  o.owner = "worker test";
  o.executable = worker_executable("test");
  o.memory_max_bytes = std::size_t{256} << 20;
  o.start_timeout = std::chrono::seconds(60);
  return o;
}

inline Result<std::unique_ptr<Process>> begin(Start how = Start::boxed, ProcessOptions o = options(),
                                              std::span<const int> descriptors = {}, const std::stop_token& stop = {}) {
  const auto job = static_cast<std::byte>(how);
  return Process::start(std::move(o), std::span(&job, 1), descriptors, stop);
}

inline Message order(Do what, std::uint64_t argument = 0) {
  Message message;
  message.type = static_cast<std::uint32_t>(what);
  message.sequence = argument;
  return message;
}

// How it ends by itself, whatever it says before.
inline End wait_for_end(Process& process) {
  Message message;
  Received received = Received::message;
  while (received == Received::message) received = process.receive(message, patiently());
  if (received != Received::ended) throw std::runtime_error(process.id() + " does not end");
  return *process.ended();
}

// Tells it to do what it will not survive.
inline End end_of(Do what, std::uint64_t argument = 0, Start how = Start::boxed) {
  auto process = begin(how);
  if (!process) throw std::runtime_error(process.error().line());
  (*process)->send(order(what, argument));
  return wait_for_end(**process);
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

inline bool has_children() { return ::waitpid(-1, nullptr, WNOHANG | __WALL) != -1 || errno != ECHILD; }

inline ProcessReport report_of(const std::string& id) {
  for (ProcessReport& report : Process::report_all()) {
    if (report.id == id) return report;
  }
  return {};
}

inline std::uint64_t count_of(const ProcessReport& report, Cause cause) {
  return report.causes[static_cast<std::size_t>(cause)];
}

}  // namespace weir::worker::test
