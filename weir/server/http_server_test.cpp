#include "weir/server/http_server.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/ws_client.hpp"

namespace weir::server {
namespace {

using nlohmann::json;
using test::http;
using test::WsClient;

class HttpServerTest : public testing::Test {
 protected:
  std::uint16_t start(HttpServerOptions options = {}) {
    options.port = 0;
    server = std::make_unique<HttpServer>(options, hub);
    server->add_route("/api/report", [](const Request&) { return Response{200, "application/json", "{\"weir\":1}"}; });
    server->add_route("/echo", [](const Request& request) {
      return Response{200, "text/plain", std::string(request.path) + "?" + std::string(request.query)};
    });
    server->add_route("/large", [](const Request&) { return Response{200, "text/plain", std::string(3000000, 'x')}; });
    server->add_route("/throws", [](const Request&) -> Response { throw std::runtime_error("no figures"); });
    auto listening = server->start();
    EXPECT_TRUE(listening) << listening.error().line();
    return listening ? listening->port : 0;
  }

  StreamHub hub{"watch"};
  std::unique_ptr<HttpServer> server;
};

TEST_F(HttpServerTest, AnAddressOfAnotherMachineIsRefusedWithOneLine) {
  for (const char* address : {"0.0.0.0", "::", "192.168.1.1", "example.org", "127.0.0.2", ""}) {
    HttpServerOptions options;
    options.address = address;
    options.port = 0;
    HttpServer refused(options, hub);
    const auto listening = refused.start();
    ASSERT_FALSE(listening) << address;
    EXPECT_EQ(listening.error().code, Code::invalid);
    EXPECT_NE(listening.error().line().find("127.0.0.1"), std::string::npos) << listening.error().line();
  }
}

TEST_F(HttpServerTest, APortInUseIsOneLineThatNamesIt) {
  const auto port = start();
  HttpServerOptions options;
  options.port = port;
  HttpServer second(options, hub);
  const auto listening = second.start();
  ASSERT_FALSE(listening);
  const std::string line = listening.error().line();
  EXPECT_NE(line.find(std::to_string(port)), std::string::npos) << line;
  EXPECT_NE(line.find("in use"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST_F(HttpServerTest, ThePortIsFreeAgainAsSoonAsItHasStopped) {
  const auto port = start();
  ASSERT_TRUE(http(port, "GET", "/echo"));
  server->stop();
  HttpServerOptions options;
  options.port = port;
  HttpServer again(options, hub);
  const auto listening = again.start();
  ASSERT_TRUE(listening) << listening.error().line();
  EXPECT_EQ(listening->port, port);
}

TEST_F(HttpServerTest, ListensOnIpv6Loopback) {
  HttpServerOptions options;
  options.address = "::1";
  options.port = 0;
  HttpServer six(options, hub);
  const auto listening = six.start();
  if (!listening && listening.error().detail.find("Cannot assign") != std::string::npos) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  ASSERT_TRUE(listening) << listening.error().line();
  EXPECT_EQ(listening->url, "http://[::1]:" + std::to_string(listening->port) + "/");
}

TEST_F(HttpServerTest, RoutesAnswerGetAndHeadAndNothingElse) {
  const auto port = start();
  const auto get = http(port, "GET", "/api/report");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->status, 200);
  EXPECT_EQ(get->body, "{\"weir\":1}");
  EXPECT_EQ(get->header("content-type"), "application/json");
  EXPECT_EQ(get->header("cache-control"), "no-store");
  const auto echo = http(port, "GET", "/echo?a=1&b=2");
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->body, "/echo?a=1&b=2");
  const auto head = http(port, "HEAD", "/api/report");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("content-length"), "10");
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const auto refused = http(port, method, "/api/report", "Content-Length: 0\r\n");
    ASSERT_TRUE(refused) << method;
    EXPECT_EQ(refused->status, 405) << method;
    EXPECT_EQ(refused->header("allow"), "GET, HEAD");
  }
  const auto missing = http(port, "GET", "/nothing");
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
}

TEST_F(HttpServerTest, AHeadAnswerIsFollowedByTheNextAnswerAndNotByABody) {
  const auto port = start();
  test::TcpClient client(port);
  const std::string host = " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n";
  ASSERT_TRUE(client.send("HEAD /large" + host));
  const auto head = test::read_answer(client, true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("content-length"), "3000000");
  ASSERT_TRUE(client.send("GET /echo?x" + host));
  const auto get = test::read_answer(client);
  ASSERT_TRUE(get);
  EXPECT_EQ(get->body, "/echo?x");
}

TEST_F(HttpServerTest, ALargeAnswerArrivesWholeAndTheConnectionServesOn) {
  const auto port = start();
  test::TcpClient client(port);
  const std::string request = "GET /large HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n\r\n";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(request));
    const auto answer = test::read_answer(client);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, std::string(3000000, 'x'));
  }
}

TEST_F(HttpServerTest, AHandlerThatThrowsIsAnswered500AndTheServerGoesOn) {
  const auto port = start();
  const auto thrown = http(port, "GET", "/throws");
  ASSERT_TRUE(thrown);
  EXPECT_EQ(thrown->status, 500);
  const auto next = http(port, "GET", "/api/report");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->status, 200);
}

TEST_F(HttpServerTest, EveryViewOfThePageIsAnsweredWithThePage) {
  const auto port = start();
  const auto root = http(port, "GET", "/");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->status, 200);
  EXPECT_NE(root->body.find("<!doctype html>"), std::string::npos) << root->body.substr(0, 200);
  EXPECT_EQ(root->header("content-type"), "text/html; charset=utf-8");
  for (const char* path :
       {"/memory", "/health", "/watch/front", "/events", "/events/17", "/watch/a%20b", "/index.html"}) {
    const auto view = http(port, "GET", path);
    ASSERT_TRUE(view) << path;
    EXPECT_EQ(view->status, 200) << path;
    EXPECT_EQ(view->body, root->body) << path;
  }
  const auto packed = http(port, "GET", "/", "Accept-Encoding: br, gzip\r\n");
  ASSERT_TRUE(packed);
  EXPECT_EQ(packed->header("content-encoding"), "gzip");
  const auto unpacked = gunzip(std::as_bytes(std::span(packed->body)));
  ASSERT_TRUE(unpacked) << unpacked.error().line();
  EXPECT_EQ(*unpacked, root->body);
  const auto same = http(port, "GET", "/", "If-None-Match: " + packed->header("etag") + "\r\n");
  ASSERT_TRUE(same);
  EXPECT_EQ(same->status, 304);
}

TEST_F(HttpServerTest, EveryAnswerCarriesTheSecurityHeaders) {
  const auto port = start();
  for (const char* path : {"/", "/api/report", "/nothing", "/throws"}) {
    const auto answer = http(port, "GET", path);
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->header("content-security-policy").substr(0, 37), "default-src 'none'; script-src 'self'")
        << answer->head;
    EXPECT_EQ(answer->header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer->header("referrer-policy"), "no-referrer");
  }
}

TEST_F(HttpServerTest, ANameThatWasMadeToPointHereIsRefused) {
  const auto port = start();
  const std::string p = std::to_string(port);
  for (const std::string& host : {"localhost:" + p, "127.0.0.1:" + p, "LOCALHOST:" + p}) {
    const auto answer = http(port, "GET", "/api/report", {}, host);
    ASSERT_TRUE(answer) << host;
    EXPECT_EQ(answer->status, 200) << host;
  }
  for (const std::string& host : {std::string("evil.example"), "evil.example:" + p, std::string("localhost"),
                                  std::string("127.0.0.1:1"), "127.0.0.1.evil.example:" + p}) {
    const auto answer = http(port, "GET", "/api/report", {}, host);
    ASSERT_TRUE(answer) << host;
    EXPECT_EQ(answer->status, 403) << host;
  }
}

TEST_F(HttpServerTest, AWebSocketNeedsOurHostOurOriginOurPathAndOurProtocol) {
  const auto port = start();
  const std::string p = std::to_string(port);
  const auto status = [&](test::WsOptions options) { return WsClient(port, std::move(options)).status(); };
  EXPECT_EQ(status({}), 101);
  EXPECT_EQ(status({.host = "localhost:" + p}), 101);
  EXPECT_EQ(status({.host = "evil.example:" + p}), 403);
  EXPECT_EQ(status({.origin = "http://evil.example"}), 403);
  EXPECT_EQ(status({.origin = "http://localhost:" + p}), 403) << "not the host that was asked";
  EXPECT_EQ(status({.origin = "https://127.0.0.1:" + p}), 403);
  EXPECT_EQ(status({.origin = "null"}), 403);
  EXPECT_EQ(status({.origin = "none"}), 403);
  EXPECT_EQ(status({.path = "/"}), 404);
  EXPECT_EQ(status({.path = "/ws/"}), 404);
  EXPECT_EQ(status({.protocol = ""}), 400);
  EXPECT_EQ(status({.protocol = "weir.2"}), 400);
  EXPECT_EQ(status({.protocol = "http"}), 400);
  EXPECT_EQ(status({.protocol = "listen"}), 400);
  EXPECT_EQ(server->report().clients_total, 2u);
  EXPECT_EQ(server->report().clients_refused, 12u);
}

TEST_F(HttpServerTest, OnlyWebSocketIsUpgradedTo) {
  const auto port = start();
  const auto h2c = http(port, "GET", "/",
                        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n");
  ASSERT_TRUE(h2c);
  EXPECT_NE(h2c->status, 101);
}

TEST_F(HttpServerTest, RequestsBeyondTheirBoundsHarmNobodyElse) {
  const auto port = start();
  const auto long_header = http(port, "GET", "/echo", "X-Long: " + std::string(100000, 'a') + "\r\n");
  if (long_header) EXPECT_GE(long_header->status, 400);
  const auto long_uri = http(port, "GET", "/" + std::string(100000, 'a'));
  if (long_uri) EXPECT_GE(long_uri->status, 400);
  for (const char* rubbish : {"\r\n\r\n", "GET\r\n\r\n", "BREW / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n",
                              "\x16\x03\x01\x02\x00\x01", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    test::TcpClient client(port);
    client.send(rubbish);
    client.close();
  }
  const auto next = http(port, "GET", "/echo");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->status, 200);
}

TEST_F(HttpServerTest, ClientsBeyondTheBoundAreAnswered503AndAPlaceThatIsLeftIsGivenOn) {
  HttpServerOptions options;
  options.max_clients = 4;
  const auto port = start(options);
  std::vector<std::unique_ptr<WsClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<WsClient>(port));
    ASSERT_EQ(clients.back()->status(), 101) << i;
  }
  EXPECT_EQ(WsClient(port).status(), 503);
  clients.pop_back();
  const auto deadline = Clock::real().now() + test::watchdog;
  int status = 0;
  while (status != 101 && Clock::real().now() < deadline) status = WsClient(port).status();
  EXPECT_EQ(status, 101);
}

TEST_F(HttpServerTest, ConnectionsBeyondTheBoundAreClosedAtOnce) {
  HttpServerOptions options;
  options.max_connections = 8;
  const auto port = start(options);
  std::vector<std::unique_ptr<test::TcpClient>> open;
  for (int i = 0; i < 8; ++i) open.push_back(std::make_unique<test::TcpClient>(port));
  // Only an answer says that the eighth was accepted before the ninth comes.
  const std::string request = "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n";
  for (auto& client : open) {
    ASSERT_TRUE(client->send(request));
    ASSERT_TRUE(test::read_answer(*client));
  }
  EXPECT_FALSE(http(port, "GET", "/echo"));
  EXPECT_GE(server->report().connections_refused, 1u);
  open.clear();
  const auto deadline = Clock::real().now() + test::watchdog;
  while (!http(port, "GET", "/echo") && Clock::real().now() < deadline) {
  }
  EXPECT_TRUE(http(port, "GET", "/echo"));
}

TEST_F(HttpServerTest, HelloComesFirstAndChangesOfAStreamFollow) {
  auto front = hub.add_stream({.name = "front"});
  ASSERT_TRUE(front) << front.error().line();
  const auto port = start();
  WsClient client(port);
  ASSERT_EQ(client.status(), 101);
  EXPECT_EQ(client.answer().header("sec-websocket-protocol"), "weir.1");
  auto message = client.receive();
  ASSERT_TRUE(message);
  const auto hello = json::parse(message->bytes);
  EXPECT_EQ(hello["type"], "hello");
  EXPECT_EQ(hello["flow"], "watch");
  ASSERT_EQ(hello["streams"].size(), 1u);
  EXPECT_EQ(hello["streams"][0]["name"], "front");
  EXPECT_EQ(hello["streams"][0]["state"], "connecting");

  hub.set_format(**front, "avc1.640028", 1920, 1080, 1);
  hub.set_state(**front, StreamState::live);
  json stream;
  do {
    message = client.receive();
    ASSERT_TRUE(message);
    stream = json::parse(message->bytes);
    EXPECT_EQ(stream["type"], "stream");
  } while (stream["state"] != "live");
  EXPECT_EQ(stream["codec"], "avc1.640028");
  EXPECT_EQ(stream["width"], 1920);
  EXPECT_GT(stream["since_ms"], 1600000000000);

  ASSERT_TRUE(hub.add_stream({.name = "back"}));
  message = client.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(json::parse(message->bytes)["name"], "back");
  EXPECT_EQ(json::parse(message->bytes)["id"], 1);
}

TEST_F(HttpServerTest, AClientThatSaysWhatItMayNotIsClosedWith1008) {
  auto front = hub.add_stream({.name = "front"});
  ASSERT_TRUE(front);
  const auto port = start();
  const auto close_code = [&](const std::function<void(WsClient&)>& misbehave) {
    WsClient client(port);
    EXPECT_TRUE(client.receive());
    misbehave(client);
    for (;;) {
      const auto message = client.receive();
      if (!message) return 0;
      if (message->kind == test::WsMessage::Kind::close) return message->close_code();
    }
  };
  EXPECT_EQ(close_code([](WsClient& c) { c.send_text("hello"); }), 1008);
  EXPECT_EQ(close_code([](WsClient& c) { c.send_text(R"({"type":"subscribe","stream":"nobody","as":"packets"})"); }),
            1008);
  EXPECT_EQ(close_code([](WsClient& c) { c.send_frame(0x82, R"({"type":"unsubscribe","stream":"front"})"); }), 1008);
  EXPECT_EQ(close_code([](WsClient& c) { c.send_text(std::string(4097, ' ')); }), 1008);
  EXPECT_EQ(close_code([](WsClient& c) {
              // In fragments that never end: the bound is on the message, not on its frames.
              c.send_frame(0x01, "{");
              for (int i = 0; i < 100; ++i) c.send_frame(0x00, std::string(100, ' '));
            }),
            1008);
  EXPECT_EQ(close_code([](WsClient& c) {
              for (int i = 0; i < 2000; ++i) c.send_text(R"({"type":"unsubscribe","stream":"front"})");
            }),
            1008)
      << "too many messages";
  EXPECT_EQ(server->report().clients_cut, 6u);
  // And one that may be said, in two fragments, up to the last byte of the bound.
  WsClient client(port);
  ASSERT_TRUE(client.receive());
  std::string longest = R"({"type":"unsubscribe","stream":"front"})";
  longest += std::string(4096 - longest.size(), ' ');
  client.send_frame(0x01, longest.substr(0, 10));
  client.send_frame(0x80, longest.substr(10));
  client.send_frame(0x89, "still there?");
  hub.set_state(**front, StreamState::live);
  const auto message = client.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, test::WsMessage::Kind::text);
}

}  // namespace
}  // namespace weir::server
