#include "weir/server/notify/webhook.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <numeric>
#include <random>

#include "tests/support/process.hpp"
#include "weir/core/log.hpp"
#include "weir/server/notify/disk_queue.hpp"
#include "weir/server/notify/test_receiver.hpp"

namespace weir::notify {
namespace {

using test::Received;
using test::Receiver;

class Lines final : public LogSink {
 public:
  Lines() { set_log_sink(this); }
  ~Lines() override { set_log_sink(nullptr); }
  void write(Level, std::string_view owner, std::string_view text) override {
    std::lock_guard lock(mutex_);
    lines_.push_back(std::string(owner) + ": " + std::string(text));
  }
  std::vector<std::string> with(std::string_view part) const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& line : lines_) {
      if (line.find(part) != std::string::npos) out.push_back(line);
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

Message message(std::uint64_t n) {
  const std::string id = "id" + std::to_string(n);
  return {id, "front/motion", "{\"id\":\"" + id + "\"}", false};
}

std::vector<std::string> ids(std::uint64_t from, std::uint64_t to) {
  std::vector<std::string> out;
  for (std::uint64_t n = from; n < to; ++n) out.push_back("id" + std::to_string(n));
  return out;
}

std::uint64_t sum(const SenderReport& r) {
  return std::accumulate(r.dropped.begin(), r.dropped.end(), r.sent + r.waiting,
                         [](std::uint64_t s, const auto& d) { return s + d.second; });
}

class WebhookTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"}) ::unsetenv(name);
  }
  ~WebhookTest() override {
    ticking = false;
    if (ticker.joinable()) ticker.join();
  }

  std::unique_ptr<Webhook> make(const std::string& url, Nanos timeout = std::chrono::seconds(30)) {
    Webhook::Options options;
    options.url = url;
    options.timeout = timeout;
    options.queue_dir = scratch / "queue";
    options.clock = &clock;
    auto made = Webhook::make(options);
    EXPECT_TRUE(made) << made.error().line();
    return made ? std::move(*made) : nullptr;
  }
  // Lets virtual time pass, so that waits between attempts take next to no real time.
  void tick() {
    ticker = std::thread([this] {
      while (ticking) {
        clock.advance(std::chrono::milliseconds(100));
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    });
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

TEST_F(WebhookTest, AMessageArrivesAsAPostOfItsJsonWithItsId) {
  Receiver receiver([](const Received&) { return 204; });
  Webhook::Options options;
  options.url = receiver.url("/a/b?c=d");
  options.headers = {{"Authorization", "Bearer secret"}, {"X-Empty", ""}};
  options.queue_dir = scratch / "queue";
  auto webhook = Webhook::make(options);
  ASSERT_TRUE(webhook) << webhook.error().line();
  (*webhook)->offer({"a\r\nb", "t", "{\"id\":1}", false});
  ASSERT_TRUE(until([&] { return (*webhook)->report().sent == 1; }));
  const auto received = receiver.received();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].head.substr(0, 27), "POST /a/b?c=d HTTP/1.1\r\nHos");
  EXPECT_EQ(received[0].body, "{\"id\":1}");
  EXPECT_EQ(received[0].header("Content-Type"), "application/json");
  EXPECT_EQ(received[0].header("Idempotency-Key"), "a__b");
  EXPECT_EQ(received[0].header("Authorization"), "Bearer secret");
  EXPECT_NE(received[0].head.find("\r\nX-Empty:\r\n"), std::string::npos) << received[0].head;
  EXPECT_EQ(received[0].header("User-Agent").substr(0, 5), "weir/");
}

TEST_F(WebhookTest, AReceiverThatIsKilledAndComesBackGetsEverythingInOrder) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  tick();
  Receiver receiver([](const Received&) { return 200; });
  auto webhook = make(receiver.url());
  ASSERT_NE(webhook, nullptr);
  std::uint64_t offered = 0;
  for (int round = 0; round < 12; ++round) {
    for (std::uint64_t i = 0; i < 40; ++i) webhook->offer(message(offered++));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    receiver.stop();
    for (std::uint64_t i = 0; i < 20; ++i) webhook->offer(message(offered++));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    receiver.start();
  }
  ASSERT_TRUE(until([&] { return webhook->report().waiting == 0; }));
  EXPECT_EQ(receiver.accepted(), ids(0, offered));
  const auto report = webhook->report();
  EXPECT_EQ(report.sent, offered);
  for (const auto& [reason, count] : report.dropped) ADD_FAILURE() << count << " dropped: " << reason;
  EXPECT_TRUE(report.up);
}

TEST_F(WebhookTest, WhatWaitsSurvivesTheSender) {
  tick();
  std::atomic<int> status{503};
  Receiver receiver([&](const Received&) { return status.load(); });
  for (std::uint64_t run = 0; run < 3; ++run) {
    auto webhook = make(receiver.url());
    ASSERT_NE(webhook, nullptr);
    EXPECT_EQ(webhook->report().recovered, run * 50);
    for (std::uint64_t i = 0; i < 50; ++i) webhook->offer(message(run * 50 + i));
    if (run == 1) continue;  // without a word
    ASSERT_TRUE(webhook->close(clock.now() + std::chrono::hours(1)));
    EXPECT_EQ(webhook->report().waiting, (run + 1) * 50);
    webhook->offer(message(99));
    EXPECT_EQ(webhook->report().dropped["closed"], 1u);
  }
  status = 200;
  auto webhook = make(receiver.url());
  ASSERT_NE(webhook, nullptr);
  // An end in order waits for a receiver that takes what there is.
  ASSERT_TRUE(webhook->close(clock.now() + std::chrono::hours(1000)));
  EXPECT_EQ(receiver.accepted(), ids(0, 150));
  EXPECT_EQ(webhook->report().waiting, 0u);
  EXPECT_EQ(webhook->report().sent, 150u);
}

TEST_F(WebhookTest, OneThatIsRefusedIsDroppedAndTheNextGo) {
  Lines lines;
  Receiver receiver([](const Received& r) {
    const std::string id = r.header("Idempotency-Key");
    return id == "id3" || id == "id5" ? 404 : id == "id7" ? 422 : 200;
  });
  auto webhook = make(receiver.url());
  ASSERT_NE(webhook, nullptr);
  for (std::uint64_t i = 0; i < 10; ++i) webhook->offer(message(i));
  ASSERT_TRUE(until([&] { return webhook->report().waiting == 0; }));
  const auto report = webhook->report();
  EXPECT_EQ(report.sent, 7u);
  EXPECT_EQ(report.dropped.at("refused"), 3u);
  EXPECT_EQ(report.failed, 0u);
  EXPECT_NE(report.last_error.find("422"), std::string::npos) << report.last_error;
  EXPECT_EQ(receiver.received().size(), 10u) << "none is tried again";
  EXPECT_EQ(lines.with("HTTP 404").size(), 1u) << "once for each cause";
  EXPECT_EQ(lines.with("HTTP 422").size(), 1u);
}

TEST_F(WebhookTest, EveryOtherAnswerIsTriedAgainWithoutLettingTheNextPass) {
  Lines lines;
  tick();
  for (const int status : {500, 502, 503, 408, 429, 301, 307, test::hang_up}) {
    std::atomic<int> attempts{0};
    Receiver receiver([&](const Received&) { return ++attempts <= 3 ? status : 200; });
    auto webhook = make(receiver.url());
    ASSERT_NE(webhook, nullptr);
    for (std::uint64_t i = 0; i < 5; ++i) webhook->offer(message(i));
    ASSERT_TRUE(until([&] { return webhook->report().waiting == 0; })) << status;
    EXPECT_EQ(receiver.accepted(), ids(0, 5)) << status;
    EXPECT_EQ(webhook->report().failed, 3u) << status;
    for (const Received& r : receiver.received()) EXPECT_EQ(r.head.substr(0, 11), "POST /hook ") << "redirected";
  }
  EXPECT_EQ(lines.with("wait on disk").size(), 8u) << "once for each time it was gone";
  EXPECT_EQ(lines.with("is there again").size(), 8u);
}

TEST_F(WebhookTest, AReceiverThatHangsIsGivenUpAndTriedAgain) {
  tick();
  std::atomic<int> attempts{0};
  Receiver receiver([&](const Received&) { return ++attempts == 1 ? test::hang : 200; });
  auto webhook = make(receiver.url(), std::chrono::milliseconds(300));
  ASSERT_NE(webhook, nullptr);
  webhook->offer(message(1));
  ASSERT_TRUE(until([&] { return webhook->report().sent == 1; }));
  EXPECT_GE(webhook->report().failed, 1u);
  EXPECT_NE(webhook->report().last_error.find("Timeout"), std::string::npos) << webhook->report().last_error;
}

TEST_F(WebhookTest, AnAnswerWithoutAnEndCountsByItsStatus) {
  Receiver receiver([](const Received&) { return test::babble; });
  auto webhook = make(receiver.url());
  ASSERT_NE(webhook, nullptr);
  webhook->offer(message(1));
  ASSERT_TRUE(until([&] { return webhook->report().sent == 1; }));
}

TEST_F(WebhookTest, TheEndDoesNotWaitForAReceiverThatHangs) {
  Receiver receiver([](const Received&) { return test::hang; });
  auto webhook = make(receiver.url(), std::chrono::hours(10));
  ASSERT_NE(webhook, nullptr);
  webhook->offer(message(1));
  ASSERT_TRUE(until([&] { return receiver.received().size() == 1; }));
  // Past the timers that the library has while it connects: now only the stop can wake it.
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  ASSERT_TRUE(webhook->close(clock.now()));
  EXPECT_EQ(webhook->report().waiting, 1u);
  EXPECT_EQ(webhook->report().sent, 0u);
}

TEST_F(WebhookTest, WaitsBetweenAttemptsGrowToAMinuteAndNotBeyond) {
  // Time stands still unless it is moved here: an attempt happens only when its wait is over.
  std::atomic<int> attempts{0};
  Receiver receiver([&](const Received&) { return ++attempts, 503; });
  auto webhook = make(receiver.url());
  ASSERT_NE(webhook, nullptr);
  webhook->offer(message(1));
  Nanos longest{0};
  for (int n = 1; n < 25; ++n) {
    ASSERT_TRUE(until([&] { return webhook->report().failed == static_cast<std::uint64_t>(n); }));
    Nanos waited{0};
    const Nanos step = n < 6 ? std::chrono::milliseconds(100) : std::chrono::seconds(1);
    while (attempts == n) {
      clock.advance(step);
      waited += step;
      ASSERT_LE(waited, std::chrono::hours(1));
      // Long enough for the thread to look at the clock (every 0.2 ms) and to send.
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (n == 1) EXPECT_GE(waited, std::chrono::milliseconds(200));
    if (n > 10) EXPECT_GE(waited, std::chrono::seconds(29));
    longest = std::max(longest, waited);
  }
  EXPECT_GE(longest, std::chrono::seconds(30));
}

TEST_F(WebhookTest, OfferNeverWaitsAndWhatTheQueueCannotHoldIsCounted) {
  Webhook::Options options;
  options.url = "http://127.0.0.1:1/";
  options.queue_dir = scratch / "queue";
  options.queue_max_bytes = DiskQueue::min_max_bytes;
  options.clock = &clock;
  auto webhook = Webhook::make(options);
  ASSERT_TRUE(webhook) << webhook.error().line();
  Message large = message(1);
  large.body.assign(20000, 'x');
  for (int i = 0; i < 3000; ++i) (*webhook)->offer(large);
  large.body.assign(max_message_bytes, 'x');
  (*webhook)->offer(large);
  ASSERT_TRUE((*webhook)->close(clock.now()));
  auto report = (*webhook)->report();
  EXPECT_EQ(report.offered, 3001u);
  EXPECT_EQ(report.dropped["large"], 1u);
  EXPECT_GT(report.dropped["full"], 0u);
  EXPECT_LE(report.waiting_bytes, DiskQueue::min_max_bytes);
  EXPECT_EQ(sum(report), report.offered + report.recovered);
}

TEST_F(WebhookTest, NothingOfTheAddressButSchemeHostAndPortIsEverShown) {
  Lines lines;
  const std::string secret = "hunter2";
  Webhook::Options options;
  options.queue_dir = scratch / "queue";
  options.headers = {{"Authorization", secret}};
  options.clock = &clock;
  std::string seen;
  for (const std::string& url : {"http://user:" + secret + "@127.0.0.1:1/" + secret + "?token=" + secret + "#" + secret,
                                 "http://user:" + secret + "@no-such-host.invalid/" + secret,
                                 "https://user:" + secret + "@127.0.0.1:1/" + secret}) {
    options.url = url;
    auto webhook = Webhook::make(options);
    ASSERT_TRUE(webhook) << webhook.error().line();
    (*webhook)->offer(message(1));
    ASSERT_TRUE(until([&] { return (*webhook)->report().failed > 0; }));
    const auto report = (*webhook)->report();
    seen += report.to + " " + report.last_error + "\n";
  }
  for (const std::string& url : {"ftp://" + secret + "@host/", "http://" + secret + " @/", "user:" + secret + "@host",
                                 "http://host:99999/" + secret, std::string()}) {
    options.url = url;
    const auto webhook = Webhook::make(options);
    ASSERT_FALSE(webhook) << url;
    EXPECT_EQ(webhook.error().code, Code::invalid);
    seen += webhook.error().line() + "\n";
  }
  options.url = "http://127.0.0.1:1/";
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"Bad Name", secret}, {"X-Value", secret + "\r\nInjected: 1"}, {"", secret}}) {
    options.headers = {{name, value}};
    const auto webhook = Webhook::make(options);
    ASSERT_FALSE(webhook) << name;
    seen += webhook.error().line() + "\n";
  }
  for (const std::string& line : lines.with("")) seen += line + "\n";
  EXPECT_EQ(seen.find(secret), std::string::npos) << seen;
  EXPECT_NE(seen.find("http://127.0.0.1:1 "), std::string::npos) << seen;
  EXPECT_NE(seen.find("https://127.0.0.1:1 "), std::string::npos) << seen;
}

TEST_F(WebhookTest, ACertificateThatNobodyVouchesForIsNotTalkedTo) {
  const auto key = scratch / "key.pem", certificate = scratch / "cert.pem";
  const auto made =
      test::run({{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-addext",
                  "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key.string(), "-out", certificate.string()}});
  if (!made.ok()) GTEST_SKIP() << "openssl is not installed: " << made.line();
  // The port is free, and was a moment ago.
  std::uint16_t port = 0;
  {
    Receiver free([](const Received&) { return 200; });
    port = free.port();
  }
  test::Process server({{"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port), "-cert",
                         certificate.string(), "-key", key.string(), "-www"}});
  ASSERT_TRUE(server.wait_for_output("ACCEPT")) << server.err();
  auto webhook = make("https://127.0.0.1:" + std::to_string(port) + "/");
  ASSERT_NE(webhook, nullptr);
  webhook->offer(message(1));
  ASSERT_TRUE(until([&] { return webhook->report().failed > 0; }));
  EXPECT_EQ(webhook->report().sent, 0u);
  EXPECT_NE(webhook->report().last_error.find("certificate"), std::string::npos) << webhook->report().last_error;
}

}  // namespace
}  // namespace weir::notify
