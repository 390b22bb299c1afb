#include "weir/engines/detect/layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::detect {
namespace {

Shape shape(std::vector<int> dims) { return Shape::of(dims); }

struct Case {
  std::vector<std::vector<int>> outputs;
  int side;
  Layout layout;
  Form form;
  int rows, classes;
  Layout named = Layout::automatic;
  int labels = 0;
};

std::vector<Shape> shapes(const std::vector<std::vector<int>>& outputs) {
  std::vector<Shape> all;
  for (const auto& dims : outputs) all.push_back(shape(dims));
  return all;
}

class Recognised : public testing::TestWithParam<Case> {};

TEST_P(Recognised, as_what_it_is) {
  const Case& c = GetParam();
  const auto all = shapes(c.outputs);
  const auto reading = recognise(c.named, all, c.side, c.side, c.labels);
  ASSERT_TRUE(reading) << reading.error().line();
  EXPECT_EQ(to_string(reading->layout), to_string(c.layout)) << to_string(all);
  EXPECT_EQ(reading->form, c.form) << to_string(all);
  EXPECT_EQ(reading->rows, c.rows);
  EXPECT_EQ(reading->classes, c.classes);
  EXPECT_EQ(reading->width, c.side);
}

// The shapes of published exports.
INSTANTIATE_TEST_SUITE_P(
    Published, Recognised,
    testing::Values(Case{{{1, 85, 22, 22}}, 352, Layout::fastestdet, Form::fastestdet_grid, 484, 80},
                    Case{{{1, 3549, 85}}, 416, Layout::yolox, Form::yolox_offsets, 3549, 80},
                    Case{{{1, 8400, 85}}, 640, Layout::yolox, Form::yolox_offsets, 8400, 80},
                    Case{{{1, 25200, 85}}, 640, Layout::yolov5, Form::yolov5_rows, 25200, 80},
                    Case{{{1, 102000, 85}}, 1280, Layout::yolov5, Form::yolov5_rows, 102000, 80},  // P6: four grids
                    Case{{{1, 2535, 85}}, 416, Layout::yolov5, Form::yolov5_rows, 2535, 80},       // tiny: two grids
                    Case{{{100, 7}}, 640, Layout::yolov5, Form::yolov5_finished, 100, 0},
                    Case{{{1, 84, 8400}}, 640, Layout::yolov8, Form::yolov8_columns, 8400, 80},
                    Case{{{1, 5, 8400}}, 640, Layout::yolov8, Form::yolov8_columns, 8400, 1},
                    Case{{{1, 84, 34000}}, 1280, Layout::yolov8, Form::yolov8_columns, 34000, 80},  // P6
                    Case{{{1, 84, 33600}}, 1280, Layout::yolov8, Form::yolov8_columns, 33600, 80},
                    Case{{{1, 8400, 84}}, 640, Layout::yolov8, Form::yolov8_rows, 8400, 80},
                    Case{{{1, 300, 6}}, 640, Layout::yolov8, Form::yolov8_finished, 300, 0},
                    Case{{{1, 1, 100, 7}}, 300, Layout::ssd, Form::ssd_rows, 100, 0},
                    Case{{{1, 3000, 4}, {1, 3000, 21}}, 300, Layout::ssd, Form::ssd_pair, 3000, 20},
                    Case{{{1, 4420, 2}, {1, 4420, 4}}, 320, Layout::ssd, Form::ssd_pair, 4420, 1}));

INSTANTIATE_TEST_SUITE_P(
    Ambiguous, Recognised,
    testing::Values(
        // One box a cell, as many columns as both could have: YOLOX, unless the labels or COCO's 80 say otherwise.
        Case{{{1, 8400, 25}}, 640, Layout::yolox, Form::yolox_offsets, 8400, 20},
        Case{{{1, 8400, 25}}, 640, Layout::yolox, Form::yolox_offsets, 8400, 20, Layout::automatic, 20},
        Case{{{1, 8400, 25}}, 640, Layout::yolov8, Form::yolov8_rows, 8400, 21, Layout::automatic, 21},
        Case{{{1, 8400, 84}}, 640, Layout::yolox, Form::yolox_offsets, 8400, 79, Layout::automatic, 79},
        Case{{{1, 8400, 84}}, 640, Layout::yolox, Form::yolox_offsets, 8400, 79, Layout::yolox},
        Case{{{1, 8400, 85}}, 640, Layout::yolov8, Form::yolov8_rows, 8400, 81, Layout::yolov8},
        // Three boxes a cell come before the finished forms, whose columns they may have.
        Case{{{1, 25200, 6}}, 640, Layout::yolov5, Form::yolov5_rows, 25200, 1},
        Case{{{1, 252, 7}}, 64, Layout::yolov5, Form::yolov5_rows, 252, 2},
        Case{{{1, 8400, 6}}, 640, Layout::yolox, Form::yolox_offsets, 8400, 1},
        // Columns come before rows where a small input makes both possible.
        Case{{{1, 21, 21}}, 32, Layout::yolov8, Form::yolov8_columns, 21, 17},
        // Three classes and background beside four numbers of a box: the boxes come first.
        Case{{{1, 3000, 4}, {1, 3000, 4}}, 300, Layout::ssd, Form::ssd_pair, 3000, 3}));

INSTANTIATE_TEST_SUITE_P(
    Named, Recognised,
    testing::Values(
        Case{{{1, 777, 85}}, 640, Layout::yolov5, Form::yolov5_rows, 777, 80, Layout::yolov5},
        Case{{{777, 85}}, 640, Layout::yolov5, Form::yolov5_rows, 777, 80, Layout::yolov5},
        Case{{{1, 84, 777}}, 640, Layout::yolov8, Form::yolov8_columns, 777, 80, Layout::yolov8},
        Case{{{1, 777, 84}}, 640, Layout::yolov8, Form::yolov8_rows, 777, 80, Layout::yolov8},
        Case{{{1, 300, 6}}, 640, Layout::yolov8, Form::yolov8_finished, 300, 0, Layout::yolov8},
        Case{{{1, 300, 7}}, 640, Layout::yolov5, Form::yolov5_finished, 300, 0, Layout::yolov5},
        Case{{{1, 25, 44, 44}}, 352, Layout::fastestdet, Form::fastestdet_grid, 1936, 20, Layout::fastestdet}));

TEST(Recognise, the_boxes_and_scores_of_a_pair_are_told_apart) {
  const auto boxes_first = recognise(Layout::ssd, shapes({{1, 9, 4}, {1, 9, 3}}), 300, 300, 0).value();
  EXPECT_EQ(boxes_first.boxes, 0U);
  EXPECT_EQ(boxes_first.scores, 1U);
  const auto scores_first = recognise(Layout::ssd, shapes({{9, 3}, {9, 4}}), 300, 300, 0).value();
  EXPECT_EQ(scores_first.boxes, 1U);
  EXPECT_EQ(scores_first.scores, 0U);
}

TEST(Recognise, grids_of_pictures_that_are_not_square) {
  // (640/8)(384/8) + (640/16)(384/16) + (640/32)(384/32)
  const auto reading = recognise(Layout::automatic, shapes({{1, 5040, 85}}), 640, 384, 0).value();
  EXPECT_EQ(reading.layout, Layout::yolox);
  EXPECT_EQ(recognise(Layout::automatic, shapes({{1, 85, 18, 32}}), 512, 288, 0).value().rows, 18 * 32);
  EXPECT_FALSE(recognise(Layout::automatic, shapes({{1, 85, 32, 18}}), 512, 288, 0));
}

TEST(Recognise, what_fits_nothing_is_refused_with_its_shapes) {
  const auto refused = [](const std::vector<std::vector<int>>& outputs, Layout named = Layout::automatic) {
    const auto all = shapes(outputs);
    const auto reading = recognise(named, all, 640, 480, 0);
    return reading ? "recognised as " + std::string(to_string(reading->layout)) : reading.error().line();
  };
  EXPECT_EQ(refused({{1, 1000}}),
            "detect.model: the outputs are of no known detection layout; if it is one, name it in detect.layout "
            "(input 640×480, outputs 1×1000)");
  EXPECT_EQ(refused({{1, 8401, 85}}, Layout::yolox),
            "detect.model: the outputs do not fit detect.layout (yolox, input 640×480, outputs 1×8401×85)");
  for (const auto& outputs : std::vector<std::vector<std::vector<int>>>{
           {},
           {{}},
           {{0}},
           {{1, 0, 85}},
           {{1, 84, 0}},
           {{2, 8400, 85}},
           {{1, 21, 480, 640}},  // segmentation
           {{1, 21, 60, 80}},
           {{1, 1, 480, 640}},                   // depth
           {{1, 116, 6300}, {1, 32, 120, 160}},  // masks beside boxes
           {{1, 100, 4}, {1, 99, 21}},
           {{1, 100, 5}, {1, 100, 21}},
           {{1, 100, 4}, {1, 100, 1}},
           {{1, 3, 60, 80, 85}, {1, 3, 30, 40, 85}, {1, 3, 15, 20, 85}},  // heads that were not joined
           {{1, 5000, 6}},
           {{1, 2, 3, 4, 5, 6, 7}}}) {
    EXPECT_THAT(refused(outputs), testing::StartsWith("detect.model: the outputs are of no known"));
  }
  for (const Layout named : {Layout::fastestdet, Layout::yolox, Layout::yolov5, Layout::yolov8, Layout::ssd}) {
    EXPECT_THAT(refused({{1, 2}}, named), testing::StartsWith("detect.model: the outputs do not fit"));
    EXPECT_THAT(refused({}, named), testing::StartsWith("detect.model: the outputs do not fit"));
  }
}

TEST(Layout, has_names) {
  for (const Layout layout :
       {Layout::automatic, Layout::fastestdet, Layout::yolox, Layout::yolov5, Layout::yolov8, Layout::ssd}) {
    EXPECT_EQ(parse_layout(to_string(layout)).value(), layout);
  }
  EXPECT_EQ(parse_layout("yolo").error().line(),
            "detect.layout: unknown layout: use auto, fastestdet, yolox, yolov5, yolov8 or ssd (yolo)");
}

TEST(Shape, counts_and_prints) {
  EXPECT_EQ(to_string(shape({1, 85, 22, 22})), "1×85×22×22");
  EXPECT_EQ(to_string(shapes({{1, 100, 4}, {7}})), "1×100×4, 7");
  EXPECT_EQ(shape({1, 85, 22, 22}).count(), 85U * 22 * 22);
  EXPECT_EQ(shape({}).count(), 0U);
  EXPECT_EQ(shape({3, 0}).count(), 0U);
  EXPECT_EQ(shape({1, -1}).rank, 0);
  EXPECT_EQ(shape({1, 1, 1, 1, 1, 1, 1}).rank, 0);
}

TEST(InputStyle, is_what_the_networks_were_trained_on) {
  const InputStyle x = input_style(Layout::yolox), v8 = input_style(Layout::yolov8), ssd = input_style(Layout::ssd);
  EXPECT_EQ(x.fit, Fit::corner);
  EXPECT_FALSE(x.rgb);
  EXPECT_EQ(x.factor, 1);
  EXPECT_EQ(v8.fit, Fit::centre);
  EXPECT_TRUE(v8.rgb);
  EXPECT_FLOAT_EQ(v8.factor * 255, 1);
  EXPECT_EQ(ssd.fit, Fit::stretch);
  EXPECT_FLOAT_EQ((255 - ssd.offset) * ssd.factor, 1);
  EXPECT_FLOAT_EQ((0 - ssd.offset) * ssd.factor, -1);
  EXPECT_FALSE(input_style(Layout::fastestdet).rgb);
  EXPECT_EQ(input_style(Layout::fastestdet).fit, Fit::stretch);
}

}  // namespace
}  // namespace weir::detect
