#include <charconv>
#include <optional>

#include "weir/core/hot_path.hpp"
#include "weir/media/demo_scene.hpp"
#include "weir/media/h264_encoder.hpp"
#include "weir/media/pacer.hpp"
#include "weir/media/source_kinds.hpp"
#include "weir/media/stream_tracker.hpp"

namespace weir::media {
namespace {

struct DemoAddress {
  std::string scene;
  int width = 960, height = 540, fps = 15;
  std::uint32_t seed = 1;
  std::optional<std::int64_t> frames;  // without: for ever
};

template <class T>
bool number(std::string_view text, T& out, T low, T high) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= low && out <= high;
}

// "demo:street?frames=300&size=960x540&fps=15&seed=1"
Result<DemoAddress> parse(const std::string& address) {
  DemoAddress a;
  std::string_view rest = std::string_view(address).substr(address.find(':') + 1);
  const std::size_t query = rest.find('?');
  a.scene = rest.substr(0, query);
  rest = query == std::string_view::npos ? std::string_view{} : rest.substr(query + 1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(std::min(equals + 1, part.size()));
    bool good = false;
    if (name == "frames") {
      std::int64_t n = 0;
      good = number<std::int64_t>(value, n, 1, INT64_MAX / 2);
      a.frames = n;
    } else if (name == "fps") {
      good = number(value, a.fps, 1, 60);
    } else if (name == "seed") {
      good = number<std::uint32_t>(value, a.seed, 0, UINT32_MAX);
    } else if (name == "size") {
      const std::size_t x = value.find('x');
      good = x != std::string_view::npos && number(value.substr(0, x), a.width, 1, 4096) &&
             number(value.substr(x + 1), a.height, 1, 4096);
    }
    if (!good) {
      return fail(Code::invalid, "a demo scene has frames=N, size=WIDTHxHEIGHT, fps=1 to 60 and seed=N", address,
                  std::string(part));
    }
  }
  return a;
}

class DemoSource final : public Source {
 public:
  DemoSource(DemoAddress address, const SourceOptions& options, std::unique_ptr<DemoScene> scene, H264Encoder encoder,
             StreamTracker tracker, Av<AVPacket> packet)
      : address_(std::move(address)),
        fast_(options.fast),
        scene_(std::move(scene)),
        encoder_(std::move(encoder)),
        tracker_(std::move(tracker)),
        packet_(std::move(packet)),
        pacer_(*options.clock) {}

  const StreamInfo& info() const noexcept override { return tracker_.info(); }
  SourceKind kind() const noexcept override { return SourceKind::demo; }

  Result<Read> read(Packet& packet, std::stop_token stop) override {
    if (stop.stop_requested()) return fail(Code::cancelled, "stopped", "demo:" + address_.scene);
    if (address_.frames && next_ >= *address_.frames) return Read::end;
    av_packet_unref(packet_.get());
    {
      static HotPath path("watch.demux", HotPath::Kind::library);
      HotPath::Scope scope(path);
      const Canvas& picture = scene_->draw(static_cast<double>(next_) / address_.fps);
      if (const Result<void> encoded = encoder_.encode(picture, next_, *packet_); !encoded) {
        return tl::unexpected(encoded.error());
      }
    }
    ++next_;
    tracker_.take(*packet_, {1, address_.fps}, packet);
    if (!fast_) {
      if (!pacer_.wait(packet.dts_us, stop)) return fail(Code::cancelled, "stopped", "demo:" + address_.scene);
      packet.capture_us = wall_ns() / 1000;
    }
    return Read::packet;
  }

 private:
  DemoAddress address_;
  bool fast_;
  std::unique_ptr<DemoScene> scene_;
  H264Encoder encoder_;
  StreamTracker tracker_;
  Av<AVPacket> packet_;
  Pacer pacer_;
  std::int64_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> open_demo(const std::string& text, const SourceOptions& options) {
  Result<DemoAddress> address = parse(text);
  if (!address) return tl::unexpected(address.error());
  auto scene = DemoScene::make(address->scene, address->width, address->height, address->seed);
  if (!scene) return tl::unexpected(scene.error());
  Result<H264Encoder> encoder = H264Encoder::make(address->width, address->height, address->fps);
  if (!encoder) return tl::unexpected(encoder.error());
  const auto parameters = encoder->parameters();
  if (!parameters) return tl::unexpected(parameters.error());
  auto tracker = StreamTracker::make(**parameters, address->fps, options.first_epoch, options.first_pts_us);
  if (!tracker) return tl::unexpected(tracker.error());
  Av<AVPacket> packet(av_packet_alloc());
  if (packet == nullptr) return fail(Code::exhausted, "not enough memory for a demo scene", text);
  return std::make_unique<DemoSource>(std::move(*address), options, std::move(*scene), std::move(*encoder),
                                      std::move(*tracker), std::move(packet));
}

}  // namespace weir::media
