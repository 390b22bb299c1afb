#include "weir/engines/detect/onnx_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "weir/engines/detect/test_onnx.hpp"

namespace weir::detect {
namespace {

using test::MadeModel;
using test::Message;

Result<OnnxInput> read(std::string_view bytes) { return read_onnx_input(std::as_bytes(std::span(bytes))); }

MadeModel model(std::vector<std::int64_t> input) { return MadeModel(std::move(input)).output({{1, 2}, {1, 2}}); }

std::string refused(std::string_view bytes) {
  const auto input = read(bytes);
  return input ? "accepted" : input.error().line();
}

TEST(OnnxInput, is_the_one_input_that_is_no_weight) {
  const auto input = read(model({1, 3, 288, 512}).bytes());
  ASSERT_TRUE(input) << input.error().line();
  EXPECT_EQ(input->width, 512);
  EXPECT_EQ(input->height, 288);
}

TEST(OnnxInput, open_lengths_are_told) {
  const auto all = read(model({0, 3, 0, 0}).bytes()).value();
  EXPECT_EQ(all.width, 0);
  EXPECT_EQ(all.height, 0);
  const auto one = read(model({1, 0, 288, 0}).bytes()).value();
  EXPECT_EQ(one.width, 0);
  EXPECT_EQ(one.height, 288);
}

TEST(OnnxInput, other_inputs_are_refused_with_what_they_are) {
  constexpr auto why = "detect.model: the model's input must be 1×3×height×width ";
  EXPECT_EQ(refused(model({1, 640, 640, 3}).bytes()), std::string(why) + "(1×640×640×3)");
  EXPECT_EQ(refused(model({1, 1, 640, 640}).bytes()), std::string(why) + "(1×1×640×640)");
  EXPECT_EQ(refused(model({4, 3, 640, 640}).bytes()), std::string(why) + "(4×3×640×640)");
  EXPECT_EQ(refused(model({1, 3, 640}).bytes()), std::string(why) + "(1×3×640)");
  EXPECT_EQ(refused(model({}).bytes()), std::string(why) + "(no shape)");
  EXPECT_EQ(refused(model({1, 3, 100'000, 640}).bytes()), std::string(why) + "(1×3×100000×640)");
  const Message two = Message().text(11, Message().text(1, "a").bytes()).text(11, Message().text(1, "b").bytes());
  EXPECT_EQ(refused(Message().message(7, two).bytes()),
            "detect.model: a detection model has one input, the picture (2 inputs)");
  EXPECT_EQ(refused(Message().message(7, Message().text(2, "empty")).bytes()),
            "detect.model: a detection model has one input, the picture (0 inputs)");
}

TEST(OnnxInput, other_files_are_refused) {
  for (const std::string& bytes :
       {std::string(), std::string("\0", 1), std::string(1000, '\xff'), std::string("{\"layers\": []}"),
        std::string("\x08\x07"), std::string("\x89PNG\r\n\x1a\n"), std::string("\x3a\xff\xff\xff\xff\x0f")}) {
    EXPECT_EQ(refused(bytes), "detect.model: this is no ONNX file");
  }
}

TEST(OnnxInput, every_cut_and_many_flipped_bytes_are_survived) {
  const std::string whole = model({1, 3, 288, 512}).bytes();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    // A copy of its own, so that a sanitizer sees reads beyond it.
    const std::string cut(whole, 0, n);
    EXPECT_FALSE(read(cut)) << n;
  }
  constexpr std::uint32_t seed = 19;
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto input = read(damaged);
    if (input) EXPECT_TRUE(input->width >= 0 && input->width <= 4096 && input->height >= 0) << "seed " << seed;
  }
}

}  // namespace
}  // namespace weir::detect
