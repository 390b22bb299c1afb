// What Home Assistant is told of weir through MQTT discovery, and the states that go with it.
#pragma once

#include <cstdint>
#include <string>

#include "weir/server/notify/sender.hpp"

namespace weir::notify {

// One thing that Home Assistant shows.
struct Entity {
  enum class Kind {
    motion,     // on while something moves
    occupancy,  // on while somebody or something is there
    count,      // how many are there
  };
  Kind kind = Kind::motion;
  std::string camera;
  std::string zone = {};   // empty: all that the camera sees
  std::string label = {};  // what is counted or looked for: "person"; empty: anything

  bool operator==(const Entity&) const = default;
};

// "front/motion", "front/drive/occupancy/person": below the sender's prefix. Characters that a topic gives a meaning to
// become '_'.
std::string topic_of(const Entity& entity);

// A state, retained, for whoever asks later; to be offered to the sender. `id` is the message's.
Message state_of(const Entity& entity, std::string id, bool on);
Message count_of(const Entity& entity, std::string id, std::uint64_t count);

struct DiscoveryPrefixes {
  std::string topic = "weir", discovery = "homeassistant";
};
// The retained message that makes Home Assistant show the entity (its documented MQTT discovery, one component each).
// The topic is whole. The same message with an empty body makes it forget.
Message discovery_of(const Entity& entity, const DiscoveryPrefixes& prefixes);

}  // namespace weir::notify
