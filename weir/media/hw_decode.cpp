#include "weir/media/hw_decode.hpp"

extern "C" {
#include <libavutil/dict.h>
#include <libavutil/hwcontext.h>
}

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "weir/core/log.hpp"

namespace weir::media {
namespace {

struct Codec {
  const AVCodec* codec = nullptr;
  AVPixelFormat surface = AV_PIX_FMT_NONE;
};

// The library's own decoder of the codec that hands work to such devices. The wrappers of vendors' libraries, which
// decode differently, are left out.
Codec codec_for(AVHWDeviceType type, AVCodecID id) {
  void* place = nullptr;
  while (const AVCodec* codec = av_codec_iterate(&place)) {
    if (codec->id != id || av_codec_is_decoder(codec) == 0 || codec->wrapper_name != nullptr) continue;
    for (int i = 0; const AVCodecHWConfig* config = avcodec_get_hw_config(codec, i); ++i) {
      if (config->device_type == type && (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0) {
        return {codec, config->pix_fmt};
      }
    }
  }
  return {};
}

// Empty: `why` has the first thing that the library or the driver said.
Av<AVBufferRef> create(AVHWDeviceType type, const char* name, AVDictionary* options, std::string& why) {
  LibraryWords words;
  const LibraryWords::Scope listening(&words);
  AVBufferRef* context = nullptr;
  const int code = av_hwdevice_ctx_create(&context, type, name, options, 0);
  if (code < 0) why = words.first().empty() ? av_text(code) : words.first();
  return Av<AVBufferRef>(context);
}

Av<AVBufferRef> create_cuda(std::string& why) {
  // One context of the driver for all decoders of the process: each one of its own takes some 100 MB of the device.
  AVDictionary* options = nullptr;
  av_dict_set(&options, "primary_ctx", "1", 0);
  Av<AVBufferRef> context = create(AV_HWDEVICE_TYPE_CUDA, nullptr, options, why);
  av_dict_free(&options);
  return context;
}

// The first render node with a driver for video.
Av<AVBufferRef> create_vaapi(std::string& why) {
  constexpr int first = 128, last = 191;  // the kernel's numbers for them
  for (int number = first; number <= last; ++number) {
    const std::string node = "/dev/dri/renderD" + std::to_string(number);
    if (::access(node.c_str(), F_OK) != 0) continue;
    std::string said;
    if (::access(node.c_str(), R_OK | W_OK) == 0) {
      if (Av<AVBufferRef> context = create(AV_HWDEVICE_TYPE_VAAPI, node.c_str(), nullptr, said)) return context;
    } else {
      said = std::generic_category().message(errno);
    }
    why += (why.empty() ? "" : ", ") + node + ": " + said;
  }
  if (why.empty()) why = "no /dev/dri/renderD" + std::to_string(first);
  return nullptr;
}

class MachineDevices final : public HwDevices {
 public:
  Result<HwDevice> open(HwAccel kind, AVCodecID id) override {
    silence_libraries();
    const bool nvidia = kind == HwAccel::nvdec;
    const Codec codec = codec_for(nvidia ? AV_HWDEVICE_TYPE_CUDA : AV_HWDEVICE_TYPE_VAAPI, id);
    if (codec.codec == nullptr) {
      return fail(Code::unsupported, "decode.hwaccel: no such device decodes this codec; auto goes on without", {},
                  std::string("FFmpeg has no ") + to_string(kind) + " for " + avcodec_get_name(id));
    }
    std::string why;
    Av<AVBufferRef> context = nvidia ? create_cuda(why) : create_vaapi(why);
    if (context == nullptr) {
      return fail(Code::unsupported,
                  nvidia ? "decode.hwaccel: no NVIDIA device; auto goes on without"
                         : "decode.hwaccel: no VA-API device; auto goes on without",
                  {}, why);
    }
    return HwDevice{kind, codec.codec, codec.surface, std::move(context)};
  }

  AVPixelFormat format_of(const AVFrame& surface) const override {
    if (surface.hw_frames_ctx == nullptr) return AV_PIX_FMT_NONE;
    return reinterpret_cast<const AVHWFramesContext*>(surface.hw_frames_ctx->data)->sw_format;
  }

  int download(AVFrame& to, const AVFrame& surface) override { return av_hwframe_transfer_data(&to, &surface, 0); }
};

std::vector<HwAccel> candidates(HwAccel asked) {
  if (asked == HwAccel::automatic) return {HwAccel::nvdec, HwAccel::vaapi};
  return asked == HwAccel::none ? std::vector<HwAccel>() : std::vector{asked};
}

}  // namespace

HwDevices& machine_devices() {
  static MachineDevices devices;
  return devices;
}

HwDecode::HwDecode(HwAccel asked, std::string owner, HwDevices& devices)
    : asked_(asked), owner_(std::move(owner)), devices_(devices), left_(candidates(asked)) {
  choice_.asked = asked;
}

Result<void> HwDecode::next(AVCodecID codec) {
  refused_ = false;
  if (device_) {
    const HwAccel kind = std::exchange(device_, std::nullopt)->kind;
    not_chosen(kind, refusal_);
    if (asked_ != HwAccel::automatic) {
      return fail(Code::unsupported, "decode.hwaccel: the device does not decode this stream; auto goes on without",
                  owner_, std::string(to_string(kind)) + ": " + refusal_);
    }
  }
  while (!left_.empty()) {
    const HwAccel kind = left_.front();
    left_.erase(left_.begin());
    Result<HwDevice> opened = devices_.open(kind, codec);
    if (opened) {
      device_ = std::move(*opened);
      choose(kind);
      return {};
    }
    not_chosen(kind, opened.error().detail);
    if (asked_ == HwAccel::automatic) continue;
    opened.error().owner = owner_;
    return tl::unexpected(opened.error());
  }
  choose(HwAccel::none);
  return {};
}

AVPixelFormat HwDecode::pick(const AVCodecContext& context, const AVPixelFormat* offered) {
  AVPixelFormat last = AV_PIX_FMT_NONE;
  if (!device_) return last;
  for (; *offered != AV_PIX_FMT_NONE; ++offered) {
    last = *offered;
    if (last != device_->surface) continue;
    words_.clear();
    return last;
  }
  // Either the library never offers it for such pictures (the last one is what it would do itself), or it has just
  // tried, said why not, and asks for another one.
  refused_ = true;
  refusal_ = words_.first();
  if (refusal_.empty()) {
    refusal_ = std::string("not for ") + avcodec_get_name(context.codec_id) + " of " + std::to_string(context.width) +
               "x" + std::to_string(context.height) + " " + pixel_format_name(last);
  }
  return AV_PIX_FMT_NONE;
}

void HwDecode::not_chosen(HwAccel kind, const std::string& why) {
  const std::lock_guard lock(mutex_);
  choice_.chosen.reset();
  choice_.why += (choice_.why.empty() ? "" : "; ") + std::string(to_string(kind)) + ": " + why;
}

void HwDecode::choose(HwAccel kind) {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    choice_.chosen = kind;
    if (asked_ == HwAccel::none) return;
    text = std::string("decode.hwaccel = ") + to_string(asked_) + ": " + chosen_name(choice_);
    if (!choice_.why.empty()) text += " (" + choice_.why + ")";
  }
  log(Level::info, owner_, text);
}

HwChoice HwDecode::choice() const {
  const std::lock_guard lock(mutex_);
  return choice_;
}

}  // namespace weir::media
