// Supervisor: one child per camera, document, device. A child that fails takes nothing else down and comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"

namespace weir {

enum class ChildState { connecting, up, stalled, parked, ended };
std::string_view to_string(ChildState state) noexcept;

// How one run of a child came to an end.
struct Outcome {
  enum class Kind {
    done,         // nothing left to do: the child is `ended`
    failed,       // cannot work, and trying again would not help: `ended`, with the error
    unreachable,  // refused, timed out, gone: tried again for ever, jittered backoff up to 4 s
    crashed,      // broke while working: tried again; too many in a minute park it for 60 s
    park,         // must not run as it is (memory bound): parked for 60 s
  };
  Kind kind = Kind::done;
  Error error = {};  // why, unless done
};

struct ChildReport {
  std::string id;
  ChildState state = ChildState::connecting;
  std::string reason;                            // one line for people, empty when all is well
  Instant since;                                 // when the state was entered
  std::uint64_t restarts = 0;
  std::map<std::string, std::uint64_t> causes;   // restarts by cause ("unreachable", "corrupt", "stalled", …)
};
