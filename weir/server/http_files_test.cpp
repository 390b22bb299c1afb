// Files as answers: whole, in ranges, to readers that are slow or leave.
#include <unistd.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "tests/support/ws_client.hpp"
#include "weir/server/http_server.hpp"
#include "weir/server/inside.hpp"

namespace weir::server {
namespace {

namespace fs = std::filesystem;
using test::http;
using test::TcpClient;

std::size_t open_files_below(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const auto target = fs::read_symlink(entry.path(), error);
    if (!error && target.native().starts_with(folder.native())) ++count;
  }
  return count;
}

class HttpFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
    std::minstd_rand random(7);
    content.resize(20'000'000);
    for (char& c : content) c = static_cast<char>(random());
    std::ofstream(folder / "clip.mp4", std::ios::binary) << content;
    std::ofstream(folder / "empty.mp4") << "";
    HttpServerOptions options;
    options.port = 0;
    server = std::make_unique<HttpServer>(options, hub);
    server->add_prefix("/clips/", [this](const Request& request) {
      const auto path = inside(folder, request.path.substr(7));
      if (!path) return Response{404, "text/plain", path.error().line()};
      Response response{200, "video/mp4", {}, *path};
      if (request.query == "download") response.download_name = "front 12:00.mp4";
      return response;
    });
    server->add_route("/gone", [this](const Request&) { return Response{200, "video/mp4", {}, folder / "gone.mp4"}; });
    const auto listening = server->start();
    ASSERT_TRUE(listening) << listening.error().line();
    port = listening->port;
  }
  void TearDown() override {
    server.reset();
    fs::remove_all(folder);
  }
  std::string request(std::string_view path, std::string_view headers = {}) const {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n" +
           std::string(headers) + "\r\n";
  }
  bool all_closed() const {
    const auto deadline = Clock::real().now() + test::watchdog;
    while (open_files_below(folder) > 0 && Clock::real().now() < deadline) ::usleep(1000);
    return open_files_below(folder) == 0;
  }

  const fs::path folder = fs::canonical(testing::TempDir()) / ("weir_http_files_" + std::to_string(::getpid()));
  std::string content;
  StreamHub hub{"watch"};
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
};

TEST_F(HttpFilesTest, AFileArrivesWholeAgainAndAgainOnOneConnection) {
  TcpClient client(port);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(request("/clips/clip.mp4")));
    const auto answer = test::read_answer(client);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_TRUE(answer->body == content);
    EXPECT_EQ(answer->header("content-type"), "video/mp4");
    EXPECT_EQ(answer->header("accept-ranges"), "bytes");
    EXPECT_NE(answer->header("last-modified"), "");
    EXPECT_EQ(answer->header("content-disposition"), "");
    EXPECT_EQ(answer->header("cache-control"), "private, no-cache");
    EXPECT_NE(answer->header("content-security-policy").find("media-src 'self'"), std::string::npos);
  }
  ASSERT_TRUE(client.send(request("/clips/empty.mp4")));
  const auto empty = test::read_answer(client);
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->status, 200);
  EXPECT_EQ(empty->header("content-length"), "0");
  EXPECT_TRUE(all_closed());
  // With the answer, and not only when the idle connection is ended.
  ASSERT_TRUE(client.send(request("/clips/empty.mp4")));
  EXPECT_TRUE(test::read_answer(client));
}

TEST_F(HttpFilesTest, RangesHeadConditionsAndDownloads) {
  const auto range = http(port, "GET", "/clips/clip.mp4", "Range: bytes=1000000-1999999\r\n");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->status, 206);
  EXPECT_EQ(range->header("content-range"), "bytes 1000000-1999999/20000000");
  EXPECT_TRUE(range->body == content.substr(1000000, 1000000));
  const auto tail = http(port, "GET", "/clips/clip.mp4", "Range: bytes=-5\r\n");
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->status, 206);
  EXPECT_EQ(tail->body, content.substr(content.size() - 5));
  const auto beyond = http(port, "GET", "/clips/clip.mp4", "Range: bytes=20000000-\r\n");
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->status, 416);
  EXPECT_EQ(beyond->header("content-range"), "bytes */20000000");
  EXPECT_EQ(beyond->header("content-length"), "0");
  const auto head = http(port, "HEAD", "/clips/clip.mp4", "Range: bytes=0-9\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("content-length"), "20000000");
  const std::string etag = head->header("etag");
  const auto same = http(port, "GET", "/clips/clip.mp4", "If-None-Match: " + etag + "\r\n");
  ASSERT_TRUE(same);
  EXPECT_EQ(same->status, 304);
  const auto joined = http(port, "GET", "/clips/clip.mp4", "Range: bytes=0-9\r\nIf-Range: " + etag + "\r\n");
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->status, 206);
  const auto changed = http(port, "GET", "/clips/clip.mp4", "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n");
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->status, 200);
  const auto download = http(port, "GET", "/clips/clip.mp4?download", "Range: bytes=0-0\r\n");
  ASSERT_TRUE(download);
  EXPECT_EQ(download->header("content-disposition").substr(0, 41), "attachment; filename=\"front 12:00.mp4\"; f");
  for (const char* path : {"/gone", "/clips/%2e%2e/secret", "/clips/..%2f..%2fetc/passwd"}) {
    const auto refused = http(port, "GET", path);
    ASSERT_TRUE(refused) << path;
    EXPECT_EQ(refused->status, 404) << path;
  }
  EXPECT_FALSE(http(port, "GET", "/clips/a%00b")) << "lws hangs up on it";
  EXPECT_TRUE(all_closed());
}

TEST_F(HttpFilesTest, DownloadsThatAreAbortedLeaveNoDescriptorOpen) {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<TcpClient>> clients;
    for (int i = 0; i < 10; ++i) {
      clients.push_back(std::make_unique<TcpClient>(port));
      ASSERT_TRUE(clients.back()->send(request("/clips/clip.mp4")));
      if (i % 2 == 0) ASSERT_TRUE(clients.back()->take(1000));
    }
  }
  EXPECT_TRUE(all_closed());
  const auto deadline = Clock::real().now() + test::watchdog;
  while (server->report().connections > 0 && Clock::real().now() < deadline) ::usleep(1000);
  EXPECT_EQ(server->report().connections, 0u);
}

TEST_F(HttpFilesTest, ReadersThatStopCostNoFileInMemoryAndHoldNobodyUp) {
  const auto resident = [] {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0, pages = 0;
    statm >> total >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  };
  ASSERT_TRUE(http(port, "GET", "/clips/clip.mp4"));  // what is taken once and kept
  const std::size_t before = resident();
  std::vector<std::unique_ptr<TcpClient>> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(std::make_unique<TcpClient>(port, 4096));
    ASSERT_TRUE(slow.back()->send(request("/clips/clip.mp4")));
    ASSERT_TRUE(slow.back()->take(100));
  }
  const auto quick = http(port, "GET", "/clips/clip.mp4", "Range: bytes=0-999999\r\n");
  ASSERT_TRUE(quick);
  EXPECT_TRUE(quick->body == content.substr(0, 1000000));
  // 50 files are 1 GB; one piece each and the client's own buffers are a few MiB.
  EXPECT_LT(resident(), before + (std::size_t{64} << 20));
  const auto deadline = Clock::real().now() + test::watchdog;
  while (open_files_below(folder) > 50 && Clock::real().now() < deadline) ::usleep(1000);
  EXPECT_EQ(open_files_below(folder), 50u);
  // One that reads on gets the rest, whole.
  const auto rest = slow[7]->take(1'000'000);
  ASSERT_TRUE(rest);
  slow.clear();
  EXPECT_TRUE(all_closed());
}

TEST_F(HttpFilesTest, AFileThatShrinksEndsTheConnectionInsteadOfWaiting) {
  TcpClient client(port, 4096);
  ASSERT_TRUE(client.send(request("/clips/clip.mp4")));
  ASSERT_TRUE(client.take(100));
  fs::resize_file(folder / "clip.mp4", 1000);
  EXPECT_LT(client.take_rest().size(), content.size());
  EXPECT_TRUE(all_closed());
}

}  // namespace
}  // namespace weir::server
