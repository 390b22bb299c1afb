#include "weir/core/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <shared_mutex>

#include "weir/core/hot_path.hpp"
#include "weir/core/log_deferred.hpp"
#include "weir/core/result.hpp"

namespace weir {
namespace {

class StderrSink final : public LogSink {
 public:
  void write(Level level, std::string_view owner, std::string_view text) override {
    std::string line;
    line.reserve(owner.size() + text.size() + 16);
    line.append(to_string(level)).append(" ").append(owner).append(": ").append(text);
    // An event is one line, whatever a library or a camera put into its text.
    std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t n = ::write(STDERR_FILENO, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;  // no stderr: there is nobody left to tell
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  }
};

StderrSink stderr_sink;

struct Current {
  // Held by whoever is about to enter `mutex`. Shared locks let newcomers pass a waiting set_log_sink() for ever; with
  // this, they queue behind it.
  std::mutex door;
  std::shared_mutex mutex;  // shared by those inside the sink
  LogSink* sink = nullptr;
};

Current& current() {
  static Current* const it = new Current;  // static objects log while they are destroyed
  return *it;
}

thread_local constinit bool inside_sink = false;

struct InsideSink {
  InsideSink() { inside_sink = true; }
  ~InsideSink() { inside_sink = false; }
};

void emit(Level level, std::string_view owner, std::string_view text) {
  if (inside_sink) return stderr_sink.write(level, owner, text);
  Current& now = current();
  std::unique_lock door(now.door);
  const std::shared_lock lock(now.mutex);
  door.unlock();
  const InsideSink mark;
  (now.sink != nullptr ? *now.sink : stderr_sink).write(level, owner, text);
}

struct DeferredEvent {
  Level level;
  std::uint8_t owner_size, text_size;
  std::array<char, 48> owner;
  std::array<char, 240> text;
};

struct Deferred {
  std::array<DeferredEvent, 4> events;
  std::size_t count;
  std::uint64_t more;
};
thread_local constinit Deferred deferred{};

#if defined(WEIR_TEST_HOOKS)
std::atomic<bool> fatal_in_hot_path{true};
#endif

}  // namespace

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
  }
  return "error";
}

void set_log_sink(LogSink* sink) noexcept {
  Current& now = current();
  const std::lock_guard door(now.door);
  const std::lock_guard lock(now.mutex);
  now.sink = sink;
}

void log(Level level, std::string_view owner, std::string_view text) {
  if (HotPath::active()) [[unlikely]] {
#if defined(WEIR_TEST_HOOKS)
    if (fatal_in_hot_path.load(std::memory_order_relaxed)) fatal("log() inside a hot path", text);
#endif
    HotPath::record_violation("log");
    return detail::defer_log(level, owner, text);
  }
  emit(level, owner, text);
}

void detail::defer_log(Level level, std::string_view owner, std::string_view text) noexcept {
  if (deferred.count == deferred.events.size()) {
    ++deferred.more;
    return;
  }
  DeferredEvent& event = deferred.events[deferred.count++];
  event.level = level;
  event.owner_size = static_cast<std::uint8_t>(std::min(owner.size(), event.owner.size()));
  event.text_size = static_cast<std::uint8_t>(std::min(text.size(), event.text.size()));
  std::memcpy(event.owner.data(), owner.data(), event.owner_size);
  std::memcpy(event.text.data(), text.data(), event.text_size);
}

bool detail::logs_deferred() noexcept { return deferred.count != 0; }

void detail::emit_deferred_logs() noexcept {
  const Deferred events = deferred;
  deferred.count = 0;
  deferred.more = 0;
  try {
    for (std::size_t i = 0; i < events.count; ++i) {
      const DeferredEvent& event = events.events[i];
      emit(event.level, {event.owner.data(), event.owner_size}, {event.text.data(), event.text_size});
    }
    if (events.more > 0) {
      emit(Level::warn, "log", std::to_string(events.more) + " more events were logged inside a hot path and are lost");
    }
  } catch (const std::exception& e) {
    fatal("a log sink threw", e.what());  // a scope's destructor is no place to throw from
  }
}

#if defined(WEIR_TEST_HOOKS)
void detail::set_log_in_hot_path_fatal(bool fatal) noexcept {
  fatal_in_hot_path.store(fatal, std::memory_order_relaxed);
}
#endif

}  // namespace weir
