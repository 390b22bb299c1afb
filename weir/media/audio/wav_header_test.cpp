#include "weir/media/audio/wav_header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace weir::media {
namespace {

using Bytes = std::vector<std::byte>;

Result<WavHeader> parse(const Bytes& bytes) {
  std::size_t at = 0;
  return read_wav_header([&](std::span<std::byte> into) -> Result<bool> {
    if (bytes.size() - at < into.size()) return false;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), into.size(), into.begin());
    at += into.size();
    return true;
  });
}

Bytes bytes_of(const std::string& text) {
  Bytes bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

std::string little(std::uint32_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
  return text;
}

std::string plain_format(std::uint32_t tag = 1, std::uint32_t bits = 16) {
  return "fmt " + little(16, 4) + little(tag, 2) + little(2, 2) + little(48'000, 4) + little(192'000, 4) +
         little(2 * bits / 8, 2) + little(bits, 2);
}

const std::string riff = std::string("RIFF") + std::string(4, '\0') + "WAVE";

TEST(WavHeader, ComesBackAsItWasMade) {
  using Coding = WavHeader::Coding;
  for (const auto& [coding, bits] : {std::pair{Coding::integer, 16}, {Coding::integer, 24}, {Coding::floating, 32}}) {
    for (const std::uint32_t mask : {0U, 0x3FU}) {
      const int channels = mask == 0 ? 2 : 6;
      const auto frame_bytes = static_cast<std::uint64_t>(channels * bits / 8);
      std::size_t length = 0;
      for (const std::optional<std::uint64_t> frames :
           {std::optional<std::uint64_t>{}, {1}, {1000}, {1ULL << 30}, {1ULL << 33}}) {
        WavHeader header;
        header.coding = coding, header.bits = bits, header.channels = channels, header.rate_hz = 44'100;
        header.mask = mask;
        if (frames) header.data_bytes = *frames * frame_bytes;
        const Bytes bytes = make_wav_header(header);
        const auto back = parse(bytes);
        ASSERT_TRUE(back) << back.error().line();
        EXPECT_EQ(back->coding, coding);
        EXPECT_EQ(back->bits, bits);
        EXPECT_EQ(back->channels, channels);
        EXPECT_EQ(back->rate_hz, 44'100u);
        EXPECT_EQ(back->mask, mask);
        EXPECT_EQ(back->frame_bytes, static_cast<int>(frame_bytes));
        EXPECT_EQ(back->data_bytes, header.data_bytes);
        EXPECT_EQ(back->offset, bytes.size());
        const bool large = frames && *frames * frame_bytes > 0xFFFFF000;
        EXPECT_EQ(std::memcmp(bytes.data(), large ? "RF64" : "RIFF", 4), 0);
        if (length != 0) EXPECT_EQ(bytes.size(), length) << "it can be written over";
        length = bytes.size();
      }
    }
  }
}

TEST(WavHeader, PassesOverWhatItDoesNotKnow) {
  const auto header = parse(bytes_of(riff + "LIST" + little(5, 4) + "abcde" + std::string(1, '\0') + plain_format() +
                                     "junk" + little(4, 4) + "abcd" + "data" + little(400, 4)));
  ASSERT_TRUE(header) << header.error().line();
  EXPECT_EQ(header->data_bytes, 400u);
  EXPECT_EQ(header->offset, 12u + 14 + 24 + 12 + 8);
}

TEST(WavHeader, LengthsThatMeanUnknown) {
  for (const std::uint32_t size : {0U, 0xFFFFFFFFU, 0xFFFFFFFEU, 0x7FFFFFFFU, 0x7FFFF000U}) {
    const auto header = parse(bytes_of(riff + plain_format() + "data" + little(size, 4)));
    ASSERT_TRUE(header);
    EXPECT_FALSE(header->data_bytes) << size;
  }
}

TEST(WavHeader, WhatIsNoWavOrDamaged) {
  const auto code = [](const std::string& text) {
    const auto header = parse(bytes_of(text));
    return header ? Code::failed : header.error().code;
  };
  EXPECT_EQ(code(""), Code::unsupported);
  EXPECT_EQ(code("fLaC and more of it"), Code::unsupported);
  EXPECT_EQ(code(std::string("RIFF") + std::string(4, '\0') + "AVI and more"), Code::unsupported);
  EXPECT_EQ(code(riff), Code::corrupt);
  EXPECT_EQ(code(riff + plain_format()), Code::corrupt);
  EXPECT_EQ(code(riff + "data" + little(4, 4)), Code::corrupt);
  EXPECT_EQ(code(riff + plain_format() + plain_format() + "data" + little(4, 4)), Code::corrupt);
  EXPECT_EQ(code(riff + "fmt " + little(8, 4) + std::string(8, '\0')), Code::corrupt);
  EXPECT_EQ(code(riff + "LIST" + little(0xFFFFFFFF, 4) + std::string(17 << 20, 'x')), Code::corrupt);
}

}  // namespace
}  // namespace weir::media
