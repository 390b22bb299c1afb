// FLAC by libsndfile, into a PartFile.
#include <sndfile.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "weir/media/audio/sound_outputs.hpp"

namespace weir::media {
namespace {

// libsndfile's file: it goes back to write the length.
struct FlacFile {
  PartFile file;
  std::uint64_t at = 0;
  Result<void> result;  // the first error

  static FlacFile& of(void* self) { return *static_cast<FlacFile*>(self); }
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
    FlacFile& out = of(self);
    const std::span bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(count));
    const std::size_t over = std::min<std::uint64_t>(bytes.size(), out.file.bytes() - out.at);
    if (out.result && over > 0) out.result = out.file.overwrite(out.at, bytes.first(over));
    if (out.result && over < bytes.size()) out.result = out.file.append(bytes.subspan(over));
    if (!out.result) return 0;
    out.at += bytes.size();
    return count;
  }
};

class FlacWriter final : public SoundWriter {
 public:
  FlacWriter(PartFile file, const SoundFormat& format)
      : SoundWriter(format),
        file_{.file = std::move(file), .at = 0, .result = {}},
        shift_(32 - bits_of(format.samples)),
        integers_(static_cast<std::size_t>(block_frames * format.channels)) {}
  ~FlacWriter() override {
    if (sound_ != nullptr) ::sf_close(sound_);
  }

  Result<void> begin() {
    SF_INFO about{};
    about.samplerate = format_.rate_hz;
    about.channels = format_.channels;
    about.format = SF_FORMAT_FLAC | (format_.samples == SampleFormat::int16 ? SF_FORMAT_PCM_16 : SF_FORMAT_PCM_24);
    SF_VIRTUAL_IO calls{FlacFile::length, FlacFile::seek, FlacFile::read, FlacFile::write, FlacFile::tell};
    sound_ = ::sf_open_virtual(&calls, SFM_WRITE, &about, &file_);
    if (!file_.result) return file_.result;
    if (sound_ == nullptr)
      return fail(Code::invalid, "FLAC cannot hold so many channels or such a rate; write .wav", file_.file.path(),
                  ::sf_strerror(nullptr));
    return {};
  }

  Result<void> commit() override {
    const int closed = ::sf_close(std::exchange(sound_, nullptr));
    if (!file_.result) return file_.result;
    if (closed != SF_ERR_NO_ERROR) return not_encoded(::sf_error_number(closed));
    return file_.file.commit();
  }

 private:
  tl::unexpected<Error> not_encoded(const char* said) const {
    return fail(Code::failed, "cannot be encoded", file_.file.path(), said);
  }

  Result<void> put(std::span<const float> samples) override {
    const auto integers = std::span(integers_).first(samples.size());
    quantizer_.to_integers(samples, integers);
    // libsndfile wants them at the top of 32 bits.
    for (std::int32_t& value : integers) value = static_cast<std::int32_t>(static_cast<std::uint32_t>(value) << shift_);
    return taken(::sf_write_int(sound_, integers.data(), static_cast<sf_count_t>(integers.size())), integers.size());
  }

  Result<void> put(std::span<const std::int16_t> samples) override {
    return taken(::sf_write_short(sound_, samples.data(), static_cast<sf_count_t>(samples.size())), samples.size());
  }

  Result<void> taken(sf_count_t written, std::size_t samples) const {
    if (!file_.result) return file_.result;
    return written == static_cast<sf_count_t>(samples) ? Result<void>{} : not_encoded(::sf_strerror(sound_));
  }

  FlacFile file_;
  const int shift_;
  SNDFILE* sound_ = nullptr;
  std::vector<std::int32_t> integers_;
};

}  // namespace

Result<std::unique_ptr<SoundWriter>> create_flac(PartFile file, const SoundFormat& format) {
  if (format.samples != SampleFormat::int16 && format.samples != SampleFormat::int24)
    return fail(Code::invalid, "FLAC holds 16 or 24 bits; choose one of them, or write .wav", file.path());
  auto writer = std::make_unique<FlacWriter>(std::move(file), format);
  if (auto begun = writer->begin(); !begun) return tl::unexpected(begun.error());
  return writer;
}

}  // namespace weir::media
