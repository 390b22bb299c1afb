// HwDecode: which device decodes a stream, and why those before it do not. Internal to the decoder.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/av.hpp"
#include "weir/media/hw_accel.hpp"

namespace weir::media {

// A device that is there, and the library's decoder that works with it.
struct HwDevice {
  HwAccel kind = HwAccel::none;
  const AVCodec* codec = nullptr;
  AVPixelFormat surface = AV_PIX_FMT_NONE;  // of pictures that lie on it
  Av<AVBufferRef> context;
};

// The devices of a machine.
// Thread-safety: any thread.  Allocates: open().  Blocks: open() while a driver starts; download() for a picture.
// Ownership: must outlive the decoders.
class HwDevices {
 public:
  virtual ~HwDevices() = default;
  // Unsupported: no such device, or the library has no decoder of the codec for it. The detail is a whole reason.
  virtual Result<HwDevice> open(HwAccel kind, AVCodecID codec) = 0;
  // As AVCodecContext::get_buffer2, for a surface.
  virtual int get_surface(AVCodecContext& context, AVFrame& frame, int flags) {
    return avcodec_default_get_buffer2(&context, &frame, flags);
  }
  // The pixel format in which a surface is downloaded.
  virtual AVPixelFormat format_of(const AVFrame& surface) const = 0;
  // Into `to`, of the surface's size and that format. A negative number is the library's error.
  virtual int download(AVFrame& to, const AVFrame& surface) = 0;
};
HwDevices& machine_devices();

// Thread-safety: used by the decoding thread; choice() from any.  Allocates: when a device is opened.
// Blocks: next(), while a driver starts.  Ownership: owns the device in use.
class HwDecode {
 public:
  HwDecode(HwAccel asked, std::string owner, HwDevices& devices);

  // Takes the first device that is asked for, there, and not refused yet. When none is left: software if that may be,
  // otherwise `unsupported`. What was chosen and why is logged.
  Result<void> next(AVCodecID codec);
  // Null: software.
  const HwDevice* device() const noexcept { return device_ ? &*device_ : nullptr; }

  // For AVCodecContext::get_format while there is a device: its surfaces, or none of the formats if the library does
  // not offer them or has just failed to set them up.
  AVPixelFormat pick(const AVCodecContext& context, const AVPixelFormat* offered);
  // For AVCodecContext::get_buffer2 of a surface: the device has agreed to the stream.
  void agreed() noexcept { words_.clear(); }
  // The device does not decode the stream. take_refusal() clears it; next() has the rest.
  bool refused() const noexcept { return refused_; }
  bool take_refusal() noexcept { return std::exchange(refused_, false); }
  // Who listens to the library while it decodes; null without a device.
  LibraryWords* words() noexcept { return device_ ? &words_ : nullptr; }

  bool is_surface(const AVFrame& frame) const noexcept { return device_ && frame.format == device_->surface; }
  HwDevices& devices() const noexcept { return devices_; }
  HwChoice choice() const;

 private:
  void not_chosen(HwAccel kind, const std::string& why);
  void choose(HwAccel kind);

  const HwAccel asked_;
  const std::string owner_;
  HwDevices& devices_;
  std::vector<HwAccel> left_;  // still to be tried, in order
  std::optional<HwDevice> device_;
  LibraryWords words_;
  bool refused_ = false;
  std::string refusal_;
  mutable std::mutex mutex_;
  HwChoice choice_;
};

}  // namespace weir::media
