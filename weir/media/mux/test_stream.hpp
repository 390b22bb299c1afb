// What the tests of this room read clips and recordings with: packets as they go into files and come out of them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <vector>

#include "weir/media/mux/mux_packet.hpp"
#include "weir/media/source.hpp"
#include "weir/media/test_clips.hpp"

namespace weir::media::test {

inline MuxPacket to_mux(const Packet& packet, const std::shared_ptr<const StreamInfo>& info) {
  MuxPacket out;
  const auto size = info->units.annexb_bytes(packet.bytes, false);
  EXPECT_TRUE(size) << size.error().line();
  if (size) {
    EXPECT_TRUE(info->units.write(packet.bytes, false, out.resize(*size)));
  }
  out.pts_us = packet.pts_us, out.dts_us = packet.dts_us, out.capture_us = packet.capture_us;
  out.epoch = packet.epoch, out.key = packet.key, out.info = info;
  return out;
}

// Every packet of a file, as the source gives it.
inline void read_all(const std::filesystem::path& path,
                     const std::function<void(const Packet&, const StreamInfo&)>& take) {
  SourceOptions options;
  options.fast = true;
  auto source = open_source(path.string(), options);
  ASSERT_TRUE(source) << source.error().line();
  for (Packet packet;;) {
    const auto read = (*source)->read(packet, {});
    ASSERT_TRUE(read) << read.error().line();
    if (*read == Read::end) return;
    take(packet, (*source)->info());
  }
}

// And as it goes into files.
inline std::vector<MuxPacket> load(const std::filesystem::path& path) {
  std::vector<MuxPacket> all;
  std::shared_ptr<const StreamInfo> known;
  read_all(path, [&](const Packet& packet, const StreamInfo& info) {
    if (known == nullptr || known->epoch != packet.epoch) known = std::make_shared<const StreamInfo>(info);
    all.push_back(to_mux(packet, known));
  });
  return all;
}

// Its bytes without what says how to decode it, which a file may carry in its head instead.
inline std::vector<std::byte> pictures_of(const MuxPacket& packet) {
  if (packet.info->units.codec() == NalCodec::none) return {packet.bytes().begin(), packet.bytes().end()};
  std::vector<std::byte> out;
  NalReader reader(packet.bytes(), 0);
  for (std::span<const std::byte> nal; reader.next(nal).value_or(false);) {
    const NalKind kind = nal_kind(packet.info->units.codec(), nal[0]);
    if (kind != NalKind::other && kind != NalKind::delimiter) continue;
    out.insert(out.end(), nal.begin(), nal.end());
  }
  return out;
}

}  // namespace weir::media::test
