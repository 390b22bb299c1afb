// WAV from a pipe. libsndfile would stop at the length in the header, which a program that writes to a pipe cannot
// know: with 8 channels of floats that is after 46 minutes.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "weir/media/audio/sound_inputs.hpp"

namespace weir::media {
namespace {

tl::unexpected<Error> read_error(const std::string& name, std::int64_t result) {
  return fail(Code::failed, "cannot be read", name, std::strerror(static_cast<int>(-result)));
}

std::uint32_t little(const std::byte* at, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(at[i]);
  return value;
}

float sample_of(const std::byte* at, WavHeader::Coding coding, int bytes) {
  if (coding == WavHeader::Coding::integer) {
    if (bytes == 1) return static_cast<float>(std::to_integer<int>(*at) - 128) / 128;
    // At the top of 32 bits, so that the sign is in its place.
    const auto value = std::bit_cast<std::int32_t>(little(at, bytes) << (32 - 8 * bytes));
    return static_cast<float>(value) / 2147483648.0F;
  }
  if (bytes == 4) return std::bit_cast<float>(little(at, 4));
  return static_cast<float>(std::bit_cast<double>(std::uint64_t{little(at + 4, 4)} << 32 | little(at, 4)));
}

class SoundPipe final : public SoundReader {
 public:
  SoundPipe(InputFile file, const WavHeader& header, std::string name)
      : file_(std::move(file)),
        coding_(header.coding),
        sample_bytes_(header.bits / 8),
        frame_bytes_(static_cast<std::size_t>(header.frame_bytes)),
        left_bytes_(header.data_bytes),
        buffer_(frame_bytes_ * buffer_frames) {
    name_ = std::move(name);
    info_.rate_hz = static_cast<int>(header.rate_hz);
    info_.channels = header.channels;
    if (left_bytes_) info_.frames = *left_bytes_ / frame_bytes_;
    info_.format = "WAV from a pipe, " + std::to_string(header.bits) +
                   (coding_ == WavHeader::Coding::integer ? " bit integer" : " bit float");
    set_wav_layout(info_, header.mask);
  }

 private:
  static constexpr std::size_t buffer_frames = 1024;

  Result<std::int64_t> decode(float* interleaved, std::int64_t frames) override {
    std::int64_t done = 0;
    while (done < frames) {
      std::size_t wanted = std::min(static_cast<std::size_t>(frames - done), buffer_frames) * frame_bytes_;
      if (left_bytes_) wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, *left_bytes_));
      const std::int64_t read = file_.read(buffer_.data(), wanted);
      if (read < 0) return read_error(name_, read);
      const auto got = static_cast<std::size_t>(read), whole = got / frame_bytes_;
      // A last frame that is not whole is left out.
      truncated_ = truncated_ || got % frame_bytes_ != 0 || (left_bytes_ && got < wanted);
      if (left_bytes_) *left_bytes_ = got < wanted ? 0 : *left_bytes_ - got;
      float* out = interleaved + done * info_.channels;
      const std::byte* at = buffer_.data();
      for (std::size_t i = 0; i < whole * static_cast<std::size_t>(info_.channels); ++i, at += sample_bytes_) {
        out[i] = sample_of(at, coding_, sample_bytes_);
      }
      done += static_cast<std::int64_t>(whole);
      if (got < wanted || wanted == 0) break;
    }
    return done;
  }

  InputFile file_;
  const WavHeader::Coding coding_;
  const int sample_bytes_;
  const std::size_t frame_bytes_;
  std::optional<std::uint64_t> left_bytes_;
  std::vector<std::byte> buffer_;
};

}  // namespace

Result<std::unique_ptr<SoundReader>> open_sound_pipe(InputFile file, const std::string& name) {
  auto header = read_wav_header([&](std::span<std::byte> bytes) -> Result<bool> {
    const std::int64_t read = file.read(bytes.data(), bytes.size());
    if (read < 0) return read_error(name, read);
    return static_cast<std::size_t>(read) == bytes.size();
  });
  if (!header) {
    Error error = header.error();
    if (error.code == Code::unsupported)
      error.text =
          "only WAV can be read from a pipe; name the file itself, or decode it first (ffmpeg -i FILE -f wav -)";
    error.owner = name;
    return tl::unexpected(std::move(error));
  }
  if (auto checked = check_sound(header->rate_hz, header->channels, name); !checked)
    return tl::unexpected(checked.error());
  const int bits = header->bits;
  const bool known = (header->coding == WavHeader::Coding::integer && bits % 8 == 0 && bits >= 8 && bits <= 32) ||
                     (header->coding == WavHeader::Coding::floating && (bits == 32 || bits == 64));
  if (!known || header->frame_bytes != header->channels * (bits / 8))
    return fail(Code::unsupported, "only WAV of 8 to 32 bit integers or of floats can be read from a pipe", name);
  return std::make_unique<SoundPipe>(std::move(file), *header, name);
}

}  // namespace weir::media
