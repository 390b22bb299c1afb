#include "weir/media/audio/sound_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "weir/media/audio/sound_outputs.hpp"
#include "weir/media/audio/sound_reader.hpp"

namespace weir::media {
namespace {

class PartOutput final : public ByteOutput {
 public:
  explicit PartOutput(PartFile file) : file_(std::move(file)) {}
  Result<void> append(std::span<const std::byte> bytes) override { return file_.append(bytes); }
  Result<void> overwrite_head(std::span<const std::byte> bytes) override { return file_.overwrite(0, bytes); }
  Result<void> commit() override { return file_.commit(); }

 private:
  PartFile file_;
};

class StreamOutput final : public ByteOutput {
 public:
  StreamOutput(int descriptor, bool owned, std::string name)
      : descriptor_(descriptor), owned_(owned), name_(std::move(name)) {
    struct stat found{};
    const int flags = ::fcntl(descriptor_, F_GETFL);
    // Where everything is appended, pwrite() appends too.
    const bool is_file = ::fstat(descriptor_, &found) == 0 && S_ISREG(found.st_mode);
    if (is_file && flags >= 0 && (flags & O_APPEND) == 0) start_ = ::lseek(descriptor_, 0, SEEK_CUR);
  }
  ~StreamOutput() override {
    if (owned_) ::close(descriptor_);
  }

  Result<void> append(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(errno);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }
  Result<void> overwrite_head(std::span<const std::byte> bytes) override {
    if (start_ < 0) return {};
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), start_);
    return n == static_cast<ssize_t>(bytes.size()) ? Result<void>{} : failed(errno);
  }
  Result<void> commit() override { return {}; }

 private:
  tl::unexpected<Error> failed(int error) const {
    const char* said = std::strerror(error);
    switch (error) {
      case EPIPE: return fail(Code::closed, "nobody reads it any more", name_, said);
      case ENOSPC:
      case EDQUOT:
      case EFBIG: return fail(Code::exhausted, "no room for more sound; free some", name_, said);
      default: return fail(Code::failed, "cannot be written", name_, said);
    }
  }

  int descriptor_;
  bool owned_;
  std::string name_;
  off_t start_ = -1;  // of the header, where it can be written again
};

std::string ending_of(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

std::optional<Encoding> encoding_of(const std::string& ending) {
  if (ending == ".flac") return Encoding::flac;
  if (ending == ".opus") return Encoding::opus;
  if (ending == ".mp3") return Encoding::mp3;
  return std::nullopt;
}

Result<void> check(const SoundFormat& format, const std::string& name) {
  const bool rate = format.rate_hz >= 1 && format.rate_hz <= max_sound_rate_hz;
  const bool channels = format.channels >= 1 && format.channels <= max_sound_channels;
  if (rate && channels) return {};
  return fail(Code::invalid, "sound has 1 to 64 channels and a rate within 1 and 768000 Hz here", name);
}

}  // namespace

std::unique_ptr<ByteOutput> output_to(PartFile file) { return std::make_unique<PartOutput>(std::move(file)); }

std::unique_ptr<ByteOutput> output_to(int descriptor, bool owned, std::string name) {
  return std::make_unique<StreamOutput>(descriptor, owned, std::move(name));
}

int bits_of(SampleFormat format) noexcept {
  switch (format) {
    case SampleFormat::int16: return 16;
    case SampleFormat::int24: return 24;
    default: return 32;
  }
}

SoundWriter::SoundWriter(const SoundFormat& format)
    : format_(format), quantizer_(format.samples == SampleFormat::float32 ? 0 : bits_of(format.samples)) {}

Result<std::unique_ptr<SoundWriter>> SoundWriter::create(const std::string& path, const SoundFormat& format) {
  if (path == "-") {
    if (auto checked = check(format, "standard output"); !checked) return tl::unexpected(checked.error());
    return create_wav(output_to(STDOUT_FILENO, false, "standard output"), format);
  }
  if (auto checked = check(format, path); !checked) return tl::unexpected(checked.error());
  struct stat found{};
  const bool is_there = ::stat(path.c_str(), &found) == 0;
  if (is_there && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) return fail(Code::denied, "cannot be opened to write", path, std::strerror(errno));
    return create_wav(output_to(descriptor, true, path), format);
  }
  const std::string ending = ending_of(path);
  const auto encoding = encoding_of(ending);
  if (ending != ".wav" && !encoding)
    return fail(Code::invalid, "sound is written as .wav, .flac, .opus or .mp3; end the name so", path);
  // What a link leads to is replaced, not the link.
  std::error_code ignored;
  std::filesystem::path target = path;
  std::error_code error;
  if (is_there) target = std::filesystem::canonical(path, error);
  auto file = PartFile::open(error ? std::filesystem::path(path) : target, Existing::replaced);
  if (!file) return tl::unexpected(file.error());
  return encoding ? create_encoded(std::move(*file), format, *encoding)
                  : create_wav(output_to(std::move(*file)), format);
}

Result<void> SoundWriter::write(const float* interleaved, std::int64_t frames) {
  while (frames > 0) {
    const std::int64_t some = std::min(frames, block_frames);
    const auto samples = static_cast<std::size_t>(some * format_.channels);
    if (auto put_in = put({interleaved, samples}); !put_in) return put_in;
    frames_ += static_cast<std::uint64_t>(some);
    interleaved += samples;
    frames -= some;
  }
  return {};
}

Result<void> SoundWriter::write(const std::int16_t* interleaved, std::int64_t frames) {
  if (auto put_in = put({interleaved, static_cast<std::size_t>(frames * format_.channels)}); !put_in) return put_in;
  frames_ += static_cast<std::uint64_t>(frames);
  return {};
}

}  // namespace weir::media
