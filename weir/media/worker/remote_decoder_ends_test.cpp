// How a decoder in a worker ends, by itself and by force; and what a consumer may do meanwhile.
#include "weir/media/worker/remote_decoder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/data.hpp"
#include "weir/core/channel.hpp"
#include "weir/core/worker/testing/harness.hpp"
#include "weir/media/av.hpp"
#include "weir/media/stream_info.hpp"
#include "weir/media/test_clips.hpp"
#include "weir/media/test_pools.hpp"
#include "weir/media/worker/test_playing.hpp"

namespace weir::media {
namespace {

using namespace test;
using worker::test::report_of;

// A stream on its way through a worker, so that tests can do something to it in the middle.
struct Running {
  explicit Running(RemoteDecoderOptions remote = {}, std::size_t keep = 3) : consumer(keep) {
    ClipOptions clip;
    clip.b_frames = 2;
    clip.frames = 60;
    SourceOptions source_options;
    source_options.fast = true;
    source = std::move(*open_source(make_clip(scratch / "a.mp4", clip).string(), source_options));
    auto opened = open_remote(source->info(), options_for("test/running", {.keep = keep}), std::move(remote));
    if (!opened) throw std::runtime_error(opened.error().line());
    decoder = std::move(*opened);
  }
  Result<void> decode(int packets) {
    Packet packet;
    for (; packets > 0; --packets) {
      if (source->read(packet, {}).value_or(Read::end) == Read::end) break;
      if (auto done = decoder->decode(packet, consumer); !done) return done;
    }
    return {};
  }
  Scratch scratch;
  std::unique_ptr<Source> source;
  Consumer consumer;
  std::unique_ptr<RemoteDecoder> decoder;
};

RemoteDecoderOptions impatient() {
  RemoteDecoderOptions remote;
  remote.hang_after = std::chrono::milliseconds(300);
  return remote;
}

TEST(RemoteDecoder, AWorkerThatIsKilledIsAnErrorAndItsFramesStayGoodUntilTheyAreLetGo) {
  Running run;
  ASSERT_TRUE(run.decode(20));
  ASSERT_FALSE(run.consumer.kept.empty());
  ::kill(run.decoder->pid(), SIGKILL);
  const Result<void> after = run.decode(20);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Code::closed);
  EXPECT_EQ(after.error().owner, "test");
  EXPECT_NE(after.error().line().find("SIGKILL"), std::string::npos) << after.error().line();
  // It says so again, and does nothing else.
  Consumer nobody(0);
  EXPECT_EQ(run.decoder->flush(nobody).error().code, Code::closed);
  EXPECT_TRUE(nobody.lines.empty());
  for (std::size_t i = 0; i < run.consumer.kept.size(); ++i) {
    EXPECT_EQ(seen(run.consumer.kept[i]), run.consumer.lines[run.consumer.lines.size() - run.consumer.kept.size() + i]);
  }
  const auto early = run.decoder->close(Clock::real(), Clock::real().now());
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().line().find("engine"), std::string::npos) << early.error().line();
  run.consumer.kept.clear();
  EXPECT_TRUE(run.decoder->close(Clock::real(), soon()));
  run.decoder.reset();
  expect_balanced();
}

TEST(RemoteDecoder, AWorkerThatSaysNothingIsEndedAsHung) {
  Running run(impatient());
  ASSERT_TRUE(run.decode(10));
  ::kill(run.decoder->pid(), SIGSTOP);
  const Result<void> after = run.decode(20);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Code::closed);
  EXPECT_EQ(report_of("test/decode").causes[static_cast<std::size_t>(worker::Cause::hang)], 1u);
  run.consumer.kept.clear();
  EXPECT_TRUE(run.decoder->close(Clock::real(), soon()));
}

TEST(RemoteDecoder, ConsumersThatTakeTheirTimeAreNotHeldAgainstTheWorker) {
  Running run(impatient(), 0);
  int slow = 2;
  auto sink = [&](Frame&&) {
    if (slow-- > 0) std::this_thread::sleep_for(std::chrono::milliseconds(700));
  };
  Packet packet;
  for (int i = 0; i < 12; ++i) {
    ASSERT_EQ(run.source->read(packet, {}).value_or(Read::end), Read::packet);
    const auto done = run.decoder->decode(packet, sink);
    ASSERT_TRUE(done) << done.error().line();
  }
  EXPECT_LT(slow, 0);
  EXPECT_TRUE(run.decoder->close(Clock::real(), soon()));
}

TEST(RemoteDecoder, AConsumerThatHoldsMoreThanItSaidCostsABoundedNumberOfFrames) {
  Running run({}, 0);
  std::vector<Frame> hoard;
  auto sink = [&](Frame&& frame) { hoard.push_back(std::move(frame)); };
  Packet packet;
  while (run.source->read(packet, {}).value_or(Read::end) == Read::packet) {
    ASSERT_TRUE(run.decoder->decode(packet, sink));
  }
  ASSERT_TRUE(run.decoder->flush(sink));
  const DecoderReport r = run.decoder->report();
  EXPECT_GT(r.rule_short, 0u);
  EXPECT_GT(r.lost + r.errors, 0u);
  EXPECT_LE(hoard.size(), r.formats * r.slots);
  hoard.clear();
  EXPECT_TRUE(run.decoder->close(Clock::real(), soon()));
  run.decoder.reset();
  expect_balanced();
}

TEST(RemoteDecoder, FramesMayBeReleasedByOtherThreadsWhileItDecodes) {
  Running run({}, 6);
  const auto channel = Channel<Frame>::bounded("test/frames", 4, Overflow::wait);
  std::uint64_t taken = 0;
  std::jthread consumer([&] {
    while (std::optional<Frame> frame = channel->take()) {
      EXPECT_FALSE(seen(*frame).empty());
      ++taken;
    }
  });
  auto sink = [&](Frame&& frame) { EXPECT_EQ(channel->offer(std::move(frame)), Offer::accepted); };
  Packet packet;
  while (run.source->read(packet, {}).value_or(Read::end) == Read::packet) {
    ASSERT_TRUE(run.decoder->decode(packet, sink));
  }
  ASSERT_TRUE(run.decoder->flush(sink));
  channel->close();
  consumer.join();
  EXPECT_EQ(taken, 60u);
  EXPECT_EQ(run.decoder->report().rule_short, 0u);
  EXPECT_TRUE(run.decoder->close(Clock::real(), soon()));
  run.decoder.reset();
  expect_balanced();
}

TEST(RemoteDecoder, AnEndThatWasAskedForRevokesNothingAndAnyOtherSaysWhatItTook) {
  const auto before = report_of("test/decode");
  const auto live_through = [](bool kill) {
    Running run;
    ASSERT_TRUE(run.decode(20));
    if (kill) {
      ::kill(run.decoder->pid(), SIGKILL);
      ASSERT_FALSE(run.decode(20));
    }
    run.consumer.kept.clear();
    EXPECT_TRUE(run.decoder->close(Clock::real(), soon()));
  };
  live_through(false);
  const auto asked = report_of("test/decode");
  EXPECT_EQ(asked.pid, 0);
  EXPECT_EQ(asked.revoked_leases, before.revoked_leases);
  live_through(true);
  EXPECT_GT(report_of("test/decode").revoked_leases, asked.revoked_leases);
  expect_balanced();
}

// What of its own memory a process has, in bytes: what its limit is about.
std::size_t data_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmData:")) return std::stoul(line.substr(7)) << 10;
  }
  return 0;
}

TEST(RemoteDecoder, AStreamThatNeedsMoreThanTheWorkersLimitEndsItForThat) {
#ifdef WEIR_SANITIZED
  GTEST_SKIP() << "there are no limits under a sanitizer";
#endif
  const Scratch scratch;
  ClipOptions o;
  o.encoder = "rawvideo";
  o.pixel_format = "bgr24";
  o.width = 1280, o.height = 960, o.frames = 3;  // packets of 3.7 MB, which the library copies
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(make_clip(scratch / "a.avi", o).string(), source_options);
  ASSERT_TRUE(source);
  RemoteDecoderOptions remote;
  remote.id = "test/limited";
  std::size_t base = 0;
  {
    const auto roomy = open_remote((*source)->info(), options_for("test/limited", {}), remote);
    ASSERT_TRUE(roomy);
    base = data_bytes((*roomy)->pid());
  }
  ASSERT_GT(base, std::size_t{12} << 20);
  // A thread's stack is allowed on top.
  remote.memory_max_bytes = base + (std::size_t{2} << 20) - (std::size_t{9} << 20);
  auto limited = open_remote((*source)->info(), options_for("test/limited", {}), remote);
  ASSERT_TRUE(limited) << limited.error().line();
  Consumer consumer(0);
  Packet packet;
  Result<void> done;
  while (done && (*source)->read(packet, {}).value_or(Read::end) == Read::packet) {
    done = (*limited)->decode(packet, consumer);
  }
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::closed);
  EXPECT_EQ(report_of("test/limited").causes[static_cast<std::size_t>(worker::Cause::memory)], 1u)
      << done.error().line();
  EXPECT_TRUE((*limited)->close(Clock::real(), soon()));
  limited->reset();
  expect_balanced();
}

TEST(RemoteDecoder, AWorkerThatDoesNotExistSaysSo) {
  const Scratch scratch;
  const auto source = open_source(make_clip(scratch / "a.mp4", {.frames = 3}).string(), {});
  ASSERT_TRUE(source);
  RemoteDecoderOptions remote;
  remote.executable = scratch / "nothing";
  const auto opened = open_remote((*source)->info(), options_for("test/none", {}), remote);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::not_found);
}

TEST(RemoteDecoder, AStreamThatItsCodecDoesNotTakeIsRefusedWithTheSameWordsAsHere) {
  // A codec that needs its tables from its extradata, and gets none.
  Av<AVCodecParameters> parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec_id = AV_CODEC_ID_THEORA;
  parameters->width = 320, parameters->height = 240;
  const StreamInfo stream = *describe_stream(*parameters, 25, 1);
  const auto here = Decoder::open(stream, options_for("test/bad", {}));
  const auto there = open_remote(stream, options_for("test/bad", {}));
  ASSERT_FALSE(here);
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().code, here.error().code);
  EXPECT_EQ(there.error().line(), here.error().line());
}

TEST(DecodeWorker, LinksTheDecodersAndNotTheParsersOfContainers) {
#ifdef WEIR_SANITIZED
  GTEST_SKIP() << "what a sanitizer links is its own affair";
#endif
  const std::string command = "readelf -d '" + worker::worker_executable("decode").string() + "' 2>/dev/null";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  ASSERT_NE(pipe, nullptr);
  std::string text;
  for (std::array<char, 256> line{}; std::fgets(line.data(), line.size(), pipe.get()) != nullptr;) text += line.data();
  if (text.empty()) GTEST_SKIP() << "no readelf here";
  EXPECT_NE(text.find("libavcodec"), std::string::npos);
  for (const char* other : {"libavformat", "libavdevice", "libswscale", "libopencv", "libwebsockets"}) {
    EXPECT_EQ(text.find(other), std::string::npos) << other;
  }
}

#ifdef WEIR_TEST_HOOKS
class LyingWorker : public testing::TestWithParam<const char*> {};

// Packets go to it until it is found out; then every slot must be back.
TEST_P(LyingWorker, IsFoundOutAndHarmsNobody) {
  const Scratch scratch;
  auto source = open_source(make_clip(scratch / "a.mp4", {.frames = 5}).string(), {});
  ASSERT_TRUE(source);
  const std::string lie = GetParam();
  DecoderOptions options = options_for("test/lying", {});
  options.owner = lie;
  RemoteDecoderOptions remote;
  remote.executable = worker::worker_executable("lying_decoder");
  remote.id = "test/" + lie;
  remote.hang_after = lie == "nothing" ? std::chrono::milliseconds(200) : std::chrono::seconds(30);
  auto opened = open_remote((*source)->info(), options, remote);
  ASSERT_TRUE(opened) << opened.error().line();
  std::vector<Frame> frames;
  auto sink = [&](Frame&& frame) { frames.push_back(std::move(frame)); };
  Packet packet;
  Result<void> done;
  while (done && (*source)->read(packet, {}).value_or(Read::end) == Read::packet) {
    done = (*opened)->decode(packet, sink);
  }
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::closed);
  EXPECT_FALSE(done.error().detail.empty());
  std::cout << done.error().line() << '\n';
  const auto expected = lie == "nothing" ? worker::Cause::hang : worker::Cause::protocol;
  EXPECT_EQ(report_of(remote.id).causes[static_cast<std::size_t>(expected)], 1u);
  for (const Frame& frame : frames) EXPECT_FALSE(seen(frame).empty());
  frames.clear();
  EXPECT_TRUE((*opened)->close(Clock::real(), soon()));
  opened->reset();
  expect_balanced();
}

INSTANTIATE_TEST_SUITE_P(RemoteDecoder, LyingWorker,
                         testing::Values("another number", "another packet", "done twice", "no such message",
                                         "a parent's message", "no such pool", "a slot beyond", "a slot twice",
                                         "out of turn", "a pool of nothing", "let go of frames", "no end", "nothing"));
#endif

}  // namespace
}  // namespace weir::media
