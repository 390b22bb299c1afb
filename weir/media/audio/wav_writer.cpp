#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "weir/media/audio/sound_outputs.hpp"
#include "weir/media/audio/wav_header.hpp"

namespace weir::media {
namespace {

class WavWriter final : public SoundWriter {
 public:
  WavWriter(std::unique_ptr<ByteOutput> output, const SoundFormat& format)
      : SoundWriter(format),
        output_(std::move(output)),
        sample_bytes_(static_cast<std::size_t>(bits_of(format.samples)) / 8),
        integers_(static_cast<std::size_t>(block_frames * format.channels)),
        floats_(integers_.size()),
        bytes_(integers_.size() * sample_bytes_) {
    header_.coding = is_float() ? WavHeader::Coding::floating : WavHeader::Coding::integer;
    header_.bits = bits_of(format.samples);
    header_.channels = format.channels;
    header_.rate_hz = static_cast<std::uint32_t>(format.rate_hz);
    header_.mask = format.mask;
  }

  Result<void> begin() { return output_->append(make_wav_header(header_)); }

  Result<void> commit() override {
    const std::uint64_t data = frames() * static_cast<std::uint64_t>(format_.channels) * sample_bytes_;
    const std::byte padding{};
    if (data % 2 != 0) {
      if (auto padded = output_->append({&padding, 1}); !padded) return padded;
    }
    header_.data_bytes = data;
    if (auto again = output_->overwrite_head(make_wav_header(header_)); !again) return again;
    return output_->commit();
  }

 private:
  bool is_float() const { return format_.samples == SampleFormat::float32; }

  Result<void> put(std::span<const float> samples) override {
    if (is_float()) {
      quantizer_.to_floats(samples, std::span(floats_).first(samples.size()));
      for (std::size_t i = 0; i < samples.size(); ++i) integers_[i] = std::bit_cast<std::int32_t>(floats_[i]);
    } else {
      quantizer_.to_integers(samples, std::span(integers_).first(samples.size()));
    }
    return append_integers(samples.size());
  }

  Result<void> put(std::span<const std::int16_t> samples) override {
    static_assert(std::endian::native == std::endian::little, "samples lie in memory as in the file");
    if (sample_bytes_ == 2) return output_->append(std::as_bytes(samples));
    const int shift = bits_of(format_.samples) - 16;
    while (!samples.empty()) {
      const auto some = samples.first(std::min(samples.size(), integers_.size()));
      for (std::size_t i = 0; i < some.size(); ++i) {
        integers_[i] = is_float() ? std::bit_cast<std::int32_t>(static_cast<float>(some[i]) / 32768) : some[i] << shift;
      }
      if (auto appended = append_integers(some.size()); !appended) return appended;
      samples = samples.subspan(some.size());
    }
    return {};
  }

  Result<void> append_integers(std::size_t samples) {
    switch (sample_bytes_) {
      case 2: pack<2>(samples); break;
      case 3: pack<3>(samples); break;
      default: pack<4>(samples);
    }
    return output_->append(std::span(bytes_).first(samples * sample_bytes_));
  }

  // Least significant byte first.
  template <std::size_t sample_bytes>
  void pack(std::size_t samples) noexcept {
    std::byte* at = bytes_.data();
    for (std::size_t i = 0; i < samples; ++i) {
      const auto value = static_cast<std::uint32_t>(integers_[i]);
      for (std::size_t byte = 0; byte < sample_bytes; ++byte) *at++ = static_cast<std::byte>(value >> 8 * byte & 0xFF);
    }
  }

  std::unique_ptr<ByteOutput> output_;
  const std::size_t sample_bytes_;
  WavHeader header_;
  std::vector<std::int32_t> integers_;
  std::vector<float> floats_;
  std::vector<std::byte> bytes_;
};

}  // namespace

Result<std::unique_ptr<SoundWriter>> create_wav(std::unique_ptr<ByteOutput> output, const SoundFormat& format) {
  auto writer = std::make_unique<WavWriter>(std::move(output), format);
  if (auto begun = writer->begin(); !begun) return tl::unexpected(begun.error());
  return writer;
}

}  // namespace weir::media
