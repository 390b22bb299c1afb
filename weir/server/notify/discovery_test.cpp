#include "weir/server/notify/discovery.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace weir::notify {
namespace {

using nlohmann::json;

const std::vector<Entity> every_kind = {
    {Entity::Kind::motion, "front"},
    {Entity::Kind::motion, "front", "drive"},
    {Entity::Kind::occupancy, "front", "", "person"},
    {Entity::Kind::occupancy, "front", "drive", "person"},
    {Entity::Kind::count, "front", "", "car"},
    {Entity::Kind::count, "back", "drive", "car"},
};

TEST(Discovery, TheTopicIsOneThatHomeAssistantListensTo) {
  // <prefix>/<component>/<node>/<object>/config, ids of letters, digits, '_' and '-'.
  const std::regex shape("ha/(binary_sensor|sensor)/[a-zA-Z0-9_-]+/[a-zA-Z0-9_-]+/config");
  auto entities = every_kind;
  entities.push_back({Entity::Kind::motion, "Tür/#+ hinten", "öst.lich", "a b"});
  for (const Entity& entity : entities) {
    const Message message = discovery_of(entity, {"weir", "ha"});
    EXPECT_TRUE(std::regex_match(message.topic, shape)) << message.topic;
    EXPECT_TRUE(message.retain);
  }
}

TEST(Discovery, TheConfigHasWhatHomeAssistantRequiresAndFitsTheStates) {
  for (const Entity& entity : every_kind) {
    const json config = json::parse(discovery_of(entity, {"home/weir", "homeassistant"}).body);
    const bool counts = entity.kind == Entity::Kind::count;
    EXPECT_FALSE(config.at("name").get<std::string>().empty());
    EXPECT_FALSE(config.at("unique_id").get<std::string>().empty());
    EXPECT_EQ(config.at("state_topic"), "home/weir/" + topic_of(entity));
    EXPECT_EQ(config.at("availability_topic"), "home/weir/status");
    EXPECT_EQ(config.at("payload_available"), "online");
    EXPECT_EQ(config.at("payload_not_available"), "offline");
    EXPECT_TRUE(config.at("device").at("identifiers").is_array());
    EXPECT_EQ(config.at("device").at("name"), entity.camera);
    EXPECT_EQ(config.at("origin").at("name"), "weir");
    // The template picks a field that the state's body has.
    const Message state = counts ? count_of(entity, "7", 3) : state_of(entity, "7", true);
    EXPECT_EQ(state.topic, topic_of(entity));
    EXPECT_TRUE(state.retain);
    const json body = json::parse(state.body);
    EXPECT_EQ(body.at("id"), "7");
    if (counts) {
      EXPECT_EQ(config.at("value_template"), "{{ value_json.count }}");
      EXPECT_EQ(body.at("count"), 3);
      EXPECT_EQ(config.at("state_class"), "measurement");
      EXPECT_FALSE(config.contains("device_class"));
    } else {
      EXPECT_EQ(config.at("value_template"), "{{ value_json.state }}");
      EXPECT_EQ(body.at("state"), config.at("payload_on"));
      EXPECT_EQ(json::parse(state_of(entity, "8", false).body).at("state"), config.at("payload_off"));
      EXPECT_EQ(config.at("device_class"), entity.kind == Entity::Kind::motion ? "motion" : "occupancy");
    }
  }
}

TEST(Discovery, NoTwoEntitiesShareATopicOrAnId) {
  auto entities = every_kind;
  // Names that look alike once they are made into ids or joined.
  for (const auto& [camera, zone, label] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"a b", "", ""},
                                                                      {"a_b", "", ""},
                                                                      {"a.b", "", ""},
                                                                      {"a", "b", ""},
                                                                      {"a", "", "b"},
                                                                      {"a", "b", "c"},
                                                                      {"a", "b_c", ""}}) {
    for (const auto kind : {Entity::Kind::motion, Entity::Kind::occupancy, Entity::Kind::count}) {
      entities.push_back({kind, camera, zone, label});
    }
  }
  std::set<std::string> topics, ids, states;
  for (const Entity& entity : entities) {
    const Message message = discovery_of(entity, {});
    EXPECT_TRUE(states.insert(topic_of(entity)).second) << topic_of(entity);
    EXPECT_TRUE(topics.insert(message.topic).second) << message.topic;
    EXPECT_TRUE(ids.insert(json::parse(message.body).at("unique_id")).second) << message.body;
  }
}

TEST(Discovery, NamesCannotChangeTheShapeOfATopicOrBreakTheJson) {
  const Entity entity{Entity::Kind::motion, "a/b+c#d\ne", "\xff\"", ""};
  EXPECT_EQ(topic_of(entity), "a_b_c_d_e/\xff\"/motion");
  EXPECT_NO_THROW(json::parse(discovery_of(entity, {}).body));
  EXPECT_NO_THROW(json::parse(state_of(entity, "\xff\"", true).body));
}

}  // namespace
}  // namespace weir::notify
