#include "weir/media/mux/mp4_index.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <cstring>

#include "weir/media/mux/test_stream.hpp"

namespace weir::media {
namespace {

std::uint64_t number(const std::vector<std::byte>& bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes.at(at + static_cast<std::size_t>(i)));
  return value;
}

std::string type_at(const std::vector<std::byte>& bytes, std::size_t at) {
  std::string type;
  for (std::size_t i = 0; i < 4; ++i) type += static_cast<char>(bytes.at(at + 4 + i));
  return type;
}

TEST(FragmentIndex, ItsPlaceIsOfOneSizeWhateverIsInIt) {
  EXPECT_EQ(FragmentIndex::placeholder().size(), FragmentIndex::reserved_bytes);
  EXPECT_EQ(type_at(FragmentIndex::placeholder(), 0), "free");
  for (const std::size_t keys : {1u, 2u, 511u, 512u, 513u, 1024u, 5000u}) {
    FragmentIndex index(90'000);
    for (std::size_t i = 0; i < keys; ++i) index.key_at(1000 + 100 * i, static_cast<std::int64_t>(90'000 * i));
    const auto box = index.box(0, 1000 + 100 * keys, static_cast<std::int64_t>(90'000 * keys));
    ASSERT_TRUE(box);
    ASSERT_EQ(box->size(), FragmentIndex::reserved_bytes);
    EXPECT_EQ(type_at(*box, 0), "sidx");
    const std::uint64_t size = number(*box, 0, 4), count = number(*box, 38, 2);
    EXPECT_EQ(type_at(*box, size), "free");
    EXPECT_EQ(size + number(*box, size, 4), box->size());
    EXPECT_EQ(number(*box, 28, 8), box->size() - size) << "the first fragment is right behind the place";
    EXPECT_GE(count, std::min<std::uint64_t>(keys, FragmentIndex::max_entries / 2));
    EXPECT_LE(count, FragmentIndex::max_entries);
    std::uint64_t bytes = 0, time = 0;
    for (std::size_t i = 0; i < count; ++i) {
      bytes += number(*box, 40 + 12 * i, 4);
      time += number(*box, 44 + 12 * i, 4);
      EXPECT_EQ(number(*box, 48 + 12 * i, 4), 0x80000000u);
    }
    EXPECT_EQ(bytes, 100 * keys) << "all of the file, once";
    EXPECT_EQ(time, 90'000 * keys);
  }
}

TEST(FragmentIndex, WhatItCannotSayItLeavesOut) {
  FragmentIndex index(90'000);
  EXPECT_FALSE(index.box(0, 100, 100));
  index.key_at(100, 0);
  index.key_at(200, 90'000);
  const auto box = index.box(0, 200, 90'000);  // the second one's fragment never got whole
  ASSERT_TRUE(box);
  EXPECT_EQ(number(*box, 38, 2), 1u);
  EXPECT_FALSE(index.box(0, std::uint64_t{3} << 30, 90'000)) << "a distance of 31 bits";
}

std::uint64_t whole(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const std::uint64_t bytes = whole_fragment_bytes(file);
  ::close(file);
  return bytes;
}

std::vector<std::byte> boxes(std::initializer_list<std::pair<const char*, std::uint32_t>> list) {
  std::vector<std::byte> out;
  for (const auto& [type, size] : list) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(size >> shift & 0xff));
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::byte>(type[i]));
    for (std::uint32_t i = 8; i < size; ++i) out.push_back(std::byte{0});
  }
  return out;
}

TEST(WholeFragments, AreCountedToTheEndOfTheLastOne) {
  const test::Scratch scratch;
  const auto path = scratch / "a.part";
  const auto file =
      boxes({{"ftyp", 16}, {"moov", 40}, {"free", 20}, {"moof", 24}, {"mdat", 30}, {"moof", 24}, {"mdat", 50}});
  const std::uint64_t first = 16 + 40 + 20 + 24 + 30;
  for (std::size_t cut = 0; cut <= file.size(); ++cut) {
    test::write_file(path, {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(cut)});
    EXPECT_EQ(whole(path), cut == file.size() ? cut : cut >= first ? first : 0) << cut;
  }
}

TEST(WholeFragments, WhatIsNoRecordingHasNone) {
  const test::Scratch scratch;
  const auto path = scratch / "a.part";
  for (const auto& file : {boxes({{"moof", 24}, {"mdat", 30}}), boxes({{"moov", 24}, {"mdat", 30}}),
                           boxes({{"moov", 24}, {"mdat", 8}, {"moof", 24}}), std::vector<std::byte>(100'000),
                           std::vector<std::byte>(100'000, std::byte{0xff})}) {
    test::write_file(path, file);
    EXPECT_EQ(whole(path), 0u);
  }
  auto huge = boxes({{"moov", 24}, {"moof", 24}, {"mdat", 16}});  // with a 64-bit size that leaves the file
  huge[51] = std::byte{1};
  huge[56] = std::byte{0xff};
  test::write_file(path, huge);
  EXPECT_EQ(whole(path), 0u);
}

}  // namespace
}  // namespace weir::media
