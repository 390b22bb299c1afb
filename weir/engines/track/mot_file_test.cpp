#include "weir/engines/track/mot_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/process.hpp"

namespace weir::track {
namespace {

std::string complaint(std::string_view text) {
  const auto rows = parse_mot(text, "det.txt");
  return rows ? "" : rows.error().line();
}

TEST(MotFile, rows_of_all_widths) {
  const auto rows = parse_mot("1,-1,281.931,187.5,79,209,0.99,-1,-1,-1\n2,7,-3,4,5,6\n3,8,1e2,4,5,6,0,7,0.25\n", "t");
  ASSERT_TRUE(rows.has_value()) << rows.error().line();
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].id, -1);
  EXPECT_FLOAT_EQ((*rows)[0].box.x, 281.931F);
  EXPECT_DOUBLE_EQ((*rows)[0].confidence, 0.99);
  EXPECT_EQ((*rows)[1].frame, 2);
  EXPECT_EQ((*rows)[1].box, (Box{-3, 4, 5, 6}));
  EXPECT_DOUBLE_EQ((*rows)[1].confidence, 1);
  EXPECT_EQ((*rows)[2].label, 7);
  EXPECT_FLOAT_EQ((*rows)[2].box.x, 100);
  EXPECT_DOUBLE_EQ((*rows)[2].visibility, 0.25);
}

TEST(MotFile, line_ends_blank_lines_and_blanks_do_not_matter) {
  const auto rows = parse_mot("1, 1, 2, 3, 4, 5\r\n\r\n  \n2,1,2,3,4,5", "t");
  ASSERT_TRUE(rows.has_value()) << rows.error().line();
  EXPECT_EQ(rows->size(), 2U);
  EXPECT_TRUE(parse_mot("", "t")->empty());
}

TEST(MotFile, rubbish_is_named_with_its_line) {
  EXPECT_EQ(complaint("1,1,2,3,4,5\n\n2,1,2,x,4,5\n"), "det.txt:3: not a finite number (y)");
  EXPECT_EQ(complaint("1,1,2,3,4\n"), "det.txt:1: fewer than the six columns frame,id,x,y,w,h");
  EXPECT_EQ(complaint("1,1,2,3,4,5,6,7,8,9,10"), "det.txt:1: more than ten columns");
  EXPECT_EQ(complaint("0,1,2,3,4,5"), "det.txt:1: a frame is a whole number from 1 to 10000000");
  EXPECT_EQ(complaint("1.5,1,2,3,4,5"), "det.txt:1: a frame is a whole number from 1 to 10000000");
  EXPECT_EQ(complaint("1,-2,2,3,4,5"), "det.txt:1: an id is a whole number, or -1");
  EXPECT_EQ(complaint("1,1,2,3,-4,5"), "det.txt:1: a box has no negative side");
  EXPECT_EQ(complaint("1,1,2,3,4,1e300"), "det.txt:1: beyond 1000000 pixels (h)");
  EXPECT_EQ(complaint("1,1,nan,3,4,5"), "det.txt:1: not a finite number (x)");
  EXPECT_EQ(complaint("1,1,2,inf,4,5"), "det.txt:1: not a finite number (y)");
  EXPECT_EQ(complaint("1,1,2,3,4,1e999"), "det.txt:1: not a finite number (h)");
  EXPECT_EQ(complaint("1,1,,3,4,5"), "det.txt:1: not a finite number (x)");
  EXPECT_EQ(complaint("99999999999999999999,1,2,3,4,5"), "det.txt:1: a frame is a whole number from 1 to 10000000");
  EXPECT_EQ(complaint("1,1,2,3,4,5,1,2.5"), "det.txt:1: a class is a whole number, or -1");
  EXPECT_EQ(complaint("frame,id,x,y,w,h"), "det.txt:1: not a finite number (frame)");
}

TEST(MotFile, what_is_written_is_read_again) {
  const std::vector<MotRow> rows = {
      {.frame = 3, .id = 12, .box = {1.25F, -2, 30, 40.5F}, .confidence = 0.5, .label = 2}};
  EXPECT_EQ(write_mot(rows), "3,12,1.25,-2.00,30.00,40.50,0.5,2,-1,-1\n");
  const auto again = parse_mot(write_mot(rows), "t");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ((*again)[0].box, rows[0].box);
  EXPECT_EQ((*again)[0].label, 2);
}

TEST(MotFile, files_that_cannot_be_read_say_why) {
  const weir::test::ScratchDir scratch;
  const auto none = read_mot(scratch / "none.txt");
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, Code::not_found);
  EXPECT_EQ(none.error().line(), (scratch / "none.txt").string() + ": cannot be read (No such file or directory)");
  EXPECT_EQ(read_mot(scratch.path()).error().text, std::string("is a directory, not a file"));
  std::ofstream(scratch / "det.txt") << "1,-1,2,3,4,5,0.5\n";
  const auto rows = read_mot(scratch / "det.txt");
  ASSERT_TRUE(rows.has_value()) << rows.error().line();
  EXPECT_EQ(rows->size(), 1U);
}

}  // namespace
}  // namespace weir::track
