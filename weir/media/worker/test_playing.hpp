// What the tests of RemoteDecoder share: a stream decoded here and in a worker, and everything that is seen of it.
#pragma once

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string_view>

#include "weir/media/decoder.hpp"
#include "weir/media/source.hpp"
#include "weir/media/worker/remote_decoder.hpp"

namespace weir::media::test {

inline Instant soon() { return Clock::real().now() + std::chrono::seconds(30); }

// Everything that a consumer sees of a frame, as one line.
inline std::string seen(const Frame& f) {
  std::size_t sum = 0;
  const auto format = static_cast<AVPixelFormat>(f.format);
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
  for (int p = 0; p < 4; ++p) {
    const std::uint8_t* data = f.data[static_cast<std::size_t>(p)];
    const int bytes = av_image_get_linesize(format, f.width, p);
    if (data == nullptr || bytes <= 0) continue;
    const int shift = p == 1 || p == 2 ? descriptor->log2_chroma_h : 0;
    for (int y = 0; y < (f.height + (1 << shift) - 1) >> shift; ++y) {
      const auto* line = data + static_cast<std::ptrdiff_t>(y) * f.stride[static_cast<std::size_t>(p)];
      sum = sum * 31 +
            std::hash<std::string_view>{}({reinterpret_cast<const char*>(line), static_cast<std::size_t>(bytes)});
    }
  }
  return std::to_string(f.number) + " at " + std::to_string(f.pts_us) + " from " + std::to_string(f.capture_us) +
         " epoch " + std::to_string(f.epoch) + (f.key ? " key " : " ") + (f.full_range ? "full " : "") +
         std::to_string(f.width) + "x" + std::to_string(f.height) + " " + descriptor->name + " " + std::to_string(sum);
}

// A consumer that has `keep` frames in a queue and one in its hands.
struct Consumer {
  explicit Consumer(std::size_t frames) : keep(frames) {}
  void operator()(Frame&& frame) {
    EXPECT_TRUE(frame.lease);
    EXPECT_EQ(frame.lease.role(), Role::engine);
    lines.push_back(seen(frame));
    kept.push_back(std::move(frame));
    while (kept.size() > keep) {
      // As it was when it came: nobody has written to it since.
      EXPECT_EQ(seen(kept.front()), lines[lines.size() - kept.size()]);
      kept.pop_front();
    }
  }
  std::size_t keep;
  std::deque<Frame> kept;
  std::vector<std::string> lines;
};

struct PlayOptions {
  int threads = 1;
  std::size_t keep = 2;
  std::size_t max_bytes = std::size_t{512} << 20;
};

struct Played {
  std::vector<std::string> lines;
  DecoderReport report;
  std::optional<Error> error;
};

inline Result<std::unique_ptr<RemoteDecoder>> open_remote(const StreamInfo& stream, const DecoderOptions& options,
                                                          RemoteDecoderOptions remote = {}) {
  return RemoteDecoder::open(stream, options, std::move(remote));
}

inline DecoderOptions options_for(const char* id, PlayOptions o) {
  DecoderOptions options;
  options.threads = o.threads;
  options.downstream_slots = o.keep + 1;
  options.camera_max_bytes = o.max_bytes;
  options.pool_id = id;
  options.owner = "test";
  return options;
}

// Gives the same packets to the decoder here and to the one in a worker.
inline std::pair<Played, Played> play_both(const std::filesystem::path& path, PlayOptions o = {}) {
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(path.string(), source_options);
  std::array<Played, 2> played;
  if (!source) {
    played[0].error = played[1].error = source.error();
    return {played[0], played[1]};
  }
  std::array<std::unique_ptr<VideoDecoder>, 2> decoders;
  std::array<Consumer, 2> consumers{Consumer(o.keep), Consumer(o.keep)};
  auto here = Decoder::open((*source)->info(), options_for("test/here", o));
  auto there = open_remote((*source)->info(), options_for("test/there", o));
  if (here) decoders[0] = std::move(*here);
  if (there) decoders[1] = std::move(*there);
  if (!here) played[0].error = here.error();
  if (!there) played[1].error = there.error();
  Packet packet;
  while ((*source)->read(packet, {}).value_or(Read::end) == Read::packet) {
    for (std::size_t i = 0; i < 2; ++i) {
      if (played[i].error) continue;
      if (auto done = decoders[i]->decode(packet, consumers[i]); !done) played[i].error = done.error();
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {
    if (decoders[i] == nullptr) continue;
    if (!played[i].error) {
      if (auto flushed = decoders[i]->flush(consumers[i]); !flushed) played[i].error = flushed.error();
    }
    if (!played[i].error) {
      if (auto any = decoders[i]->check_any(); !any) played[i].error = any.error();
    }
    played[i].report = decoders[i]->report();
    played[i].lines = std::move(consumers[i].lines);
    consumers[i].kept.clear();
    const auto closed = decoders[i]->close(Clock::real(), soon());
    EXPECT_TRUE(closed) << closed.error().line();
  }
  return {played[0], played[1]};
}

inline void expect_same(const Played& here, const Played& there) {
  EXPECT_EQ(here.error.has_value(), there.error.has_value());
  if (here.error && there.error) {
    EXPECT_EQ(here.error->line(), there.error->line());
  }
  EXPECT_EQ(here.lines.size(), there.lines.size());
  for (std::size_t i = 0; i < std::min(here.lines.size(), there.lines.size()); ++i) {
    ASSERT_EQ(here.lines[i], there.lines[i]);
  }
  const DecoderReport &a = here.report, &b = there.report;
  EXPECT_EQ(a.packets, b.packets);
  EXPECT_EQ(a.frames, b.frames);
  EXPECT_EQ(a.errors, b.errors);
  EXPECT_EQ(a.damaged, b.damaged);
  EXPECT_EQ(a.gated, b.gated);
  EXPECT_EQ(a.into_leases, b.into_leases);
  // What is adopted here must be copied there: a library's own memory is not the parent's.
  EXPECT_EQ(a.adopted + a.copied, b.copied);
  EXPECT_EQ(b.adopted, 0u);
  EXPECT_EQ(b.lost, 0u);
  EXPECT_EQ(b.rule_short, 0u) << "hold " << b.hold << ", slots " << b.slots;
}

}  // namespace weir::media::test
