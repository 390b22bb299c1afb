// What this room needs around OpenCV's calls. For .cpp files of this room only: it includes OpenCV.
#pragma once

#include <exception>
#include <opencv2/core.hpp>
#include <string>

#include "weir/engines/detect/detector.hpp"

namespace weir::detect {

// OpenCV logs to stderr, errors that it throws among them: once this was called it prints nothing.
void silence_opencv();

// OpenCV knows one number of threads for the whole process; whoever else sets it, the next look sets it back.
void use_threads(int threads);

// What OpenCV says, in one line without its source file.
std::string cv_text(const cv::Exception& e);

// Runs `body`; what OpenCV or the allocator throws becomes an error with that code and text.
template <class Body>
Result<void> guarded(Code code, const char* text, Body&& body) {
  try {
    body();
    return {};
  } catch (const cv::Exception& e) {
    return fail(code, text, "detect.model", cv_text(e));
  } catch (const std::exception& e) {
    return fail(code, text, "detect.model", e.what());
  }
}

// Invalid: `picture` has not the placement's size.
Result<void> check_picture(const Picture& picture, const Placement& placement);

}  // namespace weir::detect
