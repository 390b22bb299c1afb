// Sound files by libsndfile, with what it does not say: where a file is cut short, where a FLAC's rate changes, and the
// channels of Vorbis and Opus in WAV's order.
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "weir/media/audio/flac_rates.hpp"
#include "weir/media/audio/sound_inputs.hpp"

namespace weir::media {
namespace {

struct CloseSound {
  void operator()(SNDFILE* sound) const noexcept { ::sf_close(sound); }
};
using Sound = std::unique_ptr<SNDFILE, CloseSound>;

// Vorbis I, section 4.3.9, which Opus shares: which of a file's channels is which of WAV's.
std::span<const std::uint8_t> xiph_order(int channels) {
  static constexpr std::array<std::uint8_t, 3> three = {0, 2, 1};
  static constexpr std::array<std::uint8_t, 5> five = {0, 2, 1, 3, 4};
  static constexpr std::array<std::uint8_t, 6> six = {0, 2, 1, 5, 3, 4};
  static constexpr std::array<std::uint8_t, 7> seven = {0, 2, 1, 6, 5, 3, 4};
  static constexpr std::array<std::uint8_t, 8> eight = {0, 2, 1, 7, 5, 6, 3, 4};
  switch (channels) {
    case 3: return three;
    case 5: return five;
    case 6: return six;
    case 7: return seven;
    case 8: return eight;
    default: return {};
  }
}

std::optional<Speaker> speaker_of_map(int place) {
  switch (place) {
    case SF_CHANNEL_MAP_MONO:
    case SF_CHANNEL_MAP_CENTER:
    case SF_CHANNEL_MAP_FRONT_CENTER: return Speaker::FC;
    case SF_CHANNEL_MAP_LEFT:
    case SF_CHANNEL_MAP_FRONT_LEFT: return Speaker::FL;
    case SF_CHANNEL_MAP_RIGHT:
    case SF_CHANNEL_MAP_FRONT_RIGHT: return Speaker::FR;
    case SF_CHANNEL_MAP_REAR_CENTER: return Speaker::BC;
    case SF_CHANNEL_MAP_REAR_LEFT: return Speaker::BL;
    case SF_CHANNEL_MAP_REAR_RIGHT: return Speaker::BR;
    case SF_CHANNEL_MAP_LFE: return Speaker::LFE;
    case SF_CHANNEL_MAP_FRONT_LEFT_OF_CENTER: return Speaker::FLC;
    case SF_CHANNEL_MAP_FRONT_RIGHT_OF_CENTER: return Speaker::FRC;
    case SF_CHANNEL_MAP_SIDE_LEFT: return Speaker::SL;
    case SF_CHANNEL_MAP_SIDE_RIGHT: return Speaker::SR;
    case SF_CHANNEL_MAP_TOP_CENTER: return Speaker::TC;
    case SF_CHANNEL_MAP_TOP_FRONT_LEFT: return Speaker::TFL;
    case SF_CHANNEL_MAP_TOP_FRONT_RIGHT: return Speaker::TFR;
    case SF_CHANNEL_MAP_TOP_FRONT_CENTER: return Speaker::TFC;
    case SF_CHANNEL_MAP_TOP_REAR_LEFT: return Speaker::TBL;
    case SF_CHANNEL_MAP_TOP_REAR_RIGHT: return Speaker::TBR;
    case SF_CHANNEL_MAP_TOP_REAR_CENTER: return Speaker::TBC;
    default: return std::nullopt;
  }
}

// The names that a file gives its channels, in the file's order; nothing if one is strange or comes twice.
std::optional<Layout> mapped_layout(SNDFILE* sound, int channels) {
  std::vector<int> places(static_cast<std::size_t>(channels));
  const auto bytes = static_cast<int>(places.size() * sizeof(int));
  if (::sf_command(sound, SFC_GET_CHANNEL_MAP_INFO, places.data(), bytes) == SF_FALSE) return std::nullopt;
  std::string names;
  for (const int place : places) {
    const auto speaker = speaker_of_map(place);
    if (!speaker) return std::nullopt;
    names.append(names.empty() ? "" : ",").append(to_string(*speaker));
  }
  auto layout = parse_layout(names);
  return layout ? std::optional(std::move(*layout)) : std::nullopt;
}

std::string format_name(int format) {
  std::string name;
  for (const int part : {format & SF_FORMAT_TYPEMASK, format & SF_FORMAT_SUBMASK}) {
    SF_FORMAT_INFO about{};
    about.format = part;
    if (::sf_command(nullptr, SFC_GET_FORMAT_INFO, &about, sizeof(about)) != 0 || about.name == nullptr) continue;
    name.append(name.empty() ? "" : ", ").append(about.name);
  }
  return name;
}

tl::unexpected<Error> not_opened(const std::string& name) {
  const int code = ::sf_error(nullptr);
  const char* said = ::sf_strerror(nullptr);
  if (code == SF_ERR_UNRECOGNISED_FORMAT || code == SF_ERR_UNSUPPORTED_ENCODING ||
      std::strstr(said, "unimplemented") != nullptr)
    return fail(Code::unsupported, "its format is not known here; convert it (ffmpeg -i FILE out.wav)", name, said);
  return fail(Code::corrupt, "is damaged and cannot be opened", name, said);
}

Result<WavHeader> wav_header_of(int descriptor) {
  std::uint64_t at = 0;
  return read_wav_header([&](std::span<std::byte> bytes) -> Result<bool> {
    const ssize_t n = ::pread(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
    at += bytes.size();
    return n == static_cast<ssize_t>(bytes.size());
  });
}

// Without moving the place where libsndfile reads.
std::uint64_t bytes_of(int descriptor) {
  struct stat found{};
  return ::fstat(descriptor, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

// Ogg's last page says that it is the last one, and how long it is (RFC 3533, section 6).
bool ogg_ends_early(int descriptor) {
  constexpr std::uint64_t longest_page = 65'307;
  const std::uint64_t size = bytes_of(descriptor);
  std::vector<char> tail(std::min(size, longest_page));
  const ssize_t n = ::pread(descriptor, tail.data(), tail.size(), static_cast<off_t>(size - tail.size()));
  if (n != static_cast<ssize_t>(tail.size())) return false;
  const std::string_view text(tail.data(), tail.size());
  const auto at = text.rfind("OggS");
  if (at == std::string_view::npos) return true;
  const std::string_view page = text.substr(at);
  constexpr std::size_t flags = 5, count = 26, lengths = 27;
  if (page.size() < lengths || (page[flags] & 4) == 0) return true;
  const auto segments = static_cast<unsigned char>(page[count]);
  std::size_t whole = lengths + segments;
  for (const char length : page.substr(lengths, segments)) whole += static_cast<unsigned char>(length);
  return page.size() < whole;
}

class SoundFile final : public SoundReader {
 public:
  SoundFile(InputFile file, Sound sound, const SF_INFO& about, std::string name);

 private:
  Result<std::int64_t> decode(float* interleaved, std::int64_t frames) override;
  tl::unexpected<Error> damaged(const char* text, const std::string& said) const;
  void set_layout(int container);
  void reorder(float* interleaved, std::int64_t frames) const;

  InputFile file_;
  Sound sound_;
  std::optional<FlacRates> flac_rates_;
  std::span<const std::uint8_t> order_;  // empty: as they come
  bool length_is_exact_ = true;          // what the file says of it
  bool ends_early_ = false;              // known from its head or tail
  bool stopped_ = false;
  std::string damage_;  // what libsndfile said of it
  std::uint64_t position_ = 0;
};

SoundFile::SoundFile(InputFile file, Sound sound, const SF_INFO& about, std::string name)
    : file_(std::move(file)), sound_(std::move(sound)) {
  name_ = std::move(name);
  info_.rate_hz = about.samplerate;
  info_.channels = about.channels;
  info_.format = format_name(about.format);
  if (about.frames >= 0 && about.frames != SF_COUNT_MAX) info_.frames = static_cast<std::uint64_t>(about.frames);
  const int container = about.format & SF_FORMAT_TYPEMASK;
  set_layout(container);
  switch (container) {
    case SF_FORMAT_FLAC: flac_rates_ = FlacRates::open(file_.descriptor()); break;
    case SF_FORMAT_OGG:
      order_ = xiph_order(info_.channels);
      ends_early_ = ogg_ends_early(file_.descriptor());
      break;
    case SF_FORMAT_MPEG: length_is_exact_ = false; break;
    default: break;
  }
}

void SoundFile::set_layout(int container) {
  const bool is_wav = container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX || container == SF_FORMAT_RF64;
  if (is_wav) {
    if (const auto header = wav_header_of(file_.descriptor())) {
      set_wav_layout(info_, header->mask);
      ends_early_ = header->data_bytes && header->offset + *header->data_bytes > bytes_of(file_.descriptor());
      return;
    }
  }
  // AIFF's is left out: libsndfile 1.2 gives uninitialised places for it.
  if (container == SF_FORMAT_CAF || container == SF_FORMAT_W64) {
    info_.layout = mapped_layout(sound_.get(), info_.channels);
    info_.layout_is_from_file = info_.layout.has_value();
  }
  if (!info_.layout) set_wav_layout(info_, 0);
}

void SoundFile::reorder(float* interleaved, std::int64_t frames) const {
  if (order_.empty()) return;
  std::array<float, 8> frame{};
  for (std::int64_t i = 0; i < frames; ++i, interleaved += order_.size()) {
    std::copy_n(interleaved, order_.size(), frame.begin());
    for (std::size_t channel = 0; channel < order_.size(); ++channel) interleaved[channel] = frame[order_[channel]];
  }
}

Result<std::int64_t> SoundFile::decode(float* interleaved, std::int64_t frames) {
  if (stopped_ || frames <= 0) return 0;
  std::int64_t wanted = frames;
  const auto change =
      flac_rates_ ? flac_rates_->change_before(position_ + static_cast<std::uint64_t>(frames)) : std::nullopt;
  if (change) wanted = static_cast<std::int64_t>(*change - position_);
  if (change && wanted == 0) return damaged("its sample rate changes midway; convert it (ffmpeg -i FILE out.wav)", "");
  if (!damage_.empty()) return damaged("is damaged from here on", damage_);
  const std::int64_t got = std::max<std::int64_t>(::sf_readf_float(sound_.get(), interleaved, wanted), 0);
  // Kept: the next call would go on behind the damage as if nothing had been.
  if (::sf_error(sound_.get()) != SF_ERR_NO_ERROR) damage_ = ::sf_strerror(sound_.get());
  if (got == 0 && !damage_.empty()) return damaged("is damaged from here on", damage_);
  position_ += static_cast<std::uint64_t>(got);
  reorder(interleaved, got);
  if (got < wanted && damage_.empty()) {
    stopped_ = true;
    truncated_ = ends_early_ || (length_is_exact_ && info_.frames && position_ < *info_.frames);
  }
  return got;
}

tl::unexpected<Error> SoundFile::damaged(const char* text, const std::string& said) const {
  const std::string at = "at " + std::to_string(position_ / static_cast<std::uint64_t>(info_.rate_hz)) + " s";
  return fail(Code::corrupt, text, name_, said.empty() ? at : said + ", " + at);
}

}  // namespace

Result<std::unique_ptr<SoundReader>> open_sound_file(InputFile file, const std::string& name) {
  SF_INFO about{};
  Sound sound(::sf_open_fd(file.descriptor(), SFM_READ, &about, SF_FALSE));
  if (sound == nullptr) return not_opened(name);
  if (auto checked = check_sound(about.samplerate, about.channels, name); !checked)
    return tl::unexpected(checked.error());
  return std::make_unique<SoundFile>(std::move(file), std::move(sound), about, name);
}

}  // namespace weir::media
