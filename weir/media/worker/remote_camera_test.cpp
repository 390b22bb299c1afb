// Cameras behind a connector: an honest server, and what is special about addresses.
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/process.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/core/worker/testing/harness.hpp"
#include "weir/media/test_camera.hpp"
#include "weir/media/test_clips.hpp"
#include "weir/media/worker/remote_source.hpp"
#include "weir/media/worker/test_patience.hpp"

namespace weir::media {
namespace {

using namespace std::chrono_literals;
using test::ClipOptions;
using test::make_clip;
using test::patient;
using test::Scratch;
using testing::HasSubstr;
using worker::test::report_of;

SourceOptions camera(std::string owner, Transport transport = Transport::tcp) {
  SourceOptions o;
  o.owner = std::move(owner);
  o.transport = transport;
  o.connect_timeout = 30s;
  o.stall_timeout = 30s;
  return o;
}

// The fixture, with a clip of a few seconds as /cam0.
class Server {
 public:
  explicit Server(bool udp) {
    ClipOptions clip;
    clip.frames = 150;
    std::vector<std::string> argv{(worker::worker_executable("x").parent_path() / "fixture-rtsp-server").string()};
    if (udp) argv.emplace_back("--udp");
    argv.push_back(make_clip(scratch_ / "clip.mp4", clip).string());
    weir::test::Command command{argv};
    // GLib's own way with threads is not what is tested here.
    command.env["TSAN_OPTIONS"] = "report_bugs=0";
    process_.emplace(command);
    const auto said = process_->wait_for_output("port ([0-9]+)");
    if (!said) throw std::runtime_error("the server does not start: " + process_->err());
    port_ = (*said)[1];
  }
  std::string address(const std::string& host = "127.0.0.1") const {
    return "rtsp://admin:hunter2@" + host + ":" + port_ + "/cam0";
  }
  bool hang() { return process_->send(SIGSTOP); }

 private:
  Scratch scratch_;
  std::optional<weir::test::Process> process_;
  std::string port_;
};

// Asks for the password by a method that takes random numbers from the client, and then has no such stream.
std::string guard(const std::string& request, const std::string& cseq) {
  const std::string number = "CSeq:" + cseq + "\r\n";
  if (request.find("Digest ") != std::string::npos) return "RTSP/1.0 404 Not Found\r\n" + number + "\r\n";
  return "RTSP/1.0 401 Unauthorized\r\n" + number +
         "WWW-Authenticate: Digest realm=\"x\", nonce=\"abc\", qop=\"auth\", algorithm=MD5\r\n\r\n";
}

std::vector<std::vector<std::byte>> packets_of(Source& source, int count) {
  std::vector<std::vector<std::byte>> packets;
  Packet packet;
  std::int64_t last_us = INT64_MIN;
  while (static_cast<int>(packets.size()) < count) {
    const Result<Read> read = source.read(packet, {});
    if (!read) {
      ADD_FAILURE() << read.error().line();
      break;
    }
    EXPECT_GE(packet.dts_us, last_us);
    last_us = packet.dts_us;
    packets.emplace_back(packet.bytes.begin(), packet.bytes.end());
  }
  return packets;
}

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RemoteCamera, GivesTheSamePicturesAsWithoutAWorkerByNumberAndByName) {
  const Server server(false);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    SCOPED_TRACE(host);
    const auto here = open_source(server.address(host), camera("here"));
    ASSERT_TRUE(here) << here.error().line();
    const auto there = open_remote_source(server.address(host), camera("there"), patient());
    ASSERT_TRUE(there) << there.error().line();
    EXPECT_EQ((*there)->kind(), SourceKind::network);
    EXPECT_EQ((*here)->info().webcodecs, (*there)->info().webcodecs);
    EXPECT_EQ((*here)->info().width, (*there)->info().width);
    EXPECT_EQ(packets_of(**here, 40), packets_of(**there, 40));
  }
}

TEST(RemoteCamera, ComesOverUdpToo) {
  const Server server(true);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    SCOPED_TRACE(host);
    const auto source = open_remote_source(server.address(host), camera("udp", Transport::udp), patient());
    ASSERT_TRUE(source) << source.error().line();
    EXPECT_EQ(packets_of(**source, 40).size(), 40u);
  }
}

TEST(RemoteCamera, APasswordCanBeProvenWithoutFiles) {
  const test::ScriptedCamera guarded(guard);
  const auto here = open_source(guarded.address(), camera("guarded"));
  const auto there = open_remote_source(guarded.address(), camera("guarded"), patient());
  ASSERT_FALSE(here);
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().code, Code::not_found);
  EXPECT_EQ(here.error().line(), there.error().line());
}

// Encryption looks for lists of authorities, and a refused connection is no reason to open them.
TEST(RemoteCamera, EncryptionNeedsNoFiles) {
  const Server server(false);  // it speaks no TLS, so that both end in the middle of greeting it
  std::string address = server.address();
  address.replace(0, 4, "rtsps");
  SourceOptions options = camera("encrypted");
  options.connect_timeout = 2s;
  const auto here = open_source(address, options);
  const auto there = open_remote_source(address, options, patient());
  ASSERT_FALSE(here);
  ASSERT_FALSE(there);
  // What exactly is said about the broken connection is a matter of luck.
  EXPECT_EQ(there.error().code, Code::unreachable);
  EXPECT_STREQ(here.error().text, there.error().text);
}

TEST(RemoteCamera, TheAddressesSecretsAreOnNoCommandLine) {
  const Server server(false);
  const auto source = open_remote_source(server.address(), camera("secret"), patient());
  ASSERT_TRUE(source) << source.error().line();
  const worker::ProcessReport report = report_of("secret/connect");
  ASSERT_GT(report.pid, 0);
  const std::string proc = "/proc/" + std::to_string(report.pid);
  EXPECT_THAT(read_all(proc + "/cmdline"), HasSubstr("weir-worker-connect"));
  for (const char* file : {"/cmdline", "/environ", "/comm"}) {
    EXPECT_EQ(read_all(proc + file).find("hunter2"), std::string::npos) << file;
  }
}

TEST(RemoteCamera, OnlyTheConnectorOfACameraHasANetwork) {
  const Server server(false);
  const auto source = open_remote_source(server.address(), camera("networked"), patient());
  ASSERT_TRUE(source) << source.error().line();
  const Scratch scratch;
  SourceOptions of_file = camera("filed");
  const auto file = open_remote_source(make_clip(scratch / "a.mp4", {}).string(), of_file, patient());
  ASSERT_TRUE(file) << file.error().line();
  const std::string with = report_of("networked/connect").sandbox, without = report_of("filed/connect").sandbox;
#ifdef WEIR_SANITIZED
  EXPECT_THAT(with, HasSubstr("none"));
  EXPECT_THAT(without, HasSubstr("none"));
#else
  EXPECT_THAT(with, HasSubstr("no files"));
  EXPECT_THAT(with, HasSubstr("outbound network"));
  EXPECT_THAT(without, HasSubstr("no files"));
  EXPECT_THAT(without, HasSubstr("no network"));
#endif
}

TEST(RemoteCamera, ACameraThatHangsIsUnreachableByTheSourcesOwnWord) {
  Server server(false);
  SourceOptions options = camera("hanging");
  options.stall_timeout = 1s;
  const auto source = open_remote_source(server.address(), options, patient());
  ASSERT_TRUE(source) << source.error().line();
  Packet packet;
  ASSERT_TRUE((*source)->read(packet, {}));
  ASSERT_TRUE(server.hang());
  Result<Read> read = Read::packet;
  while (read) read = (*source)->read(packet, {});
  EXPECT_EQ(read.error().code, Code::unreachable) << read.error().line();
  EXPECT_EQ(read.error().line().find("hunter2"), std::string::npos);
  EXPECT_THAT(read.error().line(), HasSubstr("hanging: went silent"));
}

TEST(RemoteCamera, AStoppedConnectorIsNoticedBehindTheSourcesOwnLimit) {
  const Server server(false);
  SourceOptions options = camera("frozen");
  options.stall_timeout = 1s;
  RemoteSourceOptions remote = patient();
  remote.hang_after = 1s;
  const auto source = open_remote_source(server.address(), options, remote);
  ASSERT_TRUE(source) << source.error().line();
  Packet packet;
  ASSERT_TRUE((*source)->read(packet, {}));
  ASSERT_EQ(::kill(report_of("frozen/connect").pid, SIGSTOP), 0);
  Result<Read> read = Read::packet;
  while (read) read = (*source)->read(packet, {});
  EXPECT_EQ(read.error().code, Code::closed) << read.error().line();
  EXPECT_EQ(report_of("frozen/connect").causes[static_cast<std::size_t>(worker::Cause::hang)], 1u);
}

TEST(RemoteCamera, StoppingEndsAnOpenThatWaits) {
  Server server(false);
  ASSERT_TRUE(server.hang());  // its kernel accepts, and it never answers
  SourceOptions options = camera("waiting");
  options.connect_timeout = std::chrono::hours(1);
  std::stop_source stop;
  std::jthread later([&stop] {
    std::this_thread::sleep_for(300ms);
    stop.request_stop();
  });
  const auto source = open_remote_source(server.address(), options, patient(), stop.get_token());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Code::cancelled);
  EXPECT_EQ(source.error().line().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace weir::media
