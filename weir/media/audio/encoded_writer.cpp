// FLAC, Opus and MP3 by libsndfile, into a PartFile.
#include <sndfile.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "weir/media/audio/sound_outputs.hpp"

namespace weir::media {
namespace {

// libsndfile's file: it goes back to write the length.
struct EncodedFile {
  PartFile file;
  std::uint64_t at = 0;
  Result<void> result;  // the first error

  static EncodedFile& of(void* self) { return *static_cast<EncodedFile*>(self); }
  static sf_count_t length(void* self) { return static_cast<sf_count_t>(of(self).file.bytes()); }
  static sf_count_t tell(void* self) { return static_cast<sf_count_t>(of(self).at); }
  static sf_count_t read(void* /*into*/, sf_count_t /*bytes*/, void* /*self*/) { return 0; }
  static sf_count_t seek(sf_count_t offset, int whence, void* self) {
    const sf_count_t from = whence == SF_SEEK_CUR ? tell(self) : whence == SF_SEEK_END ? length(self) : 0;
    // Beyond the end there is nothing to overwrite and nothing to append to.
    of(self).at = static_cast<std::uint64_t>(std::clamp<sf_count_t>(from + offset, 0, length(self)));
    return tell(self);
  }
  static sf_count_t write(const void* from, sf_count_t count, void* self) {
    EncodedFile& out = of(self);
    const std::span bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(count));
    const std::size_t over = std::min<std::uint64_t>(bytes.size(), out.file.bytes() - out.at);
    if (out.result && over > 0) out.result = out.file.overwrite(out.at, bytes.first(over));
    if (out.result && over < bytes.size()) out.result = out.file.append(bytes.subspan(over));
    if (!out.result) return 0;
    out.at += bytes.size();
    return count;
  }
};

// libsndfile turns a level from 0 to 1 into a bit rate: 256 to 6 kbit/s a channel for Opus, and for MP3 one of the
// ranges of its three versions in all channels together. Speech is clear at 32 kbit/s of Opus and 64 kbit/s of MP3.
double level_for_speech(Encoding encoding, int rate_hz, int channels) {
  if (encoding == Encoding::opus) return (256.0 - 32) / (256 - 6);
  const double least = rate_hz >= 32'000 ? 32 : 8;
  const double most = rate_hz >= 32'000 ? 320 : rate_hz >= 16'000 ? 160 : 64;
  const double wanted = std::min(64.0 * channels, most) + 0.5;  // it cuts off what is behind the point
  return std::max(0.0, (most - wanted) / (most - least));
}

Result<void> check_lossy(Encoding encoding, const SoundFormat& format, const std::string& name) {
  static constexpr std::array opus = {8'000, 12'000, 16'000, 24'000, 48'000};
  static constexpr std::array mp3 = {8'000, 11'025, 12'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000};
  const auto any_of = [&](const auto& rates) {
    return std::find(rates.begin(), rates.end(), format.rate_hz) != rates.end();
  };
  if (format.channels > 2)
    return fail(Code::invalid, ".opus and .mp3 are mono or stereo here; write .flac or .wav", name);
  if (encoding == Encoding::opus && !any_of(opus))
    return fail(Code::invalid, "Opus takes 8000, 12000, 16000, 24000 or 48000 Hz; convert the sound to one of them",
                name);
  if (encoding == Encoding::mp3 && !any_of(mp3))
    return fail(
        Code::invalid,
        "MP3 takes 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100 or 48000 Hz; convert the sound to one of them",
        name);
  return {};
}

class EncodedWriter final : public SoundWriter {
 public:
  EncodedWriter(PartFile file, const SoundFormat& format, Encoding encoding)
      : SoundWriter(format),
        encoding_(encoding),
        file_{.file = std::move(file), .at = 0, .result = {}},
        shift_(32 - bits_of(format.samples)),
        integers_(static_cast<std::size_t>(block_frames * format.channels)),
        floats_(integers_.size()) {}
  ~EncodedWriter() override {
    if (sound_ != nullptr) ::sf_close(sound_);
  }

  Result<void> begin() {
    SF_INFO about{};
    about.samplerate = format_.rate_hz;
    about.channels = format_.channels;
    switch (encoding_) {
      case Encoding::flac:
        about.format = SF_FORMAT_FLAC | (format_.samples == SampleFormat::int16 ? SF_FORMAT_PCM_16 : SF_FORMAT_PCM_24);
        break;
      case Encoding::opus: about.format = SF_FORMAT_OGG | SF_FORMAT_OPUS; break;
      case Encoding::mp3: about.format = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III; break;
    }
    SF_VIRTUAL_IO calls{EncodedFile::length, EncodedFile::seek, EncodedFile::read, EncodedFile::write,
                        EncodedFile::tell};
    sound_ = ::sf_open_virtual(&calls, SFM_WRITE, &about, &file_);
    if (!file_.result) return file_.result;
    if (sound_ == nullptr)
      return fail(Code::invalid, "this encoding cannot hold so many channels or such a rate; write .wav",
                  file_.file.path(), ::sf_strerror(nullptr));
    return is_lossy() ? set_bit_rate() : Result<void>{};
  }

  Result<void> commit() override {
    // Nobody could open it.
    if (is_lossy() && frames() == 0) return fail(Code::invalid, "there is no sound to write", file_.file.path());
    const int closed = ::sf_close(std::exchange(sound_, nullptr));
    if (!file_.result) return file_.result;
    if (closed != SF_ERR_NO_ERROR) return not_encoded(::sf_error_number(closed));
    return file_.file.commit();
  }

 private:
  bool is_lossy() const { return encoding_ != Encoding::flac; }

  tl::unexpected<Error> not_encoded(const char* said) const {
    return fail(Code::failed, "cannot be encoded", file_.file.path(), said);
  }

  // MP3 at a constant one: players then find each place of a long file at once.
  Result<void> set_bit_rate() {
    int mode = SF_BITRATE_MODE_CONSTANT;
    double level = level_for_speech(encoding_, format_.rate_hz, format_.channels);
    const bool set = ::sf_command(sound_, SFC_SET_COMPRESSION_LEVEL, &level, sizeof(level)) == SF_TRUE;
    if (set && encoding_ != Encoding::mp3) return {};
    if (set && ::sf_command(sound_, SFC_SET_BITRATE_MODE, &mode, sizeof(mode)) == SF_TRUE) return {};
    return not_encoded(::sf_strerror(sound_));
  }

  Result<void> put(std::span<const float> samples) override {
    const auto count = static_cast<sf_count_t>(samples.size());
    if (is_lossy()) {
      quantizer_.to_floats(samples, std::span(floats_).first(samples.size()));
      return taken(::sf_write_float(sound_, floats_.data(), count), count);
    }
    const auto integers = std::span(integers_).first(samples.size());
    quantizer_.to_integers(samples, integers);
    // libsndfile wants them at the top of 32 bits.
    for (std::int32_t& value : integers) value = static_cast<std::int32_t>(static_cast<std::uint32_t>(value) << shift_);
    return taken(::sf_write_int(sound_, integers.data(), count), count);
  }

  Result<void> put(std::span<const std::int16_t> samples) override {
    // libsndfile 1.2 copies half of each block of 16 bits that it gives to the encoder of stereo MP3.
    if (encoding_ == Encoding::mp3 && format_.channels == 2) return put_as_floats(samples);
    const auto count = static_cast<sf_count_t>(samples.size());
    return taken(::sf_write_short(sound_, samples.data(), count), count);
  }

  Result<void> put_as_floats(std::span<const std::int16_t> samples) {
    while (!samples.empty()) {
      const auto some = samples.first(std::min(samples.size(), floats_.size()));
      std::transform(some.begin(), some.end(), floats_.begin(),
                     [](std::int16_t value) { return static_cast<float>(value) / 32768; });
      const auto count = static_cast<sf_count_t>(some.size());
      if (auto put_in = taken(::sf_write_float(sound_, floats_.data(), count), count); !put_in) return put_in;
      samples = samples.subspan(some.size());
    }
    return {};
  }

  Result<void> taken(sf_count_t written, sf_count_t samples) const {
    if (!file_.result) return file_.result;
    return written == samples ? Result<void>{} : not_encoded(::sf_strerror(sound_));
  }

  const Encoding encoding_;
  EncodedFile file_;
  const int shift_;
  SNDFILE* sound_ = nullptr;
  std::vector<std::int32_t> integers_;
  std::vector<float> floats_;
};

}  // namespace

Result<std::unique_ptr<SoundWriter>> create_encoded(PartFile file, SoundFormat format, Encoding encoding) {
  if (encoding == Encoding::flac) {
    if (format.samples != SampleFormat::int16 && format.samples != SampleFormat::int24)
      return fail(Code::invalid, "FLAC holds 16 or 24 bits; choose one of them, or write .wav", file.path());
  } else {
    if (auto checked = check_lossy(encoding, format, file.path()); !checked) return tl::unexpected(checked.error());
    format.samples = SampleFormat::float32;  // what the encoders work with
  }
  auto writer = std::make_unique<EncodedWriter>(std::move(file), format, encoding);
  if (auto begun = writer->begin(); !begun) return tl::unexpected(begun.error());
  return writer;
}

}  // namespace weir::media
