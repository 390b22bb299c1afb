#include "weir/engines/motion/mog2.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/background_segm.hpp>
#include <vector>

namespace weir::motion {

namespace {

constexpr float background_s = 10.0F;  // time constant of the mixture
constexpr float first_s = 0.4F;
constexpr float longest_gap_s = 2.0F;
constexpr double deviation = 4.5;  // levels: the threshold is in levels, OpenCV's in squared standard deviations

class Mog2Engine final : public MotionEngine {
 public:
  Mog2Engine(const MotionConfig& config, Size source, Size small) : config_(config), source_(source), small_(small) {
    // Worker threads of a shared pool would belong to whichever camera came first.
    cv::setNumThreads(1);
    const double distance = config.threshold / deviation;
    model_ = cv::createBackgroundSubtractorMOG2(500, distance * distance, false);
    mask_.create(small.height, small.width, CV_8UC1);
    closed_.create(small.height, small.width, CV_8UC1);
    boxes_.reserve(max_components);
  }

  std::span<const Box> look(const LumaView& small, std::int64_t pts_us) noexcept override;
  void mask(std::span<const std::uint8_t> cells) override;
  MotionStats stats() const noexcept override { return stats_; }

 private:
  static constexpr std::size_t max_components = 256;
  void find_boxes();

  const MotionConfig config_;
  const Size source_, small_;
  cv::Ptr<cv::BackgroundSubtractorMOG2> model_;
  cv::Mat mask_, closed_, labels_, shapes_, centres_;
  cv::Mat masked_;  // pixels in which nothing counts; empty: none
  std::vector<Box> boxes_;
  MotionStats stats_;
  std::int64_t last_pts_us_ = 0;
  float age_s_ = 0;
};

std::span<const Box> Mog2Engine::look(const LumaView& small, std::int64_t pts_us) noexcept {
  WEIR_CHECK(small.width == small_.width && small.height == small_.height && small.step_bytes == 1 &&
                 small.sample_bytes == 1 && small.stride_bytes >= small.width,
             "the picture's size differs from the one this motion engine was made for");
  const bool first = stats_.looks++ == 0;
  const float seconds = std::clamp(static_cast<float>(pts_us - last_pts_us_) * 1e-6F, 0.001F, longest_gap_s);
  last_pts_us_ = pts_us;
  boxes_.clear();
  if (!first) age_s_ += seconds;
  const float constant = std::clamp(age_s_, seconds, background_s);
  // OpenCV throws on broken invariants only; there is nobody above who could do better than end.
  const cv::Mat picture(small.height, small.width, CV_8UC1, const_cast<std::uint8_t*>(small.data),
                        static_cast<std::size_t>(small.stride_bytes));
  model_->apply(picture, mask_, first ? 1.0 : 1.0 - std::exp(-seconds / constant));
  if (!masked_.empty()) mask_.setTo(0, masked_);
  if (age_s_ >= first_s) find_boxes();
  if (!boxes_.empty()) ++stats_.with_motion;
  return boxes_;
}

void Mog2Engine::mask(std::span<const std::uint8_t> cells) {
  const int columns = mask_cells(small_.width), rows = mask_cells(small_.height);
  masked_ = cv::Mat();
  if (cells.size() != static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) return;
  masked_ = cv::Mat::zeros(small_.height, small_.width, CV_8UC1);
  const cv::Rect whole(0, 0, small_.width, small_.height);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      if (cells[static_cast<std::size_t>(row * columns + column)] == 0) continue;
      masked_(cv::Rect(column * mask_side, row * mask_side, mask_side, mask_side) & whole) = 255;
    }
  }
}

void Mog2Engine::find_boxes() {
  // A median takes out single pixels; the dilation joins what lies close.
  cv::medianBlur(mask_, closed_, 3);
  cv::dilate(closed_, mask_, cv::Mat(), cv::Point(-1, -1), 3);
  const int found = cv::connectedComponentsWithStats(mask_, labels_, shapes_, centres_, 8, CV_16U);
  const double least = std::max(16.0, config_.min_area * small_.width * small_.height);
  const float across = static_cast<float>(source_.width) / static_cast<float>(small_.width);
  const float down = static_cast<float>(source_.height) / static_cast<float>(small_.height);
  for (int label = 1; label < found && boxes_.size() < max_components; ++label) {
    const cv::Rect grown(shapes_.at<int>(label, cv::CC_STAT_LEFT), shapes_.at<int>(label, cv::CC_STAT_TOP),
                         shapes_.at<int>(label, cv::CC_STAT_WIDTH), shapes_.at<int>(label, cv::CC_STAT_HEIGHT));
    // The dilation's own share: three pixels on each side.
    const cv::Rect box(grown.x + 3, grown.y + 3, std::max(1, grown.width - 6), std::max(1, grown.height - 6));
    const int moved = cv::countNonZero(closed_(grown));
    if (moved < least) continue;
    const int x = static_cast<int>(static_cast<float>(box.x) * across);
    const int y = static_cast<int>(static_cast<float>(box.y) * down);
    const int right = std::min(static_cast<int>(std::ceil(static_cast<float>(box.br().x) * across)), source_.width);
    const int bottom = std::min(static_cast<int>(std::ceil(static_cast<float>(box.br().y) * down)), source_.height);
    boxes_.push_back(
        {x, y, right - x, bottom - y, std::min(1.0F, static_cast<float>(moved) / static_cast<float>(box.area()))});
  }
  if (boxes_.size() > max_boxes) {
    std::partial_sort(boxes_.begin(), boxes_.begin() + max_boxes, boxes_.end(),
                      [](const Box& a, const Box& b) { return a.w * a.h > b.w * b.h; });
    stats_.boxes_cut += boxes_.size() - max_boxes;
    boxes_.resize(max_boxes);
  }
}

}  // namespace

Result<std::unique_ptr<MotionEngine>> make_mog2(const MotionConfig& config, Size source, Size small) {
  return std::make_unique<Mog2Engine>(config, source, small);
}

}  // namespace weir::motion
