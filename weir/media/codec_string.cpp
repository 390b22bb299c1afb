#include "weir/media/codec_string.hpp"

extern "C" {
#include <libavcodec/codec_par.h>
#include <libavutil/pixdesc.h>
}

#include <array>
#include <cstdint>
#include <cstdio>

#include "weir/media/annexb.hpp"

namespace weir::media {
namespace {

using Bytes = std::span<const std::byte>;

template <class... Args>
std::string format(const char* pattern, Args... args) {
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), pattern, args...);
  return buffer.data();
}

unsigned value(std::byte b) { return std::to_integer<unsigned>(b); }

Bytes first_sps(NalCodec codec, Bytes parameter_sets) {
  NalReader reader(parameter_sets, 0);
  for (Bytes nal; reader.next(nal).value_or(false);) {
    if (nal_kind(codec, nal[0]) == NalKind::sps) return nal;
  }
  return {};
}

// The first bytes of a NAL unit without emulation prevention (H.264 7.3.1, H.265 7.3.1.1).
std::array<unsigned, 16> unescaped(Bytes nal) {
  std::array<unsigned, 16> out{};
  std::size_t n = 0;
  int zeros = 0;
  for (std::byte b : nal) {
    if (n == out.size()) break;
    if (zeros >= 2 && b == std::byte{3}) {
      zeros = 0;
      continue;
    }
    zeros = b == std::byte{0} ? zeros + 1 : 0;
    out[n++] = value(b);
  }
  return out;
}

std::string avc(Bytes parameter_sets) {
  const Bytes sps = first_sps(NalCodec::h264, parameter_sets);
  if (sps.size() < 4) return {};
  const unsigned profile = value(sps[1]);
  // Baseline, Main, High, High 10. Extended, 4:2:2 and 4:4:4 are in no browser.
  if (profile != 66 && profile != 77 && profile != 100 && profile != 110) return {};
  return format("avc1.%02X%02X%02X", profile, value(sps[2]), value(sps[3]));
}

// ISO 14496-15 annex E.3. The SPS begins: 2 bytes NAL header, 1 byte ids, then 12 bytes of profile, tier and level.
std::string hevc(Bytes parameter_sets) {
  const Bytes sps = first_sps(NalCodec::hevc, parameter_sets);
  if (sps.size() < 15) return {};
  const auto b = unescaped(sps);
  const unsigned space = b[3] >> 6, tier = (b[3] >> 5) & 1, profile = b[3] & 31;
  if (profile != 1 && profile != 2) return {};  // Main and Main 10
  const std::uint32_t flags = b[4] << 24 | b[5] << 16 | b[6] << 8 | b[7];
  std::uint32_t reversed = 0;
  for (int i = 0; i < 32; ++i) reversed |= ((flags >> i) & 1u) << (31 - i);
  std::string out = "hev1.";
  if (space > 0) out += static_cast<char>('A' + space - 1);
  out += format("%u.%X.%c%u", profile, reversed, tier ? 'H' : 'L', b[14]);
  std::size_t last = 14;
  while (last > 8 && b[last - 1] == 0) --last;
  for (std::size_t i = 8; i < last; ++i) out += format(".%X", b[i]);
  return out;
}

int depth_of(int pixel_format) {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(pixel_format));
  return d == nullptr ? 8 : d->comp[0].depth;
}

// The lowest VP9 level that holds the picture size and rate ("VP9 Levels", webmproject.org).
unsigned vp9_level(int width, int height, double fps) {
  struct Limit {
    unsigned level;
    double samples_per_s, picture;
  };
  constexpr std::array<Limit, 11> limits{{{10, 829440, 36864},
                                          {11, 2764800, 73728},
                                          {20, 4608000, 122880},
                                          {21, 9216000, 245760},
                                          {30, 20736000, 552960},
                                          {31, 36864000, 983040},
                                          {40, 83558400, 2228224},
                                          {41, 160432128, 2228224},
                                          {50, 311951360, 8912896},
                                          {51, 588251136, 8912896},
                                          {52, 1176502272, 8912896}}};
  const double picture = static_cast<double>(width) * height;
  for (const Limit& l : limits) {
    if (picture <= l.picture && picture * fps <= l.samples_per_s) return l.level;
  }
  return 62;
}

std::string vp9(const AVCodecParameters& p, double fps) {
  const int profile = p.profile >= 0 && p.profile <= 3 ? p.profile : 0;
  return format("vp09.%02d.%02u.%02d", profile, vp9_level(p.width, p.height, fps > 0 ? fps : 30), depth_of(p.format));
}

// AV1 in ISOBMFF 2.3.3: av1C = marker and version, then profile 3 bits + level 5, then tier, high bit depth, twelve
// bit.
std::string av1(const AVCodecParameters& p) {
  if (p.extradata_size < 4 || p.extradata[0] != 0x81) return {};
  const unsigned a = p.extradata[1], b = p.extradata[2];
  const int depth = (b & 0x40) ? ((b & 0x20) ? 12 : 10) : 8;
  return format("av01.%u.%02u%c.%02d", a >> 5, a & 31, (b & 0x80) ? 'H' : 'M', depth);
}

}  // namespace

std::string webcodecs_string(const AVCodecParameters& parameters, std::span<const std::byte> parameter_sets,
                             double fps) {
  switch (parameters.codec_id) {
    case AV_CODEC_ID_H264: return avc(parameter_sets);
    case AV_CODEC_ID_HEVC: return hevc(parameter_sets);
    case AV_CODEC_ID_VP8: return "vp8";
    case AV_CODEC_ID_VP9: return vp9(parameters, fps);
    case AV_CODEC_ID_AV1: return av1(parameters);
    default: return {};
  }
}

}  // namespace weir::media
