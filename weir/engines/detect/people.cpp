#include "weir/engines/detect/people.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/objdetect.hpp>

#include "weir/engines/detect/candidates.hpp"
#include "weir/engines/detect/labels.hpp"
#include "weir/engines/detect/opencv.hpp"

namespace weir::detect {

namespace {

constexpr int longer_side = 640;
constexpr int window_width = 64, window_height = 128;
// The trained windows have a margin of 16 pixels around the person, into which arms and steps reach.
constexpr float margin_across = 0.18F, margin_down = 0.12F;
constexpr double group_overlap = 2.0;  // windows that must agree on a person
constexpr float most_shared = 0.45F;

class PeopleDetector final : public Detector {
 public:
  PeopleDetector(const DetectorConfig& config, std::vector<std::uint8_t> wanted)
      : threads_(config.threads), candidates_(static_cast<float>(config.confidence), std::move(wanted), 1000) {
    hog_.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
  }

  Placement placement(int source_width, int source_height) const noexcept override;
  Result<std::span<const Detection>> detect(const Picture& picture, int source_width, int source_height) override;
  const std::vector<std::string>& labels() const noexcept override { return labels_; }
  DetectorInfo info() const override {
    return {.name = "HOG people", .layout = {}, .width = longer_side, .height = longer_side, .shapes = {}};
  }

 private:
  const int threads_;
  const std::vector<std::string> labels_{"person"};
  cv::HOGDescriptor hog_;
  Candidates candidates_;
  std::vector<cv::Rect> found_;
  std::vector<double> weights_;
};

Placement PeopleDetector::placement(int source_width, int source_height) const noexcept {
  Placement p = place(Fit::corner, source_width, source_height, longer_side, longer_side);
  // No border but what one window needs.
  p.width = std::max(p.w, window_width), p.height = std::max(p.h, window_height);
  return p;
}

Result<std::span<const Detection>> PeopleDetector::detect(const Picture& picture, int source_width, int source_height) {
  if (source_width < 1 || source_height < 1) return fail(Code::invalid, "an empty source picture");
  const Placement p = placement(source_width, source_height);
  if (const Result<void> good = check_picture(picture, p); !good) return tl::unexpected(good.error());
  const Result<void> done = guarded(Code::failed, "looking for people failed", [&] {
    use_threads(threads_);
    const cv::Mat mat(p.height, p.width, CV_8UC3, const_cast<std::uint8_t*>(picture.bgr),
                      static_cast<std::size_t>(picture.stride_bytes));
    hog_.detectMultiScale(mat, found_, weights_, 0, cv::Size(8, 8), cv::Size(), 1.05, group_overlap);
  });
  if (!done) return tl::unexpected(done.error());
  candidates_.clear();
  for (std::size_t i = 0; i < found_.size() && i < weights_.size(); ++i) {
    const cv::Rect2f r = found_[i];
    // The distance from the separating plane has no upper end.
    const auto confidence = static_cast<float>(1 - std::exp(-std::max(0.0, weights_[i])));
    const Area area = to_source(p, source_width, source_height,
                                {r.x + r.width * margin_across, r.y + r.height * margin_down,
                                 r.width * (1 - 2 * margin_across), r.height * (1 - 2 * margin_down)});
    candidates_.add(area.x, area.y, area.w, area.h, confidence, 0);
  }
  return suppress(candidates_.taken(), most_shared, max_detections, max_detections);
}

}  // namespace

Result<std::unique_ptr<Detector>> make_people(const DetectorConfig& config) {
  if (!config.model.empty() || !config.labels.empty() || config.layout != Layout::automatic) {
    return fail(Code::invalid, "a model, labels or a layout are of no use to the people engine: leave them out",
                "detect.engine");
  }
  auto wanted = wanted_labels({"person"}, config.classes);
  if (!wanted) return tl::unexpected(wanted.error());
  silence_opencv();
  std::unique_ptr<Detector> made;
  const Result<void> done = guarded(Code::failed, "the people engine cannot be made",
                                    [&] { made = std::make_unique<PeopleDetector>(config, std::move(*wanted)); });
  if (!done) return tl::unexpected(done.error());
  return made;
}

}  // namespace weir::detect
