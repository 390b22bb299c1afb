// Who is told of events hears of every one, in order, whatever falls over meanwhile: the receiver, the broker, weir.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "tests/support/watch_run.hpp"
#include "tests/support/ws_client.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Turns come thick and fast: three scenes with two zones and a line each.
std::string cameras(const std::string& more = {}) {
  std::string out;
  for (const char* id : {"street", "station", "harbour"}) {
    const std::string camera = "[cameras." + std::string(id);
    out += camera + "]\nurl = \"demo:" + id + "?size=320x180&fps=15" + more + "\"\ndetect.fps = 0\n";
    out += camera + ".zones.left]\npoints = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]\n";
    out += camera + ".zones.all]\npoints = [[0, 0], [1, 0], [1, 1], [0, 1]]\ndwell_s = 1\n";
    out += camera + ".lines.middle]\npoints = [[0.5, 0], [0.5, 1]]\n";
  }
  return out;
}

using Turns = std::map<std::string, std::vector<std::string>>;  // by camera, as they are told

// Cameras take turns with the file as they come: each has its own order.
Turns turns_of(const std::filesystem::path& events) {
  Turns out;
  std::ifstream file(events);
  for (std::string line; std::getline(file, line);) {
    const Json event = Json::parse(line);
    if (event["type"] != "box") out[event["camera"]].push_back(line);
  }
  return out;
}

void add(Turns& to, const Turns& more) {
  for (const auto& [camera, lines] : more) to[camera].insert(to[camera].end(), lines.begin(), lines.end());
}

std::size_t total(const Turns& turns) {
  std::size_t sum = 0;
  for (const auto& [camera, lines] : turns) sum += lines.size();
  return sum;
}

// Another time in a row is the same message again, which may be.
void heard(Turns& turns, const std::string& body) {
  auto& lines = turns[Json::parse(body)["camera"]];
  if (lines.empty() || lines.back() != body) lines.push_back(body);
}

std::uint64_t of_sender(const Json& report, const char* key) {
  const Json senders = report.value("senders", Json::array());
  return senders.empty() ? 0 : senders[0].value(key, std::uint64_t{0});
}

int listen_on(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 16) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

int free_port() {
  const int fd = listen_on(0);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

// A web server that takes what is posted to it, one connection after the other, while it is up.
class Receiver {
 public:
  explicit Receiver(int port) : port_(port) {}
  ~Receiver() { down(); }

  void up() {
    const int fd = listen_on(port_);
    ASSERT_GE(fd, 0);
    thread_ = std::jthread([this, fd](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        pollfd waiting{fd, POLLIN, 0};
        if (::poll(&waiting, 1, 20) <= 0) continue;
        const int client = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
        serve(client, stop);
        ::close(client);
      }
      ::close(fd);
    });
  }
  // In the middle of whatever it does.
  void down() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  Turns got() const {
    std::lock_guard lock(mutex_);
    return got_;
  }
  std::vector<std::string> keys() const {
    std::lock_guard lock(mutex_);
    return keys_;
  }

 private:
  void serve(int client, const std::stop_token& stop) {
    std::string text;
    while (!stop.stop_requested()) {
      pollfd waiting{client, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      char bytes[4096];
      const ssize_t n = ::recv(client, bytes, sizeof bytes, 0);
      if (n <= 0) return;
      text.append(bytes, static_cast<std::size_t>(n));
      const std::size_t head = text.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const std::size_t length = std::stoul(value(text, "Content-Length: "));
      if (text.size() < head + 4 + length) continue;
      {
        std::lock_guard lock(mutex_);
        heard(got_, text.substr(head + 4, length));
        keys_.push_back(value(text, "Idempotency-Key: "));
      }
      text.erase(0, head + 4 + length);
      // Now and then it takes a message and dies before it says so.
      if (++served_ % 7 == 0) return;
      constexpr std::string_view ok = "HTTP/1.1 204 No Content\r\n\r\n";
      if (::send(client, ok.data(), ok.size(), MSG_NOSIGNAL) < 0) return;
    }
  }
  static std::string value(const std::string& text, std::string_view name) {
    const std::size_t at = text.find(name);
    return at == std::string::npos ? "0" : text.substr(at + name.size(), text.find('\r', at) - at - name.size());
  }

  const int port_;
  unsigned served_ = 0;
  mutable std::mutex mutex_;
  Turns got_;
  std::vector<std::string> keys_;
  std::jthread thread_;
};

class Notify : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built"; }
  std::string queue() const { return "[notify]\ndir = \"" + (dir_ / "queue").string() + "\"\n"; }
  ScratchDir dir_;
};

TEST_F(Notify, a_webhook_gets_every_turn_in_order_over_its_own_deaths_and_those_of_weir) {
  const int port = free_port();
  const std::string settings =
      queue() + "[webhook]\nurl = \"http://127.0.0.1:" + std::to_string(port) + "/hook\"\ntoken = \"s3cret\"\n";
  Receiver receiver(port);
  Turns told;
  {
    // Nobody is there: what is told waits for the next run.
    const std::string events = dir_ / "first.jsonl";
    WatchRun watch(settings + cameras("&frames=300"), {"--fast", "--events", events});
    const Outcome outcome = watch.finish();
    ASSERT_TRUE(outcome.ok()) << outcome.line();
    EXPECT_THAT(outcome.err, testing::Not(HasSubstr("s3cret")));
    add(told, turns_of(events));
    EXPECT_EQ(of_sender(watch.report(), "waiting"), total(told));
    ASSERT_GT(total(told), 10U);
  }
  {
    // Killed in the middle, with nobody there.
    const std::string events = dir_ / "second.jsonl";
    WatchRun watch(settings + cameras(), {"--events", events});
    ASSERT_TRUE(watch.wait_until([&](const Json& report) {
      return of_sender(report, "waiting") >= total(told) + 5 && of_sender(report, "failures") > 0;
    })) << watch.process().err();
    // What is in the file was told; that it waits on the disk, too, takes a moment.
    const Turns then = turns_of(events);
    std::this_thread::sleep_for(1s);
    watch.process().send(SIGKILL);
    watch.process().wait();
    Turns since = turns_of(events);
    for (auto& [camera, lines] : since) EXPECT_GE(lines.size(), then.contains(camera) ? then.at(camera).size() : 0);
    add(told, then);
  }
  const std::string events = dir_ / "third.jsonl";
  WatchRun watch(settings + cameras(), {"--events", events});
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return of_sender(report, "failures") > 0; }));
  receiver.up();
  ASSERT_TRUE(watch.wait_until([&](const Json& report) { return of_sender(report, "sent") > 10; }));
  receiver.down();
  const auto failures = of_sender(watch.report(), "failures");
  ASSERT_TRUE(watch.wait_until([&](const Json& report) { return of_sender(report, "failures") > failures; }));
  receiver.up();
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return of_sender(report, "waiting") == 0; }));
  EXPECT_EQ(watch.stop(SIGTERM).exit_code, 143);
  EXPECT_EQ(imbalance(watch.report()), "");
  EXPECT_TRUE(watch.report()["senders"][0]["dropped"].empty()) << watch.report()["senders"];

  const Turns last = turns_of(events), got = receiver.got();
  std::uint64_t waiting = of_sender(watch.report(), "waiting"), missing = 0;
  for (const auto& [camera, lines] : told) {
    // Every line that was told before, in order, with those between that came after the look at the second file.
    const auto& all = got.at(camera);
    auto at = all.begin();
    for (const std::string& line : lines) {
      at = std::find(at, all.end(), line);
      ASSERT_NE(at, all.end()) << line;
    }
  }
  for (const auto& [camera, lines] : last) {
    const auto& all = got.at(camera);
    auto at = std::find(all.begin(), all.end(), lines.front());
    for (const std::string& line : lines) {
      if (at == all.end()) {
        ++missing;
      } else {
        EXPECT_EQ(*at++, line);
      }
    }
  }
  // One may have arrived whose answer did not: it waits, and comes again.
  EXPECT_THAT(waiting, testing::AnyOf(missing, missing + 1)) << "what was not sent at the end waits for the next run";
  // A key for each, the same only for the same message again.
  auto keys = receiver.keys();
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

// mosquitto, keeping what it knows over its own end.
class Broker {
 public:
  Broker(const ScratchDir& dir, int port) : settings_(dir / "mosquitto.conf"), port_(port) {
    std::ofstream(settings_) << "listener " << port << " 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
                             << "persistence_location " << dir.path().string() << "/\nmax_queued_messages 0\n";
  }
  void up() {
    process_.emplace(Command{.argv = {"mosquitto", "-c", settings_.string()}});
    ASSERT_TRUE(process_->wait_for_output("running")) << process_->err();
  }
  void down() {
    process_->send(SIGTERM);
    process_->wait();
  }
  Command subscriber(std::vector<std::string> arguments) const {
    std::vector<std::string> argv{
        "stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(port_), "-t", "#", "-F", "%t\t%p"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return {.argv = std::move(argv), .max_output_bytes = std::size_t{64} << 20};
  }

 private:
  const std::filesystem::path settings_;
  const int port_;
  std::optional<Process> process_;
};

std::vector<std::pair<std::string, std::string>> messages(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) out.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  return out;
}

TEST_F(Notify, mqtt_gets_every_turn_in_order_over_the_brokers_end_and_the_last_word_is_that_nothing_is_there) {
  if (!run({.argv = {"sh", "-c", "command -v mosquitto mosquitto_sub stdbuf"}}).ok()) {
    GTEST_SKIP() << "no mosquitto or no mosquitto_sub here";
  }
  const int port = free_port();
  Broker broker(dir_, port);
  broker.up();
  Process subscriber(broker.subscriber({"-q", "1", "-c", "-i", "listener", "-d"}));
  ASSERT_TRUE(subscriber.wait_for_output("Subscribed"));

  const std::string events = dir_ / "events.jsonl";
  WatchRun watch(queue() + "[mqtt]\nhost = \"127.0.0.1\"\nport = " + std::to_string(port) + "\n" + cameras(),
                 {"--events", events});
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return of_sender(report, "sent") > 40; }))
      << watch.process().err();
  broker.down();
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return of_sender(report, "waiting") > 10; }));
  broker.up();
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return of_sender(report, "waiting") == 0; }));
  // Another zone, while it runs.
  const std::string drawing =
      R"({"zones": [{"name": "drawn", "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}], "lines": [], "masks": []})";
  const auto taken =
      http(static_cast<std::uint16_t>(watch.port()), "PUT", "/api/cameras/street/drawn",
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(drawing.size()) + "\r\n", {}, drawing);
  ASSERT_TRUE(taken && taken->status == 200);
  ASSERT_TRUE(subscriber.wait_for_output("weir/street/drawn/occupancy"));
  const Outcome outcome = watch.stop(SIGTERM);
  EXPECT_EQ(outcome.exit_code, 143) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  EXPECT_EQ(of_sender(watch.report(), "waiting"), 0U) << watch.report()["senders"];
  EXPECT_TRUE(watch.report()["senders"][0]["dropped"].empty()) << watch.report()["senders"];
  ASSERT_TRUE(subscriber.wait_for_output("weir/status\toffline")) << subscriber.err();

  Turns got;
  for (const auto& [topic, body] : messages(subscriber.out())) {
    if (topic.ends_with("/events")) heard(got, body);
  }
  const Turns told = turns_of(events);
  ASSERT_GT(total(told), 20U);
  for (const auto& [camera, lines] : told) EXPECT_EQ(got[camera], lines) << camera;

  std::map<std::string, std::string> retained;
  for (const auto& [topic, body] : messages(run(broker.subscriber({"--retained-only", "-W", "2"})).out)) {
    retained[topic] = body;
  }
  EXPECT_EQ(retained["weir/status"], "offline");
  EXPECT_THAT(retained["weir/street/drawn/occupancy"], HasSubstr("\"OFF\""));
  const auto configured = [&](const std::string& state) {
    return std::any_of(retained.begin(), retained.end(), [&](const auto& one) {
      return one.first.starts_with("homeassistant/") && one.first.ends_with("/config") && !one.second.empty() &&
             Json::parse(one.second)["state_topic"] == state;
    });
  };
  EXPECT_TRUE(configured("weir/street/drawn/occupancy"));
  EXPECT_FALSE(configured("weir/street/left/occupancy")) << "it was drawn away";
  for (const char* id : {"street", "station", "harbour"}) {
    const std::string camera = "weir/" + std::string(id);
    EXPECT_THAT(retained[camera + "/motion"], HasSubstr("\"OFF\"")) << id;
    EXPECT_FALSE(retained.contains(camera + "/events"));
    for (const char* zone : {"left", "all"}) {
      EXPECT_THAT(retained[camera + "/" + zone + "/occupancy"], HasSubstr("\"OFF\"")) << id << zone;
      EXPECT_THAT(retained[camera + "/" + zone + "/count"], HasSubstr("\"count\":0")) << id << zone;
    }
    // Home Assistant finds each by its configuration, which names the topic where it is told.
    for (const std::string state : {"/motion", "/left/occupancy", "/left/count", "/all/occupancy", "/all/count"}) {
      const bool drawn_away = camera == "weir/street" && state != "/motion";
      EXPECT_EQ(configured(camera + state), !drawn_away) << camera << state;
    }
  }
}

}  // namespace
}  // namespace weir::test
