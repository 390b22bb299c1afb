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
