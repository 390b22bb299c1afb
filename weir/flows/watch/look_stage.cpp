#include "weir/flows/watch/look_stage.hpp"

#include <algorithm>
#include <array>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/engines/track/mask.hpp"
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

// How often things are looked at that are there but do not move.
constexpr std::int64_t still_there_every_us = 1'000'000;

}  // namespace

LookStage::LookStage(const CameraOptions& options, bool fast, Channel<Looked>& frames, Follow& follow,
                     Detecting detecting, std::function<void(std::int64_t)> moved)
    : options_(options),
      fast_(fast),
      frames_(frames),
      follow_(follow),
      detecting_(detecting),
      moved_(std::move(moved)) {
  observations_.reserve(motion::max_boxes);
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
  while (std::optional<Looked> looked = frames_.take()) look(std::move(*looked));
  if (detecting_.stage != nullptr) detecting_.stage->close(detecting_.client);
}

void LookStage::look(Looked&& looked) {
  planted_leak(options_.id);
  const auto boxes = options_.motion.enabled ? movement(looked) : std::span<const motion::Box>();
  if (!boxes.empty() || !options_.motion.enabled) moved_(looked.frame.pts_us);
  if (detecting_.stage == nullptr) {
    if (unreadable_) return;
    observations_.clear();
    for (const motion::Box& box : boxes) {
      observations_.push_back(
          {{static_cast<float>(box.x), static_cast<float>(box.y), static_cast<float>(box.w), static_cast<float>(box.h)},
           box.confidence,
           0});
    }
    follow_.found(looked, observations_);
    return;
  }
  if (!worth_detecting(looked, !boxes.empty())) {
    detecting_.waiting->count_drop(Drop::idle);
  } else if (fast_) {
    detecting_.stage->now(detecting_.client, looked);
  } else {
    detecting_.stage->offer(detecting_.client, std::move(looked));
  }
}

bool LookStage::worth_detecting(const Looked& looked, bool moves) noexcept {
  const std::int64_t now_us = looked.frame.pts_us;
  const bool worth = options_.when == DetectWhen::always || moves || !options_.motion.enabled || unreadable_ ||
                     (follow_.following() && (!last_detect_us_ || now_us - *last_detect_us_ >= still_there_every_us));
  if (worth) last_detect_us_ = now_us;
  return worth;
}

std::span<const motion::Box> LookStage::movement(const Looked& looked) {
  const auto luma = reader_.view(looked.frame);
  if (!luma) {
    if (!unreadable_) log(Level::warn, options_.id, "no motion detection: " + luma.error().message());
    unreadable_ = true;
    return {};
  }
  const motion::LumaView view = for_motion(*luma);
  if ((!scale_ || !same_layout(view, layout_)) && !prepare(view)) return {};
  if (masked_by_ != follow_.drawings()) mask();

  motion::LumaView small;
  {
    HotPath::Scope scope(scale_path_);
    small = scale_->scale(view);
  }
  // Copied out: who is told of them may wait for a disk, and nobody waits with an engine in hand.
  std::size_t count = 0;
  {
    auto engine = engine_->enter();
    HotPath::Scope scope(motion_path_);
    const auto found = (*engine)->look(small, looked.frame.pts_us);
    count = static_cast<std::size_t>(std::copy(found.begin(), found.end(), boxes_.begin()) - boxes_.begin());
  }
  looked_.fetch_add(1, std::memory_order_relaxed);
  return {boxes_.data(), count};
}

void LookStage::mask() {
  masked_by_ = follow_.drawings();
  std::vector<std::vector<track::Point>> polygons;
  for (const MaskOptions& drawn : follow_.drawn().masks) {
    auto& polygon = polygons.emplace_back();
    for (const Point& point : drawn.points)
      polygon.push_back({static_cast<float>(point.x), static_cast<float>(point.y)});
  }
  const motion::Size size = scale_->size();
  const int columns = motion::mask_cells(size.width), rows = motion::mask_cells(size.height);
  std::vector<std::uint8_t> cells;
  if (!polygons.empty()) {
    cells.resize(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
    // Checked when it was drawn.
    if (const auto mask = track::Mask::make(std::move(polygons))) mask->paint(cells, columns, rows);
  }
  (*engine_->enter())->mask(cells);
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
  masked_by_ = 0;
  return true;
}

}  // namespace weir::watch
