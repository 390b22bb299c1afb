#include "weir/media/audio/sound_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "weir/media/audio/sound_inputs.hpp"

namespace weir::media {

InputFile::InputFile(InputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_), stop_(std::move(other.stop_)) {}

InputFile::~InputFile() {
  if (owned_ && descriptor_ >= 0) ::close(descriptor_);
}

std::int64_t InputFile::read(std::byte* bytes, std::size_t size) noexcept {
  std::size_t done = 0;
  while (done < size) {
    // A pipe may say nothing for ever. What is no pipe is always ready.
    pollfd ready{descriptor_, POLLIN, 0};
    while (stop_.stop_possible() && ::poll(&ready, 1, 100) == 0) {
      if (stop_.stop_requested()) return -ECANCELED;
    }
    const ssize_t n = ::read(descriptor_, bytes + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<std::int64_t>(done);
}

void set_wav_layout(SoundInfo& info, std::uint32_t mask) {
  auto layout = layout_of_mask(mask, info.channels);
  if (!layout) return;
  info.layout = std::move(*layout);
  info.layout_is_from_file = mask != 0;
}

Result<void> check_sound(std::int64_t rate_hz, std::int64_t channels, const std::string& name) {
  if (channels < 1 || channels > max_sound_channels)
    return fail(Code::unsupported, "sounds have 1 to 64 channels here", name, std::to_string(channels) + " channels");
  if (rate_hz < 1 || rate_hz > max_sound_rate_hz)
    return fail(Code::unsupported, "sample rates are within 1 and 768000 Hz here", name,
                std::to_string(rate_hz) + " Hz");
  return {};
}

Result<std::unique_ptr<SoundReader>> SoundReader::open(const std::string& path, std::stop_token stop) {
  const bool is_input = path == "-";
  const std::string name = is_input ? "standard input" : path;
  InputFile file(is_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC), !is_input, std::move(stop));
  struct stat found{};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &found) != 0) {
    const Code code = errno == ENOENT                     ? Code::not_found
                      : errno == EACCES || errno == EPERM ? Code::denied
                                                          : Code::failed;
    return fail(code, "cannot be opened; check its name and permissions", name, std::strerror(errno));
  }
  if (S_ISDIR(found.st_mode)) return fail(Code::invalid, "is a folder; name a sound file", name);
  return S_ISREG(found.st_mode) ? open_sound_file(std::move(file), name) : open_sound_pipe(std::move(file), name);
}

Result<std::int64_t> SoundReader::read(float* interleaved, std::int64_t frames) {
  auto read = decode(interleaved, frames);
  if (!read) return read;
  std::uint64_t not_finite = 0;
  const std::int64_t samples = *read * info_.channels;
  for (std::int64_t i = 0; i < samples; ++i) not_finite += !std::isfinite(interleaved[i]);
  not_finite_ += not_finite;
  return read;
}

}  // namespace weir::media
