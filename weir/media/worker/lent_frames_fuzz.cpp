// The parent's side of a decode worker, told anything in any order. What it takes lies within its slots, no slot is
// given out twice, and everything comes back.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include "weir/media/worker/decode_protocol.hpp"
#include "weir/media/worker/lent_frames.hpp"

namespace {

using namespace weir::media;

std::uint64_t touched = 0;

// Reads all that a consumer may read: the sanitizer knows where the slots end.
void read_all(const Frame& f) {
  const auto format = static_cast<AVPixelFormat>(f.format);
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
  for (int p = 0; p < 4; ++p) {
    const auto i = static_cast<std::size_t>(p);
    const int bytes = av_image_get_linesize(format, f.width, p);
    if (f.data[i] == nullptr || bytes <= 0) continue;
    const int shift = p == 1 || p == 2 ? descriptor->log2_chroma_h : 0;
    for (int y = 0; y < (f.height + (1 << shift) - 1) >> shift; ++y) {
      const std::uint8_t* line = f.data[i] + static_cast<std::ptrdiff_t>(y) * f.stride[i];
      touched += line[0] + line[bytes - 1];
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  decode::LentFrames frames({"fuzz/frames", "fuzz", 2, std::size_t{1} << 20});
  std::deque<Frame> held;
  // Each step: what to do, then a whole message of which the input says as much as there is.
  while (size > 0) {
    const std::uint8_t step = data[0];
    ++data, --size;
    weir::worker::Message message;
    const std::size_t taken = std::min(size, sizeof message);
    std::memcpy(static_cast<void*>(&message), data, taken);
    if (step < 192) data += taken, size -= taken;
    switch (step % 6) {
      case 0:
        if (const auto made = frames.make(message, step)) {
          if (frames.bytes() > std::size_t{1} << 20) std::abort();
          std::memset(const_cast<std::byte*>(made->pool->memory().data()), step, 64);
        }
        break;
      case 1: {
        // A shape that is good, so that the rest is reached.
        decode::PoolBody good{64 * (1 + std::uint64_t{step} % 200), 1 + std::uint64_t{step} % 3};
        message.put(good);
        if (!frames.make(message, 0) && frames.bytes() == 0) std::abort();
        break;
      }
      case 2:
      case 3:
        if (auto frame = frames.take(message, 7)) {
          for (const Frame& other : held) {
            if (&other.lease.pool() == &frame->lease.pool() &&
                other.lease.handle().index == frame->lease.handle().index) {
              std::abort();
            }
          }
          if (frame->epoch > 7 || frame->width <= 0 || frame->height <= 0) std::abort();
          read_all(*frame);
          held.push_back(std::move(*frame));
        }
        break;
      case 4: {
        if (!held.empty()) held.pop_front();
        frames.collect([&](std::uint32_t serial, weir::worker::Loan loan) {
          if (serial == 0 || loan.generation < 2) std::abort();
        });
        break;
      }
      default:
        if (!frames.drop(message)) break;
    }
  }
  frames.revoke();
  held.clear();
  if (!frames.close(weir::Clock::real(), weir::Clock::real().now())) std::abort();
  return 0;
}
