// Requests that change something: methods, bodies, and who may send them.
#include <gtest/gtest.h>

#include <optional>

#include "tests/support/ws_client.hpp"
#include "weir/server/http_server.hpp"

namespace weir::server {
namespace {

using test::http;
using test::HttpAnswer;
using test::TcpClient;

constexpr const char* json_type = "Content-Type: application/json\r\n";

class HttpChangesTest : public testing::Test {
 protected:
  void SetUp() override {
    HttpServerOptions options;
    options.port = 0;
    server = std::make_unique<HttpServer>(options, hub);
    const auto tell = [](const Request& r) {
      return Response{200, "text/plain",
                      std::string(to_string(r.method)) + " " + std::string(r.path) + "?" + std::string(r.query) + " " +
                          std::string(r.body)};
    };
    const auto named = [tell](const char* name) {
      return [tell, name](const Request& r) {
        Response response = tell(r);
        response.body = name + (": " + response.body);
        return response;
      };
    };
    server->add_route("/api/all", tell, {Method::get, Method::put, Method::post, Method::del});
    server->add_route("/api/write", tell, {Method::put, Method::post});
    server->add_route("/api/empty", [](const Request&) { return Response{204, {}, {}}; }, {Method::post, Method::del});
    server->add_route("/api/size",
                      [](const Request& r) { return Response{200, "text/plain", std::to_string(r.body.size())}; },
                      {Method::post});
    server->add_route("/api/large",
                      [](const Request&) { return Response{200, "text/plain", std::string(3'000'000, 'x')}; },
                      {Method::post});
    server->add_route("/api/throws", [](const Request&) -> Response { throw std::runtime_error("no"); },
                      {Method::post});
    server->add_prefix("/api/", named("api"));
    server->add_prefix("/api/zones/", named("zones"), {Method::get, Method::put});
    server->add_route("/api/zones/exact", named("exact"));
    const auto listening = server->start();
    ASSERT_TRUE(listening) << listening.error().line();
    port = listening->port;
  }

  std::optional<HttpAnswer> send(std::string_view method, std::string_view path, std::string_view headers,
                                 std::string_view body) {
    TcpClient client(port);
    client.send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                "\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                std::string(body));
    return test::read_answer(client);
  }
  std::string own_origin() const { return "Origin: http://127.0.0.1:" + std::to_string(port) + "\r\n"; }

  StreamHub hub{"watch"};
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
};

TEST_F(HttpChangesTest, EveryMethodArrivesWithItsBody) {
  for (const char* method : {"PUT", "POST", "DELETE"}) {
    for (const std::string& body : {std::string(), std::string("{\"a\":1}"), std::string(200'000, 'b')}) {
      const auto answer = send(method, "/api/all?q=1&r", json_type, body);
      ASSERT_TRUE(answer) << method << body.size();
      EXPECT_EQ(answer->status, 200) << method << body.size();
      EXPECT_EQ(answer->body, method + (" /api/all?q=1&r " + body)) << method << body.size();
    }
  }
  const auto get = http(port, "GET", "/api/all");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->body, "GET /api/all? ");
  const auto head = http(port, "HEAD", "/api/all");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("content-length"), std::to_string(std::string("HEAD /api/all? ").size()));
  const auto bare = http(port, "DELETE", "/api/all");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->body, "DELETE /api/all? ");
}

TEST_F(HttpChangesTest, TheLongestPrefixAnswersAndAnExactRouteBeforeIt) {
  const auto body_of = [&](const char* path) {
    const auto answer = http(port, "GET", path);
    return answer ? answer->body : "nothing";
  };
  EXPECT_EQ(body_of("/api/other"), "api: GET /api/other? ");
  EXPECT_EQ(body_of("/api/"), "api: GET /api/? ");
  EXPECT_EQ(body_of("/api/zones/front?x"), "zones: GET /api/zones/front?x ");
  EXPECT_EQ(body_of("/api/zones/exact"), "exact: GET /api/zones/exact? ");
  EXPECT_EQ(body_of("/api/zones/exact/more"), "zones: GET /api/zones/exact/more? ");
  EXPECT_EQ(body_of("/api"), "There is nothing here.\n");
}

TEST_F(HttpChangesTest, OtherMethodsAreAnswered405WithThoseThatAreTaken) {
  const auto allow = [&](const char* method, const char* path) {
    const auto answer = send(method, path, json_type, "{}");
    return answer ? std::to_string(answer->status) + " " + answer->header("allow") : "nothing";
  };
  EXPECT_EQ(allow("POST", "/api/zones/front"), "405 GET, HEAD, PUT");
  EXPECT_EQ(allow("DELETE", "/api/write"), "405 PUT, POST");
  EXPECT_EQ(allow("PATCH", "/api/all"), "405 GET, HEAD, PUT, POST, DELETE");
  EXPECT_EQ(allow("OPTIONS", "/api/all"), "405 GET, HEAD, PUT, POST, DELETE");
  EXPECT_EQ(allow("PUT", "/watch"), "405 GET, HEAD");
  EXPECT_EQ(allow("PUT", "/nothing"), "405 GET, HEAD");
  const auto get = http(port, "GET", "/api/write");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->status, 405);
}

TEST_F(HttpChangesTest, ABodyMayComeInPieces) {
  TcpClient client(port);
  const std::string body(5000, 'p');
  ASSERT_TRUE(client.send("POST /api/all HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                          "\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 5000\r\n\r\n"));
  for (std::size_t at = 0; at < body.size(); at += 100) {
    ASSERT_TRUE(client.send(body.substr(at, 100)));
    if (at % 1000 == 0) EXPECT_FALSE(client.readable(std::chrono::milliseconds(5))) << "answered before it was whole";
  }
  const auto answer = test::read_answer(client);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "POST /api/all? " + body);
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_EQ(client.take_rest(), "");
}

TEST_F(HttpChangesTest, ABodyUpToTheBoundIsTakenAndALargerOneIsAnswered413) {
  const auto largest = send("POST", "/api/size", json_type, std::string(max_request_body_bytes, 'x'));
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->body, std::to_string(max_request_body_bytes));
  for (const std::size_t size : {max_request_body_bytes + 1, std::size_t{3'000'000}}) {
    const auto larger = send("POST", "/api/size", json_type, std::string(size, 'x'));
    ASSERT_TRUE(larger) << size;
    EXPECT_EQ(larger->status, 413) << size;
  }
  // One that only says so is not waited for.
  const auto huge = http(port, "POST", "/api/size", std::string(json_type) + "Content-Length: 99999999999\r\n");
  ASSERT_TRUE(huge);
  EXPECT_EQ(huge->status, 413);
}

TEST_F(HttpChangesTest, ABodyWithoutAPlainLengthIsRefused) {
  for (const char* length : {"", "Content-Length: -1\r\n", "Content-Length: 1, 1\r\n", "Content-Length: 0x10\r\n",
                             "Content-Length: 99999999999999999999999\r\n", "Transfer-Encoding: chunked\r\n",
                             "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"}) {
    for (const char* method : {"PUT", "POST"}) {
      const auto answer = http(port, method, "/api/all", std::string(json_type) + length);
      ASSERT_TRUE(answer) << length;
      EXPECT_EQ(answer->status, 411) << method << length;
      EXPECT_EQ(answer->header("connection"), "close");
    }
  }
  const auto get = send("GET", "/api/all", "", "body");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->status, 400);
}

TEST_F(HttpChangesTest, OnlyJsonIsTaken) {
  for (const char* type : {"", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
                           "Content-Type: multipart/form-data; boundary=x\r\n", "Content-Type: application/jsonx\r\n",
                           "Content-Type: text/plain; application/json\r\n"}) {
    for (const char* method : {"PUT", "POST", "DELETE"}) {
      const auto answer = send(method, "/api/all", type, "{}");
      ASSERT_TRUE(answer) << type;
      EXPECT_EQ(answer->status, 415) << method << type;
    }
    const auto empty = send("POST", "/api/all", type, "");
    ASSERT_TRUE(empty) << type;
    EXPECT_EQ(empty->status, 415) << "a form without fields";
  }
}

TEST_F(HttpChangesTest, OnlyOurOwnPageAndProgramsMayChangeSomething) {
  const std::string own = own_origin(), p = std::to_string(port);
  const auto status = [&](const std::string& headers) {
    const auto answer = send("POST", "/api/all", json_type + headers, "{}");
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(status(""), 200) << "no browser";
  EXPECT_EQ(status(own), 200);
  EXPECT_EQ(status(own + "Sec-Fetch-Site: same-origin\r\n"), 200);
  EXPECT_EQ(status("Origin: http://evil.example\r\n"), 403);
  EXPECT_EQ(status("Origin: null\r\n"), 403);
  EXPECT_EQ(status("Origin: https://127.0.0.1:" + p + "\r\n"), 403);
  EXPECT_EQ(status("Origin: http://localhost:" + p + "\r\n"), 403) << "not the host that was asked";
  EXPECT_EQ(status("Sec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(status("sec-fetch-mode: no-cors\r\n"), 403);
  EXPECT_EQ(status("SEC-FETCH-SITE: none\r\n"), 403);
  const auto removed = http(port, "DELETE", "/api/all", "Origin: http://evil.example\r\n");
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->status, 403);
  const auto named = http(port, "DELETE", "/api/all", {}, "evil.example:" + p);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->status, 403);
}

TEST_F(HttpChangesTest, EmptyAnswersLargeAnswersAndErrorsArrive) {
  for (const char* method : {"POST", "DELETE"}) {
    const auto empty = send(method, "/api/empty", json_type, "");
    ASSERT_TRUE(empty) << method;
    EXPECT_EQ(empty->status, 204);
    EXPECT_EQ(empty->header("content-length"), "");
  }
  const auto large = send("POST", "/api/large", json_type, "{}");
  ASSERT_TRUE(large);
  EXPECT_EQ(large->body.size(), 3'000'000u);
  const auto thrown = send("POST", "/api/throws", json_type, "{}");
  ASSERT_TRUE(thrown);
  EXPECT_EQ(thrown->status, 500);
}

TEST_F(HttpChangesTest, WhatFollowsABodyIsNotTakenForPartOfIt) {
  TcpClient client(port);
  const std::string request = "POST /api/all HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n" + json_type +
                              "Content-Length: 2\r\n\r\n{}";
  ASSERT_TRUE(client.send(request + request));
  const auto answer = test::read_answer(client);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "POST /api/all? {}");
  EXPECT_TRUE(http(port, "GET", "/api/all"));
}

TEST_F(HttpChangesTest, RequestsThatNeverEndHarmNobody) {
  std::vector<std::unique_ptr<TcpClient>> stuck;
  for (int i = 0; i < 40; ++i) {
    stuck.push_back(std::make_unique<TcpClient>(port));
    ASSERT_TRUE(stuck.back()->send("PUT /api/all HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n" +
                                   json_type + "Content-Length: 262144\r\n\r\n{"));
  }
  const auto answer = send("PUT", "/api/all", json_type, "{}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  stuck.clear();
  const auto deadline = Clock::real().now() + test::watchdog;
  while (server->report().connections > 1 && Clock::real().now() < deadline) http(port, "GET", "/api/all");
  EXPECT_LE(server->report().connections, 1u);
}

}  // namespace
}  // namespace weir::server
