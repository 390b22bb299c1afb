// Networks through OpenCV itself, made for each test: any outputs, from the picture's mean colour.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/data.hpp"
#include "weir/engines/detect/test_onnx.hpp"
#include "weir/engines/detect/test_pictures.hpp"

namespace weir::detect {
namespace {

using test::MadeModel;
using test::MadeOutput;
using test::TestFile;

constexpr int side = 64;
constexpr std::int64_t cells = 8 * 8 + 4 * 4 + 2 * 2;

Result<std::unique_ptr<Detector>> made(const std::string& bytes, DetectorConfig config = {}) {
  const TestFile file(".onnx", bytes);
  config.model = file.path();
  return make_detector(config);
}

std::string refused(const std::string& bytes, const DetectorConfig& config = {}) {
  const auto detector = made(bytes, config);
  return detector ? "accepted as " + (*detector)->info().layout : detector.error().message();
}

MadeOutput output(std::vector<std::int64_t> shape, float number = 0.0F) {
  std::size_t count = 1;
  for (const std::int64_t n : shape) count *= static_cast<std::size_t>(n);
  return {std::move(shape), std::vector<float>(count, number)};
}

void put(MadeOutput& out, std::size_t first, const std::vector<float>& numbers, std::size_t step = 1) {
  for (std::size_t i = 0; i < numbers.size(); ++i) out.numbers.at(first + i * step) = numbers[i];
}

std::vector<Detection> look(Detector& detector, int width, int height, std::uint8_t grey = 90) {
  const auto found = detector.detect(test::plain(detector.placement(width, height), grey).view(), width, height);
  EXPECT_TRUE(found) << found.error().line();
  return found ? std::vector(found->begin(), found->end()) : std::vector<Detection>{};
}

// Each model sees the same: a box in the middle of the picture, a quarter of its input wide and high.
struct Case {
  const char* layout;
  std::vector<MadeOutput> outputs;
  Fit fit;
  bool needs_labels = false;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&](const char* layout, Fit fit, MadeOutput out, bool needs_labels = false) {
    all.push_back({layout, {std::move(out)}, fit, needs_labels});
  };
  MadeOutput fastestdet = output({1, 7, 4, 4});
  put(fastestdet, 2 * 4 + 2, {0.9F, 0, 0, std::log(1 / 3.0F), std::log(1 / 3.0F), 0.1F, 0.9F}, 16);
  add("fastestdet", Fit::stretch, fastestdet);
  MadeOutput yolox = output({1, cells, 7});
  put(yolox, (4 * 8 + 4) * 7, {0, 0, std::log(2.0F), std::log(2.0F), 0.9F, 0, 1});
  add("yolox", Fit::corner, yolox);
  MadeOutput yolox_pixels = output({1, cells, 7});
  std::size_t row = 0;
  for (const int stride : {8, 16, 32}) {
    for (int y = 0; y < side / stride; ++y) {
      for (int x = 0; x < side / stride; ++x, ++row) {
        put(yolox_pixels, row * 7, {static_cast<float>(x * stride), static_cast<float>(y * stride), 16, 16});
      }
    }
  }
  put(yolox_pixels, (4 * 8 + 4) * 7, {32, 32, 16, 16, 0.9F, 0, 1});
  add("yolox", Fit::corner, yolox_pixels);
  MadeOutput yolov5 = output({1, 3 * cells, 7});
  put(yolov5, 100 * 7, {32, 32, 16, 16, 0.9F, 0, 1});
  add("yolov5", Fit::centre, yolov5);
  MadeOutput yolov5_finished = output({19, 7});
  put(yolov5_finished, 3 * 7, {0, 24, 24, 40, 40, 1, 0.9F});
  add("yolov5", Fit::centre, yolov5_finished, true);
  MadeOutput yolov8 = output({1, 6, cells});
  put(yolov8, 77, {32, 32, 16, 16, 0, 0.9F}, cells);
  add("yolov8", Fit::centre, yolov8);
  MadeOutput yolov8_finished = output({1, 19, 6});
  put(yolov8_finished, 3 * 6, {24, 24, 40, 40, 0.9F, 1});
  add("yolov8", Fit::centre, yolov8_finished, true);
  MadeOutput ssd = output({1, 1, 20, 7});
  put(ssd, 3 * 7, {0, 2, 0.9F, 0.375F, 0.375F, 0.625F, 0.625F});
  add("ssd", Fit::stretch, ssd, true);
  MadeOutput boxes = output({1, 30, 4}), scores = output({1, 30, 3});
  put(boxes, 3 * 4, {0.375F, 0.375F, 0.625F, 0.625F});
  put(scores, 3 * 3, {0.05F, 0.05F, 0.9F});
  all.push_back({"ssd", {scores, boxes}, Fit::stretch});
  return all;
}

TEST(Onnx, every_layout_is_recognised_and_read) {
  const TestFile labels(".txt", "cat\ndog\n");
  for (const Case& c : cases()) {
    MadeModel model({1, 3, side, side});
    for (const MadeOutput& out : c.outputs) model.output(out);
    const auto detector = made(model.bytes(), {.labels = labels.path()});
    ASSERT_TRUE(detector) << c.layout << ": " << detector.error().line();
    SCOPED_TRACE((*detector)->info().shapes);
    EXPECT_EQ((*detector)->info().layout, c.layout);
    EXPECT_EQ((*detector)->placement(1920, 1080), place(c.fit, 1920, 1080, side, side));
    const auto found = look(**detector, 1920, 1080);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(found[0].confidence, 0.9, 1e-4);
    EXPECT_EQ((*detector)->labels()[static_cast<std::size_t>(found[0].label)], "dog");
    const Area area = to_source((*detector)->placement(1920, 1080), 1920, 1080, {24, 24, 16, 16});
    EXPECT_NEAR(found[0].x, area.x, 0.1);
    EXPECT_NEAR(found[0].y, area.y, 0.1);
    EXPECT_NEAR(found[0].w, area.w, 0.1);
    EXPECT_NEAR(found[0].h, area.h, 0.1);

    // Without a label file classes have numbers, if it is known how many there are.
    const auto unlabelled = made(model.bytes());
    ASSERT_EQ(unlabelled.has_value(), !c.needs_labels);
    if (unlabelled) {
      EXPECT_THAT((*unlabelled)->labels(), testing::ElementsAre("class 0", "class 1"));
    } else {
      EXPECT_EQ(unlabelled.error().line(),
                "detect.labels: this model does not say how many classes it has: name a label file");
    }
  }
}

// Confidence = the mean of one channel, as the network sees it: class 0 of its first channel, 1 of the second, 2 of
// the third.
TEST(Onnx, colours_come_in_the_order_and_range_of_the_layout) {
  struct Colours {
    Layout layout;
    std::vector<std::int64_t> shape;
    std::size_t first, step;  // of one box's numbers
    float factor;             // makes 1 of the channel's brightest
    bool rgb;
  };
  const auto n = static_cast<std::size_t>(cells);
  for (const auto& [layout, shape, first, step, factor, rgb] :
       {Colours{Layout::fastestdet, {1, 8, 4, 4}, 5, 16, 1, false},
        Colours{Layout::yolox, {1, cells, 8}, 36 * 8, 1, 1 / 255.0F, false},
        Colours{Layout::yolov5, {1, 3 * cells, 8}, 36 * 8, 1, 1, true},
        Colours{Layout::yolov8, {1, 7, cells}, 36, n, 1, true}, Colours{Layout::ssd, {1, 30, 4}, 0, 1, 0.5F, true}}) {
    SCOPED_TRACE(to_string(layout));
    MadeModel model({1, 3, side, side});
    MadeOutput out = output(shape);
    if (layout == Layout::ssd) {
      MadeOutput boxes = output({1, 30, 4}, 0.25F);
      put(boxes, 0, {0.25F, 0.25F, 0.75F, 0.75F});
      model.output(boxes);
      // From -1…1 to 0…1.
      put(out, 0, {0, 0.5F, 0.5F, 0.5F});
      for (std::size_t c = 0; c < 3; ++c) out.slopes.push_back({1 + c, c, factor});
    } else {
      const bool has_objectness = layout != Layout::yolov8;
      if (layout == Layout::fastestdet) {
        put(out, first, {1, 0, 0, 0, 0}, step);
      } else {
        put(out, first, {32, 32, 16, 16, has_objectness ? 1.0F : 0.0F}, step);
      }
      for (std::size_t c = 0; c < 3; ++c)
        out.slopes.push_back({first + ((has_objectness ? 5 : 4) + c) * step, c, factor});
      // An offset of 32 cells is far outside.
      if (layout == Layout::yolox) put(out, first, {0, 0, 0, 0}, step);
    }
    model.output(out);
    const auto detector = made(model.bytes(), {.layout = layout, .confidence = 0.6});
    ASSERT_TRUE(detector) << detector.error().line();
    const Placement p = (*detector)->placement(100, 100);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      test::TestPicture picture = test::plain(p, 0);
      for (std::size_t i = channel; i < picture.pixels.size(); i += 3) picture.pixels[i] = 255;
      const auto found = (*detector)->detect(picture.view(), 100, 100);
      ASSERT_TRUE(found) << found.error().line();
      ASSERT_EQ(found->size(), 1U);
      EXPECT_EQ((*found)[0].label, static_cast<int>(rgb ? 2 - channel : channel));
      EXPECT_NEAR((*found)[0].confidence, 1, 1e-3);
    }
    EXPECT_TRUE(look(**detector, 100, 100, 0).empty());
  }
}

TEST(Onnx, outputs_that_fit_nothing_are_refused_with_their_shapes) {
  EXPECT_EQ(
      refused(MadeModel().output(output({1, 1000})).bytes()),
      "the outputs are of no known detection layout; if it is one, name it in detect.layout (input 64×64, outputs "
      "1×1000)");
  EXPECT_EQ(refused(MadeModel().output(output({1, cells, 7})).bytes(), {.layout = Layout::fastestdet}),
            "the outputs do not fit detect.layout (fastestdet, input 64×64, outputs 1×84×7)");
  EXPECT_THAT(refused(MadeModel().output(output({1, 10, 4})).output(output({1, 11, 3})).bytes()),
              testing::HasSubstr("outputs 1×10×4, 1×11×3"));
  EXPECT_EQ(refused(MadeModel().output(output({1, cells, 7}, -8)).bytes()),
            "the model's confidences are not from 0 to 1: export it with its last sigmoid or softmax (yolox)");
}

TEST(Onnx, a_named_layout_decides_what_shapes_leave_open) {
  const std::string model = MadeModel().output(output({1, cells, 7})).bytes();
  EXPECT_EQ(made(model).value()->labels().size(), 2U);
  EXPECT_EQ(made(model, {.layout = Layout::yolov8}).value()->labels().size(), 3U);
  const TestFile three(".txt", "a\nb\nc\n");
  EXPECT_EQ(made(model, {.labels = three.path()}).value()->info().layout, "yolov8");
}

TEST(Onnx, labels_and_classes_must_fit_the_model) {
  const std::string model = MadeModel().output(output({1, 3 * cells, 7})).bytes();
  const TestFile three(".txt", "a\nb\nc\n"), two(".txt", "cat\ndog\n");
  const auto wrong = made(model, {.labels = three.path()});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().line(), "detect.labels: the label file does not belong to the model (3 labels, 2 classes)");
  const auto unknown = made(model, {.labels = two.path(), .classes = {"horse"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().line(), "detect.classes: the model has no such label (horse; there is cat, dog)");
  EXPECT_EQ(made(model, {.labels = "/no/labels.txt"}).error().code, Code::not_found);
  // Label files for SSD may begin with the background.
  MadeModel ssd;
  ssd.output(output({1, 30, 4})).output(output({1, 30, 3}));
  const TestFile background(".txt", "background\ncat\ndog\n");
  EXPECT_THAT(made(ssd.bytes(), {.labels = background.path()}).value()->labels(), testing::ElementsAre("cat", "dog"));
}

TEST(Onnx, classes_choose_what_is_reported) {
  MadeOutput out = output({1, 3 * cells, 7});
  put(out, 0, {16, 16, 8, 8, 1, 0.8F, 0});
  put(out, 7, {48, 48, 8, 8, 1, 0, 0.9F});
  const std::string model = MadeModel().output(out).bytes();
  const TestFile labels(".txt", "cat\ndog\n");
  EXPECT_EQ(look(*made(model, {.labels = labels.path()}).value(), 64, 64).size(), 2U);
  const auto dogs = made(model, {.labels = labels.path(), .classes = {"dog"}}).value();
  const auto found = look(*dogs, 64, 64);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(dogs->labels()[static_cast<std::size_t>(found[0].label)], "dog");
  EXPECT_EQ(look(*made(model, {.confidence = 0.85}).value(), 64, 64).size(), 1U);
}

TEST(Onnx, an_open_size_becomes_the_layouts_usual_one) {
  const auto n = [](int s) { return static_cast<std::int64_t>(s) * s; };
  const auto v8 = made(MadeModel({1, 3, 0, 0}).output(output({1, 6, n(80) + n(40) + n(20)})).bytes());
  ASSERT_TRUE(v8) << v8.error().line();
  EXPECT_EQ((*v8)->info().width, 640);
  EXPECT_EQ((*v8)->info().height, 640);
  EXPECT_EQ((*v8)->info().shapes, "1×3×640×640 → 1×6×8400");
  const auto fastestdet =
      made(MadeModel({1, 3, 0, 0}).output(output({1, 7, 22, 22})).bytes(), {.layout = Layout::fastestdet});
  ASSERT_TRUE(fastestdet) << fastestdet.error().line();
  EXPECT_EQ((*fastestdet)->info().width, 352);
  // Recognised at 640 first.
  const auto found_out = made(MadeModel({1, 3, 0, 0}).grid(7, 16).bytes());
  ASSERT_TRUE(found_out) << found_out.error().line();
  EXPECT_EQ((*found_out)->info().shapes, "1×3×352×352 → 1×7×22×22");
  const auto wide = made(MadeModel({1, 3, 288, 0}).grid(7, 16).bytes());
  ASSERT_TRUE(wide) << wide.error().line();
  EXPECT_EQ((*wide)->info().shapes, "1×3×288×352 → 1×7×18×22");
}

TEST(Onnx, what_cannot_be_loaded_says_why) {
  EXPECT_EQ(make_detector({}).error().line(), "detect.model: the engine onnx needs a model: name an ONNX file");
  const auto missing = make_detector({.model = "/no/such/model.onnx"});
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_EQ(missing.error().line(), "/no/such/model.onnx: the model cannot be opened (No such file or directory)");
  EXPECT_EQ(make_detector({.model = std::filesystem::temp_directory_path()}).error().code, Code::invalid);
  EXPECT_EQ(made("").error().code, Code::corrupt);
  EXPECT_EQ(refused("this is a text"), "this is no ONNX file");
  EXPECT_EQ(made(MadeModel({1, 3, 16, 16}).output(output({1, 7, 1, 1})).bytes()).error().code, Code::unsupported);
}

TEST(Onnx, settings_out_of_range_are_refused) {
  for (const double confidence : {-0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(make_detector({.confidence = confidence}).error().owner, "detect.confidence");
  }
  for (const int threads : {0, -1, 65}) EXPECT_EQ(make_detector({.threads = threads}).error().owner, "detect.threads");
}

TEST(Onnx, only_a_picture_of_the_placed_size_is_looked_at) {
  const auto detector = made(MadeModel({1, 3, side, side}).output(output({1, 3 * cells, 7})).bytes()).value();
  test::TestPicture picture = test::plain(detector->placement(100, 50), 9);
  const auto code = [&](const Picture& p, int width = 100, int height = 50) {
    const auto found = detector->detect(p, width, height);
    return found ? "good" : found.error().line();
  };
  EXPECT_EQ(code(picture.view()), "good");
  Picture p = picture.view();
  p.width = 63;
  EXPECT_EQ(code(p), "the picture's size is not the one that the detector placed (63×64 instead of 64×64)");
  p = picture.view(), p.height = 65;
  EXPECT_NE(code(p), "good");
  p = picture.view(), p.stride_bytes = side * 3 - 1;
  EXPECT_NE(code(p), "good");
  p = picture.view(), p.bgr = nullptr;
  EXPECT_NE(code(p), "good");
  EXPECT_NE(code(picture.view(), 0, 50), "good");
  EXPECT_EQ(code(picture.view()), "good");
}

TEST(Onnx, models_for_other_tasks_are_refused) {
  for (const char* name : {"models/yunet_n_320_320.onnx", "models/nanotrackv2_backbone.onnx",
                           "models/osnet_x0_25_msmt17.onnx", "models/silero_vad.onnx"}) {
    const auto path = weir::test::data(name);
    if (!path) GTEST_SKIP() << weir::test::no_data(name);
    const auto detector = make_detector({.model = *path});
    ASSERT_FALSE(detector) << name;
    EXPECT_EQ(detector.error().line().find('\n'), std::string::npos);
    EXPECT_EQ(detector.error().code, Code::unsupported) << detector.error().line();
  }
}

}  // namespace
}  // namespace weir::detect
