// Detection in real pictures. What is in them, and where, was established by looking at them.
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/support/data.hpp"
#include "weir/engines/detect/candidates.hpp"
#include "weir/engines/detect/test_pictures.hpp"

namespace weir::detect {
namespace {

struct Thing {
  std::string label;
  float left, top, right, bottom;
};

struct Scene {
  const char* name;
  int width, height;
  std::vector<Thing> things;
};

const Scene plane{"video/images/voc_000067.jpg", 500, 272, {{"airplane", 41, 71, 448, 209}}};
const Scene sofa{"video/images/voc_001763.jpg", 500, 375, {{"cat", 279, 109, 500, 375}, {"dog", 0, 22, 332, 366}}};
// A rider, a man in red far behind, and a parked pickup; farther people at the edge are too small to count.
const Scene ranch{"video/images/voc_004545.jpg",
                  500,
                  375,
                  {{"person", 273, 14, 349, 234},
                   {"person", 432, 123, 449, 178},
                   {"horse", 215, 69, 422, 373},
                   {"dog", 145, 204, 196, 342},
                   {"car", 2, 105, 131, 195}}};
const Scene pickup{"video/images/truck.jpg", 1800, 1200, {{"truck", 84, 281, 1710, 852}}};
const Scene convertibles{
    "video/images/cars.jpg", 2250, 1500, {{"car", 264, 503, 1357, 1062}, {"car", 1325, 281, 2250, 1413}}};

#define WEIR_FILE(variable, name)               \
  const auto variable = weir::test::data(name); \
  if (!variable) GTEST_SKIP() << weir::test::no_data(name)

std::vector<Detection> look(Detector& detector, const std::filesystem::path& path, int width, int height) {
  const test::TestPicture picture = test::placed(path, detector.placement(width, height));
  EXPECT_GT(picture.width, 0) << "the ffmpeg command reads " << path << " (is it installed?)";
  const auto found = detector.detect(picture.view(), width, height);
  EXPECT_TRUE(found) << found.error().line();
  return found ? std::vector(found->begin(), found->end()) : std::vector<Detection>{};
}

class FastestDet : public testing::TestWithParam<Scene> {};

TEST_P(FastestDet, finds_what_is_in_the_picture) {
  WEIR_FILE(model, "models/FastestDet.onnx");
  WEIR_FILE(path, GetParam().name);
  const auto detector = make_detector({.model = *model});
  ASSERT_TRUE(detector) << detector.error().line();
  const auto found = look(**detector, *path, GetParam().width, GetParam().height);
  for (const Thing& thing : GetParam().things) {
    const Detection there{thing.left, thing.top, thing.right - thing.left, thing.bottom - thing.top};
    EXPECT_TRUE(std::ranges::any_of(found,
                                    [&](const Detection& d) {
                                      return (*detector)->labels()[static_cast<std::size_t>(d.label)] == thing.label &&
                                             overlap(d, there) > 0.5F;
                                    }))
        << thing.label << " at " << thing.left << ", " << thing.top;
  }
  EXPECT_TRUE(std::ranges::is_sorted(found, std::greater{}, &Detection::confidence));
}

INSTANTIATE_TEST_SUITE_P(Scenes, FastestDet, testing::Values(plane, sofa, ranch, pickup, convertibles));

TEST(RealPictures, fastestdet_is_recognised_and_counts_people) {
  WEIR_FILE(model, "models/FastestDet.onnx");
  WEIR_FILE(labels, "models/coco_classes.txt");
  const auto detector = make_detector({.model = *model, .labels = *labels, .classes = {"person"}, .confidence = 0.65});
  ASSERT_TRUE(detector) << detector.error().line();
  const DetectorInfo info = (*detector)->info();
  EXPECT_EQ(info.name, "FastestDet");
  EXPECT_EQ(info.layout, "fastestdet");
  EXPECT_EQ(info.width, 352);
  EXPECT_EQ(info.height, 352);
  EXPECT_EQ(info.shapes, "1×3×352×352 → 1×85×22×22");
  const std::pair<const Scene*, std::size_t> people[] = {{&ranch, 2}, {&plane, 0}, {&sofa, 0}, {&convertibles, 0}};
  for (const auto& [scene, count] : people) {
    WEIR_FILE(path, scene->name);
    EXPECT_EQ(look(**detector, *path, scene->width, scene->height).size(), count) << scene->name;
  }
}

}  // namespace
}  // namespace weir::detect
