#include "weir/media/annexb.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

namespace weir::media {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes sps = bytes({0x67, 0x64, 0x00, 0x28, 0xac}), pps = bytes({0x68, 0xee, 0x3c}), idr = bytes({0x65, 1, 2, 3}),
            slice = bytes({0x41, 9, 8}), delimiter = bytes({0x09, 0xf0}), code4 = bytes({0, 0, 0, 1}),
            code3 = bytes({0, 0, 1});

Bytes sized(const Bytes& nal, int length_size) {
  Bytes out;
  for (int i = length_size - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(nal.size() >> (8 * i)));
  return out + nal;
}

Bytes avcc(int length_size = 4) {
  return bytes({1, 0x64, 0, 0x28, 0xfc | (length_size - 1), 0xe1, 0, static_cast<int>(sps.size())}) + sps +
         bytes({1, 0, static_cast<int>(pps.size())}) + pps;
}

Bytes converted(const AccessUnits& units, const Bytes& unit, bool key) {
  const auto size = units.annexb_bytes(unit, key);
  EXPECT_TRUE(size) << size.error().line();
  if (!size) return {};
  Bytes out(*size);
  const auto written = units.write(unit, key, out);
  EXPECT_TRUE(written);
  EXPECT_EQ(written.value_or(0), *size);
  return out;
}

TEST(AccessUnits, KeysFromMp4CarryTheParameterSetsOfTheBox) {
  const auto units = AccessUnits::make(NalCodec::h264, avcc());
  ASSERT_TRUE(units);
  EXPECT_EQ(converted(*units, sized(idr, 4), true), code4 + sps + code4 + pps + code4 + idr);
  EXPECT_EQ(converted(*units, sized(slice, 4), false), code4 + slice);
}

TEST(AccessUnits, EveryLengthSizeOfTheStandardIsRead) {
  for (int length_size : {1, 2, 4}) {
    const auto units = AccessUnits::make(NalCodec::h264, avcc(length_size));
    ASSERT_TRUE(units);
    EXPECT_EQ(converted(*units, sized(slice, length_size) + sized(idr, length_size), false),
              code4 + slice + code4 + idr);
  }
  EXPECT_FALSE(AccessUnits::make(NalCodec::h264, avcc(3)));
}

TEST(AccessUnits, ParameterSetsThatAreThereAreNotPutInAgain) {
  const auto units = AccessUnits::make(NalCodec::h264, avcc());
  ASSERT_TRUE(units);
  const Bytes unit = sized(sps, 4) + sized(pps, 4) + sized(idr, 4);
  EXPECT_EQ(converted(*units, unit, true), code4 + sps + code4 + pps + code4 + idr);
}

TEST(AccessUnits, ParameterSetsComeBehindTheDelimiter) {
  const auto units = AccessUnits::make(NalCodec::h264, avcc());
  ASSERT_TRUE(units);
  EXPECT_EQ(converted(*units, sized(delimiter, 4) + sized(idr, 4), true),
            code4 + delimiter + code4 + sps + code4 + pps + code4 + idr);
}

TEST(AccessUnits, AnnexBInputIsNormalised) {
  const auto units = AccessUnits::make(NalCodec::h264, code4 + sps + code3 + pps);
  ASSERT_TRUE(units);
  EXPECT_EQ(Bytes(units->parameter_sets().begin(), units->parameter_sets().end()), code4 + sps + code4 + pps);
  EXPECT_EQ(converted(*units, code3 + idr + bytes({0, 0}), true), code4 + sps + code4 + pps + code4 + idr);
}

TEST(AccessUnits, HevcBoxIsReadWithItsThreeKindsOfParameterSets) {
  const Bytes vps = bytes({0x40, 1, 7}), hsps = bytes({0x42, 1, 5, 5}), hpps = bytes({0x44, 1}),
              sei = bytes({0x4e, 1, 9});
  Bytes box(23, std::byte{0});
  box[0] = std::byte{1};
  box[21] = std::byte{0xff};
  box[22] = std::byte{4};
  auto array = [](int type, const Bytes& nal) { return bytes({type, 0, 1, 0, static_cast<int>(nal.size())}) + nal; };
  const auto units =
      AccessUnits::make(NalCodec::hevc, box + array(32, vps) + array(33, hsps) + array(34, hpps) + array(39, sei));
  ASSERT_TRUE(units) << units.error().line();
  const Bytes picture = bytes({0x26, 1, 3});
  EXPECT_EQ(converted(*units, sized(picture, 4), true), code4 + vps + code4 + hsps + code4 + hpps + code4 + picture);
}

TEST(AccessUnits, OtherCodecsPassAsTheyAre) {
  const AccessUnits units;
  EXPECT_EQ(converted(units, idr, true), idr);
}

TEST(AccessUnits, WhatNoOtherFrameRefersToIsDisposable) {
  const auto h264 = AccessUnits::make(NalCodec::h264, avcc());
  ASSERT_TRUE(h264);
  const auto disposable = [](const AccessUnits& units, std::initializer_list<Bytes> nals) {
    Bytes unit;
    for (const Bytes& nal : nals) unit = unit + sized(nal, 4);
    return units.is_disposable(unit);
  };
  const Bytes free_slice = bytes({0x01, 0x9e}), used_slice = bytes({0x41, 0x9e}), sei = bytes({0x06, 5});
  EXPECT_TRUE(disposable(*h264, {free_slice}));
  EXPECT_TRUE(disposable(*h264, {delimiter, sei, free_slice, free_slice}));
  EXPECT_FALSE(disposable(*h264, {used_slice}));
  EXPECT_FALSE(disposable(*h264, {free_slice, used_slice}));
  EXPECT_FALSE(disposable(*h264, {idr}));
  EXPECT_FALSE(disposable(*h264, {sps, pps}));  // no picture at all: may matter to the next one
  EXPECT_FALSE(disposable(*h264, {}));
  EXPECT_FALSE(h264->is_disposable(bytes({0, 0, 9, 1, 1})));  // nothing that can be read

  const auto hevc = AccessUnits::make(NalCodec::hevc, {});
  ASSERT_TRUE(hevc);
  const auto hevc_unit = [](int type, int temporal_id) { return code4 + bytes({type << 1, temporal_id + 1, 0x55}); };
  EXPECT_TRUE(hevc->is_disposable(hevc_unit(0, 0)));    // TRAIL_N
  EXPECT_FALSE(hevc->is_disposable(hevc_unit(1, 0)));   // TRAIL_R
  EXPECT_TRUE(hevc->is_disposable(hevc_unit(1, 2)));    // an upper layer
  EXPECT_TRUE(hevc->is_disposable(hevc_unit(8, 0)));    // RASL_N
  EXPECT_FALSE(hevc->is_disposable(hevc_unit(19, 0)));  // IDR_W_RADL
  EXPECT_FALSE(AccessUnits().is_disposable(idr));
}

TEST(AccessUnits, LengthsThatLeaveTheUnitAreCorrupt) {
  const auto units = AccessUnits::make(NalCodec::h264, avcc());
  ASSERT_TRUE(units);
  Bytes long_nal = sized(idr, 4);
  long_nal[3] = std::byte{200};
  for (const Bytes& bad : {long_nal, bytes({0, 0}), bytes({0xff, 0xff, 0xff, 0xff, 1}), Bytes{}, bytes({0, 0, 0, 0})}) {
    const auto size = units->annexb_bytes(bad, true);
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code, Code::corrupt);
  }
  const auto annexb = AccessUnits::make(NalCodec::h264, {});
  ASSERT_TRUE(annexb);
  EXPECT_FALSE(annexb->annexb_bytes(bytes({5, 0, 0, 1, 0x65}), true));
}

TEST(AccessUnits, APlaceThatIsTooSmallIsNeverOverrun) {
  const auto units = AccessUnits::make(NalCodec::h264, avcc());
  ASSERT_TRUE(units);
  const Bytes unit = sized(idr, 4);
  const std::size_t size = units->annexb_bytes(unit, true).value();
  for (std::size_t room = 0; room < size; ++room) {
    Bytes out(room + 16, std::byte{0xee});
    const auto written = units->write(unit, true, std::span(out).first(room));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Code::exhausted);
    for (std::size_t i = room; i < out.size(); ++i) EXPECT_EQ(out[i], std::byte{0xee});
  }
}

TEST(AccessUnits, NewParameterSetsAreNoticedOnce) {
  auto units = AccessUnits::make(NalCodec::h264, avcc());
  ASSERT_TRUE(units);
  const Bytes same = sized(sps, 4) + sized(pps, 4) + sized(idr, 4);
  EXPECT_FALSE(units->brings_other_parameter_sets(same));
  EXPECT_FALSE(units->brings_other_parameter_sets(sized(idr, 4)));
  Bytes other_sps = sps;
  other_sps[3] = std::byte{0x1f};
  const Bytes other = sized(other_sps, 4) + sized(pps, 4) + sized(idr, 4);
  EXPECT_TRUE(units->brings_other_parameter_sets(other));
  units->adopt_parameter_sets(other);
  EXPECT_FALSE(units->brings_other_parameter_sets(other));
  EXPECT_EQ(converted(*units, sized(idr, 4), true), code4 + other_sps + code4 + pps + code4 + idr);
}

TEST(AccessUnits, RandomBytesAreConvertedExactlyOrRefused) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const NalCodec codec = round % 2 == 0 ? NalCodec::h264 : NalCodec::hevc;
    Bytes extradata(random() % 48), unit(random() % 64);
    for (auto& b : extradata) b = static_cast<std::byte>(random() % 5 == 0 ? random() : random() % 2);
    for (auto& b : unit) b = static_cast<std::byte>(random() % 3 == 0 ? random() : random() % 2);
    auto units = AccessUnits::make(codec, extradata);
    if (!units) units = AccessUnits::make(codec, {});
    ASSERT_TRUE(units);
    const auto size = units->annexb_bytes(unit, true);
    if (!size) continue;
    Bytes out(*size);
    ASSERT_EQ(units->write(unit, true, out).value_or(~std::size_t{0}), *size);
    ASSERT_EQ(Bytes(out.begin(), out.begin() + 4), code4);
  }
}

}  // namespace
}  // namespace weir::media
