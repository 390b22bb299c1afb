#include <algorithm>

#include "weir/core/capacity.hpp"
#include "weir/media/frame_store.hpp"

namespace weir::media {
namespace {

// H.265 A.4.2, MaxDpbSize: how many pictures a stream of this level and size may keep.
int hevc_pictures(int level_idc, double picture) {
  struct Limit {
    int level;
    double samples;
  };
  constexpr std::array<Limit, 8> limits{{{30, 36864},
                                         {60, 122880},
                                         {63, 245760},
                                         {90, 552960},
                                         {93, 983040},
                                         {123, 2228224},
                                         {156, 8912896},
                                         {186, 35651584}}};
  for (const Limit& l : limits) {
    if (level_idc > l.level) continue;
    if (picture <= l.samples / 4) return 16;
    if (picture <= l.samples / 2) return 12;
    if (picture <= l.samples * 3 / 4) return 8;
    return 6;
  }
  return 16;
}

}  // namespace

std::size_t codec_hold(const AVCodecContext& context) noexcept {
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get(context.codec_id);
  const bool intra_only = descriptor != nullptr && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
  int refs = std::max(1, context.refs);
  switch (context.codec_id) {
    case AV_CODEC_ID_HEVC:
      // The library leaves `refs` at 1 here; what the level allows is the bound that the stream itself promises.
      refs = context.level > 0
                 ? hevc_pictures(context.level, static_cast<double>(context.coded_width) * context.coded_height)
                 : 16;
      break;
    case AV_CODEC_ID_VP8: refs = 4; break;      // last, golden, alternate, and the one before for concealment
    case AV_CODEC_ID_VP9: refs = 8 + 2; break;  // 8 slots, and the last two for motion vectors and segmentation
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_MPEG4: break;
    default:
      // Golden-frame codecs (VP3 to VP7, Theora) keep three; nobody else keeps more than two.
      if (!intra_only) refs = std::max(refs, 3);
  }
  const int threads = context.active_thread_type == FF_THREAD_FRAME ? std::max(1, context.thread_count) : 1;
  return decoder_hold(refs, context.has_b_frames, threads);
}

}  // namespace weir::media
