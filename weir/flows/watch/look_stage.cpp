#include "weir/flows/watch/look_stage.hpp"

#include <algorithm>
#include <array>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/flows/watch/planted_leak.hpp"

namespace weir::watch {
namespace {

motion::LumaView for_motion(const media::LumaView& view) noexcept {
  return {view.data, view.stride, view.width, view.height, view.step_bytes, view.sample_bytes, view.shift};
}

bool same_layout(const motion::LumaView& a, const motion::LumaView& b) noexcept {
  return a.width == b.width && a.height == b.height && a.step_bytes == b.step_bytes &&
         a.sample_bytes == b.sample_bytes && a.shift == b.shift;
}

motion::MotionConfig config_of(const MotionOptions& options) noexcept {
  motion::MotionConfig config;
  config.model = options.model == MotionModel::mog2 ? motion::Model::mog2 : motion::Model::average;
  config.threshold = options.threshold;
  config.min_area = options.min_area;
  config.light_guard = options.light_guard;
  return config;
}

}  // namespace

LookStage::LookStage(const CameraOptions& options, std::uint32_t camera, Channel<Looked>& frames,
                     server::StreamHub* hub, server::Broadcast* stream, EventWriter* events)
    : options_(options), camera_(camera), frames_(frames), hub_(hub), stream_(stream), events_(events) {
  thread_ = std::thread([this] {
    AccountBinding binding(Account::open(options_.id));
    run();
  });
}

LookStage::~LookStage() {
  frames_.close();
  join();
}

void LookStage::join() {
  if (thread_.joinable()) thread_.join();
}

void LookStage::run() {
  while (std::optional<Looked> looked = frames_.take()) look(*looked);
}

void LookStage::look(const Looked& looked) {
  planted_leak(options_.id);
  const auto luma = reader_.view(looked.frame);
  if (!luma) {
    if (!unreadable_) log(Level::warn, options_.id, "no motion detection: " + luma.error().message());
    unreadable_ = true;
    return;
  }
  const motion::LumaView view = for_motion(*luma);
  if ((!scale_ || !same_layout(view, layout_)) && !prepare(view)) return;

  motion::LumaView small;
  {
    HotPath::Scope scope(scale_path_);
    small = scale_->scale(view);
  }
  // Copied out: publishing may wait for a disk, and nobody waits with an engine in hand.
  std::array<motion::Box, motion::max_boxes> found;
  std::size_t count = 0;
  {
    auto engine = engine_->enter();
    HotPath::Scope scope(motion_path_);
    const auto boxes = (*engine)->look(small, looked.frame.pts_us);
    count = static_cast<std::size_t>(std::copy(boxes.begin(), boxes.end(), found.begin()) - found.begin());
  }
  const std::span<const motion::Box> boxes(found.data(), count);
  counters_.detected.fetch_add(1, std::memory_order_relaxed);
  counters_.boxes.fetch_add(boxes.size(), std::memory_order_relaxed);
  // Wall time can be set back meanwhile; then the age is unknown, and 0.
  const auto age_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_ns() - looked.frame.capture_us * 1000));
  counters_.age_ns.record(age_ns);
  counters_.age_sum_ns.fetch_add(age_ns, std::memory_order_relaxed);
  publish(looked, boxes);
}

bool LookStage::prepare(const motion::LumaView& view) {
  const motion::Size source{view.width, view.height};
  scale_.emplace(view, motion::Size{options_.detect_width, options_.detect_height});
  auto engine = motion::make_motion_engine(config_of(options_.motion), source, scale_->size());
  if (!engine) {
    log(Level::error, options_.id, engine.error().message());
    scale_.reset();
    return false;
  }
  engine_ = std::make_unique<Exclusive<Engine>>(options_.id + "/motion", Clock::real(), std::move(*engine));
  layout_ = view;
  return true;
}

void LookStage::publish(const Looked& looked, std::span<const motion::Box> boxes) {
  const media::Frame& frame = looked.frame;
  if (stream_ != nullptr) {
    std::array<server::Box, motion::max_boxes> out;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      out[i] = {boxes[i].x, boxes[i].y, boxes[i].w, boxes[i].h, "motion", boxes[i].confidence, std::nullopt};
    }
    stream_->post_boxes({stream_->id(), frame.epoch, frame.number, frame.pts_us}, {out.data(), boxes.size()},
                        looked.sequence);
    hub_->notify();
  }
  if (events_ != nullptr) {
    for (const motion::Box& box : boxes) {
      events_->offer({camera_, frame.number, frame.pts_us, box.x, box.y, box.w, box.h, box.confidence});
    }
  }
}

}  // namespace weir::watch
