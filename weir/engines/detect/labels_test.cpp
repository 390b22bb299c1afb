#include "weir/engines/detect/labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/data.hpp"
#include "weir/engines/detect/test_onnx.hpp"

namespace weir::detect {
namespace {

TEST(Labels, are_read_one_a_line) {
  const test::TestFile file(".txt", "person\r\n  traffic light \n\n\tgrüner Ball\nlast");
  const auto labels = read_labels(file.path());
  ASSERT_TRUE(labels) << labels.error().line();
  EXPECT_THAT(*labels, testing::ElementsAre("person", "traffic light", "grüner Ball", "last"));
}

TEST(Labels, what_is_no_label_file_is_refused) {
  const auto code = [](std::string_view bytes) {
    const test::TestFile file(".txt", bytes);
    const auto labels = read_labels(file.path());
    return labels ? Code::failed : labels.error().code;
  };
  EXPECT_EQ(code(""), Code::corrupt);
  EXPECT_EQ(code(" \n\n"), Code::corrupt);
  EXPECT_EQ(code(std::string_view("a\nb\0c\n", 6)), Code::corrupt);
  EXPECT_EQ(code(std::string(300, 'x')), Code::corrupt);
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += "x\n";
  EXPECT_EQ(code(many), Code::corrupt);
  EXPECT_EQ(read_labels("/no/such/labels.txt").error().code, Code::not_found);
  EXPECT_EQ(read_labels(std::filesystem::temp_directory_path()).error().code, Code::corrupt);
}

TEST(Labels, eighty_classes_without_a_file_are_cocos) {
  const auto labels = default_labels(80);
  ASSERT_EQ(labels.size(), 80U);
  EXPECT_EQ(labels[0], "person");
  EXPECT_EQ(labels[2], "car");
  EXPECT_EQ(labels[16], "dog");
  EXPECT_EQ(labels[79], "toothbrush");
  EXPECT_THAT(default_labels(2), testing::ElementsAre("class 0", "class 1"));
  EXPECT_EQ(default_labels(13)[12], "class 12");
  const auto path = weir::test::data("models/coco_classes.txt");
  if (!path) GTEST_SKIP() << weir::test::no_data("models/coco_classes.txt");
  // Some lists have older names for a few.
  const auto shared = read_labels(*path).value();
  ASSERT_EQ(shared.size(), 80U);
  for (const std::size_t i : {0U, 1U, 2U, 7U, 15U, 24U, 39U, 56U, 79U}) EXPECT_EQ(shared[i], labels[i]);
}

TEST(Labels, wanted_are_all_or_the_named) {
  const std::vector<std::string> labels{"a", "b", "c", "b"};
  EXPECT_THAT(wanted_labels(labels, {}).value(), testing::ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(wanted_labels(labels, {"b"}).value(), testing::ElementsAre(0, 1, 0, 1));
  const auto unknown = wanted_labels(labels, {"b", "persn"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::invalid);
  EXPECT_EQ(unknown.error().line(), "detect.classes: the model has no such label (persn; there is a, b, c, b)");
  EXPECT_THAT(wanted_labels(default_labels(80), {"x"}).error().line(), testing::HasSubstr("person, bicycle, car"));
  EXPECT_THAT(wanted_labels(default_labels(80), {"x"}).error().line(), testing::HasSubstr(" and 68 more"));
}

}  // namespace
}  // namespace weir::detect
