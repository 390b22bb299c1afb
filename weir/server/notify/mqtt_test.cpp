#include "weir/server/notify/mqtt.hpp"

#include <mosquitto.h>
#include <netdb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "tests/support/process.hpp"
#include "weir/server/notify/test_line.hpp"

namespace weir::notify {
namespace {

using nlohmann::json;

Message message(std::uint64_t n) {
  const std::string id = "id" + std::to_string(n);
  return {id, "front/event", "{\"id\":\"" + id + "\"}", false};
}

std::vector<std::string> ids(std::uint64_t from, std::uint64_t to) {
  std::vector<std::string> out;
  for (std::uint64_t n = from; n < to; ++n) out.push_back("id" + std::to_string(n));
  return out;
}

// A real one, on a free port.
class Broker {
 public:
  // `more`: lines for its configuration.
  explicit Broker(const test::ScratchDir& scratch, std::string more = "allow_anonymous true\n")
      : port_(test::free_port()) {
    config_ = scratch / "mosquitto.conf";
    std::ofstream(config_) << "listener " << port_ << " 127.0.0.1\nuser root\nlog_dest stderr\npersistence true\n"
                           << "persistence_location " << scratch.path().string() << "/\n"
                           << more;
  }
  // False: it is not installed, or does not run.
  bool start() {
    process_ = std::make_unique<test::Process>(test::Command{.argv = {"mosquitto", "-c", config_.string()},
                                                             .env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}});
    return process_->wait_for_output("mosquitto version .* running").has_value();
  }
  void end(int signal) {
    // It sets itself running once more after it has said so: a signal in between is forgotten.
    while (process_->send(signal)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    process_->wait();
  }
  std::uint16_t port() const { return port_; }
  std::string output() const { return process_ ? process_->out() + process_->err() : std::string(); }

 private:
  std::uint16_t port_;
  std::filesystem::path config_;
  std::unique_ptr<test::Process> process_;
};

struct Got {
  std::string topic, payload;
  bool retained = false;
};

// Somebody who listens, and whose session the broker keeps while one of them is away.
class Subscriber {
 public:
  Subscriber(std::uint16_t port, std::vector<std::string> topics) : topics_(std::move(topics)) {
    mosquitto_lib_init();
    client_ = mosquitto_new("subscriber", false, this);
    mosquitto_reconnect_delay_set(client_, 1, 1, false);
    mosquitto_connect_callback_set(client_, [](mosquitto* m, void* self, int) {
      for (const auto& topic : static_cast<Subscriber*>(self)->topics_)
        mosquitto_subscribe(m, nullptr, topic.c_str(), 1);
    });
    mosquitto_subscribe_callback_set(
        client_, [](mosquitto*, void* self, int, int, const int*) { ++static_cast<Subscriber*>(self)->subscribed_; });
    mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* m) {
      auto& s = *static_cast<Subscriber*>(self);
      std::lock_guard lock(s.mutex_);
      s.got_.push_back({m->topic,
                        std::string(static_cast<const char*>(m->payload), static_cast<std::size_t>(m->payloadlen)),
                        m->retain});
    });
    mosquitto_connect(client_, "127.0.0.1", port, 30);
    mosquitto_loop_start(client_);
  }
  ~Subscriber() {
    mosquitto_disconnect(client_);
    mosquitto_loop_stop(client_, false);
    mosquitto_destroy(client_);
  }
  bool listening() const { return subscribed_ >= static_cast<int>(topics_.size()); }
  void publish(const std::string& topic, const std::string& payload) {
    mosquitto_publish(client_, nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1, false);
  }
  std::vector<Got> got() const {
    std::lock_guard lock(mutex_);
    return got_;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    got_.clear();
  }
  // Each id once, in the order of its first coming.
  std::vector<std::string> first_ids() const {
    std::vector<std::string> out;
    std::set<std::string> seen;
    for (const Got& g : got()) {
      if (g.topic != "weir/front/event") continue;
      const std::string id = json::parse(g.payload)["id"];
      if (seen.insert(id).second) out.push_back(id);
    }
    return out;
  }
  std::optional<std::string> last(const std::string& topic) const {
    std::optional<std::string> out;
    for (const Got& g : got()) {
      if (g.topic == topic) out = g.payload;
    }
    return out;
  }

 private:
  const std::vector<std::string> topics_;
  mosquitto* client_ = nullptr;
  std::atomic<int> subscribed_{0};
  mutable std::mutex mutex_;
  std::vector<Got> got_;
};

class MqttTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::run({.argv = {"mosquitto", "-h"}, .env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}})
             .start_error.empty()) {
      GTEST_SKIP() << "mosquitto is not installed (./dev test installs it)";
    }
  }
  ~MqttTest() override {
    ticking = false;
    if (ticker.joinable()) ticker.join();
  }

  // Lets virtual time pass quickly.
  void tick() {
    ticker = std::thread([this] {
      while (ticking) {
        clock.advance(std::chrono::milliseconds(100));
        std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
    });
  }
  Mqtt::Options options(std::uint16_t port) {
    Mqtt::Options o;
    o.host = "127.0.0.1";
    o.port = port;
    o.queue_dir = scratch / "queue";
    if (ticker.joinable()) o.clock = &clock;
    return o;
  }
  static std::unique_ptr<Mqtt> make(const Mqtt::Options& o) {
    auto made = Mqtt::make(o);
    EXPECT_TRUE(made) << made.error().line();
    return made ? std::move(*made) : nullptr;
  }
  template <class Condition>
  static bool until(Condition condition) {
    const auto deadline = Clock::real().now() + test::patient;
    while (!condition()) {
      if (Clock::real().now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  test::ScratchDir scratch;
  VirtualClock clock;
  std::atomic<bool> ticking{true};
  std::thread ticker;
};

TEST_F(MqttTest, MessagesArriveUnderThePrefixAndStatesAreKeptForWhoComesLater) {
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  auto mqtt = make(options(broker.port()));
  ASSERT_NE(mqtt, nullptr);
  const Entity motion{Entity::Kind::motion, "front"};
  mqtt->offer(state_of(motion, "1", true));
  mqtt->offer({"2", "front/event", "{}", false});
  ASSERT_TRUE(until([&] { return mqtt->report().sent == 2; }));
  EXPECT_TRUE(mqtt->report().up);
  Subscriber late(broker.port(), {"weir/#"});
  ASSERT_TRUE(until([&] { return late.last("weir/front/motion") && late.last("weir/status"); }));
  EXPECT_EQ(json::parse(*late.last("weir/front/motion"))["state"], "ON");
  EXPECT_EQ(late.last("weir/status"), "online");
  EXPECT_EQ(late.last("weir/front/event"), std::nullopt) << "not retained";
}

TEST_F(MqttTest, ALineThatIsCutAtAnyMomentLosesNothingAndKeepsTheOrder) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  Subscriber subscriber(broker.port(), {"weir/front/event"});
  ASSERT_TRUE(until([&] { return subscriber.listening(); }));
  test::Line line(broker.port());
  tick();
  auto mqtt = make(options(line.port()));
  ASSERT_NE(mqtt, nullptr);
  std::uint64_t offered = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 25; ++i) mqtt->offer(message(offered++));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    line.cut();
  }
  ASSERT_TRUE(until([&] { return mqtt->report().waiting == 0; }));
  ASSERT_TRUE(until([&] { return subscriber.first_ids().size() == offered; })) << subscriber.first_ids().size();
  EXPECT_EQ(subscriber.first_ids(), ids(0, offered));
  EXPECT_EQ(mqtt->report().sent, offered);
  EXPECT_GT(mqtt->report().failed, 0u);
}

TEST_F(MqttTest, ALineThatSwallowsEverythingIsGivenUp) {
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  Subscriber subscriber(broker.port(), {"weir/front/event"});
  ASSERT_TRUE(until([&] { return subscriber.listening(); }));
  test::Line line(broker.port());
  tick();
  auto o = options(line.port());
  o.keepalive = std::chrono::seconds(65535);  // not what saves it here
  auto mqtt = make(o);
  ASSERT_NE(mqtt, nullptr);
  ASSERT_TRUE(until([&] { return mqtt->report().up; }));
  line.swallow(true);
  mqtt->offer(message(0));
  ASSERT_TRUE(until([&] { return mqtt->report().failed > 1; })) << "no acknowledgement, and then no connection";
  line.swallow(false);
  ASSERT_TRUE(until([&] { return mqtt->report().sent == 1; }));
  ASSERT_TRUE(until([&] { return subscriber.first_ids() == ids(0, 1); }));
}

TEST_F(MqttTest, ABrokerThatEndsAndComesBackGetsEverythingInOrder) {
  // It writes down at once who has subscribed.
  Broker broker(scratch, "allow_anonymous true\nautosave_interval 1\nautosave_on_changes true\n");
  ASSERT_TRUE(broker.start()) << broker.output();
  Subscriber subscriber(broker.port(), {"weir/front/event"});
  ASSERT_TRUE(until([&] { return subscriber.listening(); }));
  auto mqtt = make(options(broker.port()));
  ASSERT_NE(mqtt, nullptr);
  std::uint64_t offered = 0;
  for (const int signal : {SIGTERM, SIGKILL, SIGTERM, SIGKILL}) {
    for (int i = 0; i < 50; ++i) mqtt->offer(message(offered++));
    // Killed, it forgets what it has taken and not yet given on; weir has no part in that.
    if (signal == SIGKILL) ASSERT_TRUE(until([&] { return subscriber.first_ids().size() == offered; }));
    broker.end(signal);
    for (int i = 0; i < 50; ++i) mqtt->offer(message(offered++));
    ASSERT_TRUE(until([&] { return !mqtt->report().up; }));
    ASSERT_TRUE(broker.start()) << broker.output();
  }
  ASSERT_TRUE(until([&] { return mqtt->report().waiting == 0; }));
  EXPECT_EQ(mqtt->report().sent, offered);
  ASSERT_TRUE(until([&] { return subscriber.first_ids().size() == offered; })) << subscriber.first_ids().size();
  EXPECT_EQ(subscriber.first_ids(), ids(0, offered));
}

TEST_F(MqttTest, WhatWaitsSurvivesTheSender) {
  Broker broker(scratch);
  for (std::uint64_t run = 0; run < 2; ++run) {
    auto mqtt = make(options(broker.port()));
    ASSERT_NE(mqtt, nullptr);
    for (std::uint64_t i = 0; i < 20; ++i) mqtt->offer(message(run * 20 + i));
    ASSERT_TRUE(until([&] { return mqtt->report().failed > 0; }));
    ASSERT_TRUE(mqtt->close(Clock::real().now() + test::patient));
    EXPECT_EQ(mqtt->report().waiting, (run + 1) * 20);
  }
  ASSERT_TRUE(broker.start()) << broker.output();
  Subscriber subscriber(broker.port(), {"weir/#"});
  ASSERT_TRUE(until([&] { return subscriber.listening(); }));
  auto mqtt = make(options(broker.port()));
  ASSERT_NE(mqtt, nullptr);
  ASSERT_TRUE(until([&] { return mqtt->report().up; }));
  ASSERT_TRUE(mqtt->close(Clock::real().now() + test::patient));
  EXPECT_EQ(mqtt->report().sent, 40u);
  ASSERT_TRUE(until([&] { return subscriber.first_ids().size() == 40; }));
  EXPECT_EQ(subscriber.first_ids(), ids(0, 40));
  ASSERT_TRUE(until([&] { return subscriber.last("weir/status") == "offline"; })) << "said at an orderly end";
}

TEST_F(MqttTest, TheBrokerSaysOfflineWhenWeirIsGoneWithoutAWord) {
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  Subscriber subscriber(broker.port(), {"weir/status"});
  ASSERT_TRUE(until([&] { return subscriber.listening(); }));
  test::Line line(broker.port());
  auto o = options(line.port());
  auto mqtt = make(o);
  ASSERT_NE(mqtt, nullptr);
  ASSERT_TRUE(until([&] { return subscriber.last("weir/status") == "online"; }));
  subscriber.forget();
  line.cut();
  ASSERT_TRUE(until([&] { return subscriber.got().size() >= 2; })) << "offline by the broker, and online again";
  EXPECT_EQ(subscriber.got()[0].payload, "offline");
  EXPECT_EQ(subscriber.got()[1].payload, "online");
}

TEST_F(MqttTest, HomeAssistantIsToldAtEveryConnectWhenItStartsAndWhenSomethingChanges) {
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  Subscriber assistant(broker.port(), {"homeassistant/+/+/+/config", "weir/status"});
  ASSERT_TRUE(until([&] { return assistant.listening(); }));
  test::Line line(broker.port());
  auto mqtt = make(options(line.port()));
  ASSERT_NE(mqtt, nullptr);
  const std::vector<Entity> entities = {{Entity::Kind::motion, "front"},
                                        {Entity::Kind::occupancy, "front", "drive", "person"},
                                        {Entity::Kind::count, "front", "drive", "person"}};
  const auto configs = [&] {
    std::size_t n = 0;
    for (const Got& g : assistant.got()) n += g.topic.starts_with("homeassistant/") ? 1 : 0;
    return n;
  };
  mqtt->announce(entities);
  ASSERT_TRUE(until([&] { return configs() == 3; }));
  for (const Entity& entity : entities) {
    const Message expected = discovery_of(entity, {});
    EXPECT_EQ(assistant.last(expected.topic), expected.body);
  }
  // The birth message of Home Assistant; anything else there is not one.
  assistant.publish("homeassistant/status", "offline");
  assistant.publish("homeassistant/status", "online");
  ASSERT_TRUE(until([&] { return configs() == 6; }));
  line.cut();
  ASSERT_TRUE(until([&] { return configs() == 9; }));
  mqtt->announce({entities[0], entities[2]});
  ASSERT_TRUE(until([&] { return configs() == 12; }));
  EXPECT_EQ(assistant.last(discovery_of(entities[1], {}).topic), "") << "taken back";
  EXPECT_NE(assistant.last(discovery_of(entities[0], {}).topic), "");
  // Who comes later finds what is left, and what was taken back is not there.
  mqtt->offer(message(1));
  ASSERT_TRUE(until([&] { return mqtt->report().sent == 1; })) << "events and announcements go side by side";
  EXPECT_EQ(configs(), 12u);
}

TEST_F(MqttTest, WithoutDiscoveryNothingIsAnnounced) {
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  Subscriber assistant(broker.port(), {"#"});
  ASSERT_TRUE(until([&] { return assistant.listening(); }));
  auto o = options(broker.port());
  o.discovery = false;
  o.topic_prefix = "home/weir";
  auto mqtt = make(o);
  ASSERT_NE(mqtt, nullptr);
  mqtt->announce({{Entity::Kind::motion, "front"}});
  mqtt->offer(message(1));
  ASSERT_TRUE(until([&] { return assistant.last("home/weir/front/event").has_value(); }));
  for (const Got& g : assistant.got()) EXPECT_TRUE(g.topic.starts_with("home/weir/")) << g.topic;
}

TEST_F(MqttTest, ATopicThatMqttDoesNotAllowIsRefusedAndTheNextGo) {
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  auto mqtt = make(options(broker.port()));
  ASSERT_NE(mqtt, nullptr);
  using std::string_literals::operator""s;
  for (const std::string& topic : {"front/+"s, "front/#"s, ""s, "a\0b"s, "\xff"s})
    mqtt->offer({"bad", topic, "{}", false});
  mqtt->offer(message(1));
  ASSERT_TRUE(until([&] { return mqtt->report().waiting == 0; }));
  EXPECT_EQ(mqtt->report().dropped["refused"], 5u);
  EXPECT_EQ(mqtt->report().sent, 1u);
}

TEST_F(MqttTest, AWrongPasswordIsSaidWithoutThePassword) {
  const auto passwords = scratch / "passwords";
  const auto made = test::run({{"mosquitto_passwd", "-b", "-c", passwords.string(), "weir", "right"}});
  ASSERT_TRUE(made.ok()) << made.line();
  Broker broker(scratch, "allow_anonymous false\npassword_file " + passwords.string() + "\n");
  ASSERT_TRUE(broker.start()) << broker.output();
  auto o = options(broker.port());
  o.username = "weir";
  o.password = "hunter2";
  {
    auto mqtt = make(o);
    mqtt->offer(message(1));
    ASSERT_TRUE(until([&] { return mqtt->report().failed > 1; }));
    const auto report = mqtt->report();
    EXPECT_EQ(report.sent, 0u);
    EXPECT_FALSE(report.up);
    EXPECT_NE(report.last_error.find("refuses the connection"), std::string::npos) << report.last_error;
    EXPECT_EQ((report.last_error + report.to).find("hunter2"), std::string::npos);
  }
  o.password = "right";
  auto mqtt = make(o);
  ASSERT_TRUE(until([&] { return mqtt->report().sent == 1; })) << mqtt->report().last_error;
}

TEST_F(MqttTest, OnlyABrokerWithATrustedCertificateIsTalkedTo) {
  const auto certificate = [&](const std::string& name) {
    const auto key = scratch / (name + ".key"), file = scratch / (name + ".crt");
    return test::run({{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-addext",
                       "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key.string(), "-out", file.string()}})
        .ok();
  };
  if (!certificate("broker") || !certificate("other")) GTEST_SKIP() << "openssl is not installed";
  Broker broker(scratch, "allow_anonymous true\ncertfile " + (scratch / "broker.crt").string() + "\nkeyfile " +
                             (scratch / "broker.key").string() + "\n");
  ASSERT_TRUE(broker.start()) << broker.output();
  auto o = options(broker.port());
  o.tls = scratch / "other.crt";
  {
    auto mqtt = make(o);
    mqtt->offer(message(1));
    ASSERT_TRUE(until([&] { return mqtt->report().failed > 1; }));
    EXPECT_EQ(mqtt->report().sent, 0u);
  }
  o.tls = scratch / "broker.crt";
  auto mqtt = make(o);
  ASSERT_TRUE(until([&] { return mqtt->report().sent == 1; })) << mqtt->report().last_error;
  EXPECT_EQ(mqtt->report().to, "mqtts://127.0.0.1:" + std::to_string(broker.port()));
}

TEST_F(MqttTest, EveryAddressOfANameIsTried) {
  // localhost is ::1 first on most machines, and the broker listens on 127.0.0.1 alone.
  addrinfo* first = nullptr;
  ASSERT_EQ(::getaddrinfo("localhost", nullptr, nullptr, &first), 0);
  const bool six_first = first->ai_family == AF_INET6;
  ::freeaddrinfo(first);
  if (!six_first) GTEST_SKIP() << "on this machine localhost is 127.0.0.1 first";
  Broker broker(scratch);
  ASSERT_TRUE(broker.start()) << broker.output();
  auto o = options(broker.port());
  o.host = "localhost";
  auto mqtt = make(o);
  mqtt->offer(message(1));
  ASSERT_TRUE(until([&] { return mqtt->report().sent == 1; })) << mqtt->report().last_error;
}

TEST_F(MqttTest, SettingsThatCannotBeAreOneLine) {
  const auto refused = [&](auto change) {
    auto o = options(1883);
    change(o);
    const auto made = Mqtt::make(o);
    EXPECT_FALSE(made);
    return made ? Code::failed : made.error().code;
  };
  EXPECT_EQ(refused([](auto& o) { o.host = ""; }), Code::invalid);
  EXPECT_EQ(refused([](auto& o) { o.port = 0; }), Code::invalid);
  EXPECT_EQ(refused([](auto& o) { o.password = "x"; }), Code::invalid);
  EXPECT_EQ(refused([](auto& o) { o.topic_prefix = "a/#"; }), Code::invalid);
  EXPECT_EQ(refused([](auto& o) { o.topic_prefix = ""; }), Code::invalid);
  EXPECT_EQ(refused([](auto& o) { o.discovery_prefix = "+"; }), Code::invalid);
  EXPECT_EQ(refused([](auto& o) { o.keepalive = std::chrono::seconds(1); }), Code::invalid);
  EXPECT_EQ(refused([](auto& o) { o.tls = "/nowhere/ca.crt"; }), Code::not_found);
}

}  // namespace
}  // namespace weir::notify
