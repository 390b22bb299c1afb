#include "weir/engines/detect/opencv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/engines/detect/test_onnx.hpp"
#include "weir/engines/detect/test_pictures.hpp"

namespace weir::detect {
namespace {

std::unique_ptr<Detector> network(int threads) {
  test::MadeModel model({1, 3, 64, 64});
  model.output({{1, 252, 7}, std::vector<float>(252 * 7, 0.0F)});
  const test::TestFile file(".onnx", model.bytes());
  auto made = make_detector({.model = file.path(), .threads = threads});
  EXPECT_TRUE(made) << made.error().line();
  return std::move(*made);
}

TEST(OpenCv, threads_are_set_back_before_each_look) {
  for (const int threads : {1, 2}) {
    const auto onnx = network(threads);
    const auto people = make_detector({.kind = Kind::people, .threads = threads}).value();
    for (Detector* detector : {onnx.get(), people.get()}) {
      cv::setNumThreads(3 - threads);
      const auto picture = test::plain(detector->placement(100, 100), 7);
      ASSERT_TRUE(detector->detect(picture.view(), 100, 100));
      EXPECT_EQ(cv::getNumThreads(), threads);
    }
  }
  cv::setNumThreads(1);
}

TEST(OpenCv, errors_come_as_one_line_and_nothing_is_printed) {
  silence_opencv();
  testing::internal::CaptureStderr();
  const test::TestFile broken(".onnx", [] {
    std::string bytes = test::MadeModel().output({{1, 2}, {0, 0}}).bytes();
    return bytes.replace(bytes.find("GlobalAveragePool"), 17, "SomethingElseHere");
  }());
  const auto unloaded = make_detector({.model = broken.path()});
  const auto failed =
      guarded(Code::failed, "that went wrong", [] { CV_Error(cv::Error::StsError, "because of this"); });
  const auto other = guarded(Code::failed, "that went wrong", [] { throw std::bad_alloc(); });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(unloaded);
  EXPECT_THAT(unloaded.error().line(), testing::HasSubstr("OpenCV cannot load this model"));
  EXPECT_EQ(unloaded.error().line().find('\n'), std::string::npos);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().line(), "detect.model: that went wrong (because of this)");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().line(), testing::StartsWith("detect.model: that went wrong (std::bad_alloc"));
  EXPECT_TRUE(guarded(Code::failed, "", [] {}));
}

}  // namespace
}  // namespace weir::detect
