#include "weir/media/frame_store.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <gtest/gtest.h>

#include <cstring>
#include <mutex>
#include <thread>

#include "weir/core/channel.hpp"

namespace weir::media {
namespace {

Instant soon() { return Clock::real().now() + std::chrono::seconds(20); }

// A codec context as the callback sees it, without a stream.
struct Codec {
  explicit Codec(AVCodecID id = AV_CODEC_ID_H264) : context(avcodec_alloc_context3(avcodec_find_decoder(id))) {
    context->codec_id = id;
    context->width = context->coded_width = 320;
    context->height = context->coded_height = 240;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->refs = 4;
  }
  Av<AVFrame> frame(int width, int height, AVPixelFormat format = AV_PIX_FMT_YUV420P) const {
    Av<AVFrame> f(av_frame_alloc());
    f->width = width, f->height = height, f->format = format;
    return f;
  }
  Av<AVCodecContext> context;
};

FrameStoreOptions options(const char* id) { return {id, "test", 2, std::size_t{256} << 20, nullptr}; }

TEST(FrameStore, EveryPlaneLiesInTheSlotAlignedWithRoomForWideReads) {
  for (const AVPixelFormat format : {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV444P10LE, AV_PIX_FMT_NV12, AV_PIX_FMT_YUV422P,
                                     AV_PIX_FMT_GRAY8, AV_PIX_FMT_YUVA420P, AV_PIX_FMT_PAL8, AV_PIX_FMT_RGB24}) {
    for (const auto& [w, h] : {std::pair{320, 240}, {175, 113}, {1920, 1080}, {2, 2}, {4095, 17}}) {
      FrameStore store(options("test/planes"));
      const Codec codec;
      codec.context->pix_fmt = format;
      Av<AVFrame> f = codec.frame(w, h, format);
      ASSERT_EQ(store.get_buffer(*codec.context, *f, 0), 0);
      const std::uint8_t* begin = f->buf[0]->data;
      const std::uint8_t* end = begin + f->buf[0]->size;
      int line_alignment[AV_NUM_DATA_POINTERS] = {};
      int aw = w, ah = h;
      avcodec_align_dimensions2(codec.context.get(), &aw, &ah, line_alignment);
      std::ptrdiff_t strides[4] = {f->linesize[0], f->linesize[1], f->linesize[2], f->linesize[3]};
      std::size_t sizes[4] = {};
      ASSERT_GE(av_image_fill_plane_sizes(sizes, format, ah, strides), 0);
      for (int p = 0; p < 4 && sizes[p] > 0; ++p) {
        ASSERT_NE(f->data[p], nullptr);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(f->data[p]) % 64, 0u);
        EXPECT_EQ(f->linesize[p] % std::max(1, line_alignment[p]), 0);
        EXPECT_GE(f->data[p], begin);
        EXPECT_LE(f->data[p] + sizes[p] + AV_INPUT_BUFFER_PADDING_SIZE, end);
        std::memset(f->data[p], 1, sizes[p] + AV_INPUT_BUFFER_PADDING_SIZE);
      }
      f.reset();
      EXPECT_TRUE(store.close(Clock::real(), soon()));
    }
  }
}

TEST(FrameStore, TheLeaseIsFoundAlthoughCroppingMovedThePlanes) {
  FrameStore store(options("test/cropped"));
  const Codec codec;
  Av<AVFrame> f = codec.frame(320, 240);
  ASSERT_EQ(store.get_buffer(*codec.context, *f, 0), 0);
  f->data[0] += 16 * f->linesize[0] + 32;
  Frame out;
  ASSERT_TRUE(store.take(*f, 4, out));
  EXPECT_EQ(out.data[0], f->data[0]);
  EXPECT_EQ(out.lease.role(), Role::engine);
  EXPECT_EQ(store.counts().into_leases.load(), 1u);
  // The decoder lets go first; the consumer's lease keeps the slot.
  f.reset();
  EXPECT_EQ(out.lease.pool().outstanding(), 1u);
  out.lease.release();
  EXPECT_TRUE(store.close(Clock::real(), soon()));
}

TEST(FrameStore, FramesOfTheLibrarysMemoryAreAdoptedAndThoseWithoutAnOwnerCopied) {
  FrameStore store(options("test/foreign"));
  const Codec codec;
  Av<AVFrame> f = codec.frame(64, 48, AV_PIX_FMT_BGR24);
  ASSERT_GE(av_frame_get_buffer(f.get(), 0), 0);
  AVBufferRef* watched = av_buffer_ref(f->buf[0]);
  Frame adopted;
  ASSERT_TRUE(store.take(*f, 2, adopted));
  EXPECT_EQ(adopted.data[0], watched->data);
  EXPECT_EQ(av_buffer_get_ref_count(watched), 2);
  adopted.lease.release();
  EXPECT_EQ(av_buffer_get_ref_count(watched), 1);
  av_buffer_unref(&watched);

  // Bottom up and owned by nobody: only a copy can outlive the call.
  std::vector<std::uint8_t> pixels(64 * 48 * 3);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i / (64 * 3));
  Av<AVFrame> loose = codec.frame(64, 48, AV_PIX_FMT_BGR24);
  loose->data[0] = pixels.data() + 47 * 64 * 3;
  loose->linesize[0] = -64 * 3;
  Frame copied;
  ASSERT_TRUE(store.take(*loose, 2, copied));
  std::fill(pixels.begin(), pixels.end(), std::uint8_t{0});
  EXPECT_GT(copied.stride[0], 0);
  for (int y = 0; y < 48; ++y) EXPECT_EQ(copied.data[0][y * copied.stride[0] + 5], 47 - y);
  EXPECT_EQ(store.counts().adopted.load(), 1u);
  EXPECT_EQ(store.counts().copied.load(), 1u);
  copied.lease.release();
  loose->data[0] = nullptr;
  EXPECT_TRUE(store.close(Clock::real(), soon()));
}

TEST(FrameStore, AShortRuleCostsHeapBuffersUpToTheDecodersHold) {
  FrameStore store(options("test/short"));
  const Codec codec;
  std::vector<Av<AVFrame>> frames;
  for (;;) {
    frames.push_back(codec.frame(320, 240));
    if (store.get_buffer(*codec.context, *frames.back(), 0) != 0) break;
    ASSERT_LT(frames.size(), 100u);
  }
  const auto& c = store.counts();
  // refs 4: the codec's part is max(4, 1) + 1.
  EXPECT_EQ(c.hold.load(), 5u);
  EXPECT_EQ(c.slots.load(), 7u);
  EXPECT_EQ(frames.size(), 7u + 5u + 1u);
  EXPECT_EQ(c.rule_short.load(), 6u);
  EXPECT_EQ(c.lost.load(), 1u);
  frames.clear();
  Av<AVFrame> again = codec.frame(320, 240);
  EXPECT_EQ(store.get_buffer(*codec.context, *again, 0), 0);
  again.reset();
  EXPECT_TRUE(store.close(Clock::real(), soon()));
}

TEST(FrameStore, ThreadsOfACodecMayAskAtOnceAndForDifferentFormats) {
  FrameStoreOptions o = options("test/threads");
  o.downstream_slots = 16;
  FrameStore store(o);
  constexpr int rounds = 400, threads = 3;
  const auto channel = Channel<Frame>::bounded("test/threads", 4, Overflow::wait);
  std::jthread consumer([&] {
    while (std::optional<Frame> frame = channel->take()) EXPECT_EQ(frame->data[0][0], 7);
  });
  std::mutex taking;  // the decoding thread is one; here each thread is it in turn
  std::vector<std::jthread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      const Codec codec;
      for (int i = 0; i < rounds; ++i) {
        Av<AVFrame> f = (i / 16 + t) % 2 == 0 ? codec.frame(320, 240) : codec.frame(176, 144);
        ASSERT_EQ(store.get_buffer(*codec.context, *f, 0), 0);
        std::memset(f->data[0], 7, 64);
        Frame out;
        {
          std::lock_guard lock(taking);
          ASSERT_TRUE(store.take(*f, 5, out));
          store.reap();
        }
        f.reset();
        ASSERT_EQ(channel->offer(std::move(out)), Offer::accepted);
      }
    });
  }
  workers.clear();
  channel->close();
  consumer.join();
  EXPECT_EQ(store.counts().into_leases.load(), static_cast<std::uint64_t>(rounds * threads));
  EXPECT_EQ(store.counts().lost.load(), 0u);
  EXPECT_EQ(store.counts().rule_short.load(), 0u);
  EXPECT_TRUE(store.close(Clock::real(), soon()));
}

TEST(FrameStore, CapacityFollowsTheCodecWhenItKeepsMore) {
  FrameStore store(options("test/grows"));
  const Codec codec;
  Av<AVFrame> before = codec.frame(320, 240);
  ASSERT_EQ(store.get_buffer(*codec.context, *before, 0), 0);
  EXPECT_EQ(store.counts().slots.load(), 5u + 2u);
  codec.context->refs = 16;
  Av<AVFrame> after = codec.frame(320, 240);
  ASSERT_EQ(store.get_buffer(*codec.context, *after, 0), 0);
  EXPECT_EQ(store.counts().slots.load(), 17u + 2u);
  const std::uint64_t both = store.counts().bytes.load();
  // The former pool counts until its last buffer is back.
  EXPECT_EQ(both, store.counts().slot_bytes.load() * (7 + 19));
  before.reset();
  store.reap();
  EXPECT_EQ(store.counts().bytes.load(), store.counts().slot_bytes.load() * 19);
  after.reset();
  EXPECT_TRUE(store.close(Clock::real(), soon()));
}

TEST(CodecHold, KnowsTheCodecsThatDoNotSayWhatTheyKeep) {
  const Codec h264(AV_CODEC_ID_H264), vp8(AV_CODEC_ID_VP8), vp9(AV_CODEC_ID_VP9), hevc(AV_CODEC_ID_HEVC),
      mjpeg(AV_CODEC_ID_MJPEG);
  EXPECT_EQ(codec_hold(*h264.context), 5u);
  h264.context->refs = 16;
  EXPECT_EQ(codec_hold(*h264.context), 17u);
  EXPECT_GE(codec_hold(*vp8.context), 5u);
  EXPECT_GE(codec_hold(*vp9.context), 9u);
  hevc.context->refs = 1;
  hevc.context->level = 120;  // 4.0
  hevc.context->coded_width = 1920, hevc.context->coded_height = 1080;
  EXPECT_EQ(codec_hold(*hevc.context), 7u);  // H.265 A.4.2: six pictures of 1080p at level 4
  hevc.context->coded_width = 320, hevc.context->coded_height = 240;
  EXPECT_EQ(codec_hold(*hevc.context), 17u);
  mjpeg.context->refs = 1;
  EXPECT_EQ(codec_hold(*mjpeg.context), 2u);
  h264.context->active_thread_type = FF_THREAD_FRAME;
  h264.context->thread_count = 4;
  EXPECT_EQ(codec_hold(*h264.context), 17u + 6u);
}

}  // namespace
}  // namespace weir::media
