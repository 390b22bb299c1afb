// Cameras that do not behave: each a few lines of a TCP server on 127.0.0.1.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "weir/media/source.hpp"
#include "weir/media/test_camera.hpp"

namespace weir::media {
namespace {

using std::chrono::milliseconds;
using test::ScriptedCamera;

std::string ok(const std::string& cseq, const std::string& headers = "", const std::string& body = "") {
  return "RTSP/1.0 200 OK\r\nCSeq:" + cseq + "\r\n" + headers +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body;
}

const std::string sdp =
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 "
    "packetization-mode=1;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\n"
    "a=control:track1\r\n";

std::string behave(const std::string& request, const std::string& cseq) {
  if (request.starts_with("OPTIONS")) return ok(cseq, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n");
  if (request.starts_with("DESCRIBE")) return ok(cseq, "Content-Type: application/sdp\r\n", sdp);
  if (request.starts_with("SETUP")) return ok(cseq, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n");
  return ok(cseq, "Session: 1\r\n");
}

SourceOptions impatient() {
  SourceOptions o;
  o.owner = "front";
  o.connect_timeout = milliseconds(400);
  o.stall_timeout = milliseconds(300);
  return o;
}

Error error_of(const ScriptedCamera& camera) {
  auto source = open_source(camera.address(), impatient());
  if (!source) return source.error();
  Packet packet;
  for (;;) {
    const Result<Read> got = (*source)->read(packet, {});
    if (!got) return got.error();
  }
}

TEST(Rtsp, ACameraThatSaysNothingIsUnreachableInTime) {
  const ScriptedCamera camera([](auto&, auto&) { return ""; });
  EXPECT_EQ(error_of(camera).code, Code::unreachable);
}

TEST(Rtsp, ACameraThatHangsAfterDescribeIsUnreachableInTime) {
  const ScriptedCamera camera([](const std::string& request, const std::string& cseq) {
    return request.starts_with("SETUP") ? "" : behave(request, cseq);
  });
  EXPECT_EQ(error_of(camera).code, Code::unreachable);
}

TEST(Rtsp, ACameraThatNeverSendsAPictureIsUnreachableInTime) {
  const ScriptedCamera camera(behave);
  EXPECT_EQ(error_of(camera).code, Code::unreachable);
}

TEST(Rtsp, ACameraThatHangsUpIsUnreachable) {
  const ScriptedCamera camera([](const std::string& request, const std::string& cseq) {
    return request.starts_with("PLAY") ? "hang up" : behave(request, cseq);
  });
  EXPECT_EQ(error_of(camera).code, Code::unreachable);
}

TEST(Rtsp, AWrongPasswordIsDeniedAndNotRepeatedToAnybody) {
  const ScriptedCamera camera([](const std::string&, const std::string& cseq) {
    return "RTSP/1.0 401 Unauthorized\r\nCSeq:" + cseq + "\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n";
  });
  testing::internal::CaptureStderr();
  const Error e = error_of(camera);
  EXPECT_EQ(testing::internal::GetCapturedStderr().find("hunter2"), std::string::npos);
  EXPECT_EQ(e.code, Code::denied);
  EXPECT_EQ(e.owner, "front");
  EXPECT_EQ(e.line().find("hunter2"), std::string::npos) << e.line();
  EXPECT_NE(e.line().find("127.0.0.1"), std::string::npos) << e.line();
}

TEST(Rtsp, AWrongPathIsNotFound) {
  const ScriptedCamera camera([](const std::string&, const std::string& cseq) {
    return "RTSP/1.0 404 Not Found\r\nCSeq:" + cseq + "\r\n\r\n";
  });
  EXPECT_EQ(error_of(camera).code, Code::not_found);
}

TEST(Rtsp, RubbishIsAnErrorAndNothingElse) {
  for (const std::string& rubbish : {std::string("HTTP/1.1 200 OK\r\n\r\nhello"), std::string(4000, '\xff'),
                                     std::string("RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n"),
                                     std::string("$\x00\xff\xff", 4) + std::string(70'000, 'x')}) {
    const ScriptedCamera camera([&](auto&, auto&) { return rubbish; });
    const Error e = error_of(camera);
    EXPECT_TRUE(e.code == Code::corrupt || e.code == Code::unreachable) << e.line();
  }
  const ScriptedCamera no_video([](const std::string& request, const std::string& cseq) {
    if (!request.starts_with("DESCRIBE")) return behave(request, cseq);
    return ok(cseq, "Content-Type: application/sdp\r\n", "v=0\r\ns=x\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\n");
  });
  const Error e = error_of(no_video);
  EXPECT_TRUE(e.code == Code::invalid || e.code == Code::unreachable || e.code == Code::corrupt) << e.line();
}

TEST(Rtsp, StoppingEndsAnOpenThatWaits) {
  const ScriptedCamera camera([](auto&, auto&) { return ""; });
  SourceOptions o = impatient();
  o.connect_timeout = std::chrono::hours(1);
  std::stop_source stop;
  std::jthread later([&stop] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  const auto source = open_source(camera.address(), o, stop.get_token());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Code::cancelled);
}

}  // namespace
}  // namespace weir::media
