#include "weir/engines/detect/opencv.hpp"

#include <mutex>
#include <opencv2/core/utils/logger.hpp>

namespace weir::detect {

void silence_opencv() {
  static std::once_flag once;
  std::call_once(once, [] { cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT); });
}

void use_threads(int threads) {
  if (cv::getNumThreads() != threads) cv::setNumThreads(threads);
}

std::string cv_text(const cv::Exception& e) {
  constexpr std::size_t longest = 200;
  std::string text = e.err.empty() ? e.what() : e.err;
  if (text.size() > longest) text = text.substr(0, longest) + "…";
  return text;
}

Result<void> check_picture(const Picture& picture, const Placement& placement) {
  if (picture.bgr != nullptr && picture.width == placement.width && picture.height == placement.height &&
      picture.stride_bytes >= static_cast<std::ptrdiff_t>(picture.width) * 3) {
    return {};
  }
  return fail(Code::invalid, "the picture's size is not the one that the detector placed", {},
              std::to_string(picture.width) + "×" + std::to_string(picture.height) + " instead of " +
                  std::to_string(placement.width) + "×" + std::to_string(placement.height));
}

}  // namespace weir::detect
