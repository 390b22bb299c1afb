#include "weir/media/audiobook/m4b_writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "weir/core/worker/call.hpp"
#include "weir/media/audiobook/m4b_wire.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::media {
namespace {

// ISO/IEC 14496-3, table 1.18.
constexpr std::array aac_rates = {7'350,  8'000,  11'025, 12'000, 16'000, 22'050, 24'000,
                                  32'000, 44'100, 48'000, 64'000, 88'200, 96'000};

// A quarter of a megabyte is encoded in a tenth of a second; a book of days is copied in minutes.
constexpr Nanos patience = std::chrono::minutes(2), patience_at_the_end = std::chrono::hours(1);

Result<void> check(const AudiobookInfo& info, int rate_hz, int channels, const std::filesystem::path& path) {
  if (channels < 1 || channels > 2) return fail(Code::invalid, "an M4B is mono or stereo here", path);
  if (std::find(aac_rates.begin(), aac_rates.end(), rate_hz) == aac_rates.end())
    return fail(Code::invalid, "AAC does not have this rate; convert the sound to 22050, 24000, 44100 or 48000 Hz",
                path);
  if (picture_of(info.cover) == Picture::other) return fail(Code::invalid, "the cover is neither JPEG nor PNG", path);
  if (info.cover.size() > m4b::max_cover_bytes) return fail(Code::invalid, "the cover is larger than 16 MiB", path);
  return {};
}

worker::CallerOptions options_for(const PartFile& file, std::size_t info_bytes) {
  worker::CallerOptions options;
  options.process.id = "m4b";
  options.process.owner = "export";
  options.process.executable = worker::worker_executable("m4b");
  options.process.memory_max_bytes = std::size_t{2} << 30;  // the index of some hundred hours
  options.descriptors = {file.descriptor()};
  options.request_bytes = std::max(m4b::max_samples_bytes, info_bytes);
  options.answers_held = 1;
  return options;
}

}  // namespace

struct M4bWriter::State {
  PartFile file;
  int channels;
  std::unique_ptr<worker::Caller> caller = nullptr;
  std::uint64_t frames = 0;
  std::optional<std::uint64_t> last_chapter = std::nullopt;
  std::optional<Error> broken = std::nullopt;

  // The worker has all of the book in it: what one error has taken away does not come back.
  Result<void> ask(const m4b::Question& question, std::span<const std::byte> payload) {
    if (broken) return tl::unexpected(*broken);
    const Nanos limit = question.what == m4b::What::finish ? patience_at_the_end : patience;
    const auto reply = caller->call<m4b::Answer>(question, payload, Clock::real().now() + limit);
    if (!reply) {
      broken = reply.error();
      broken->owner = file.path();
    } else if (reply->head.frames != frames) {
      broken = Error{Code::failed, "the encoder has lost some of the sound; export it again", file.path()};
    }
    return broken ? Result<void>(tl::unexpected(*broken)) : Result<void>();
  }
};

M4bWriter::M4bWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
M4bWriter::~M4bWriter() = default;

std::uint64_t M4bWriter::frames() const noexcept { return state_->frames; }

Result<std::unique_ptr<M4bWriter>> M4bWriter::create(const std::filesystem::path& path, const AudiobookInfo& info,
                                                     int rate_hz, int channels) {
  if (auto checked = check(info, rate_hz, channels, path); !checked) return tl::unexpected(checked.error());
  auto file = PartFile::open(path, Existing::replaced);
  if (!file) return tl::unexpected(file.error());
  m4b::Question question{.what = m4b::What::begin, .rate_hz = rate_hz, .channels = channels};
  const auto payload = m4b::payload_of(info, question);
  std::unique_ptr<State> state(new State{.file = std::move(*file), .channels = channels});
  auto caller = worker::Caller::make(options_for(state->file, payload.size()));
  if (!caller) return tl::unexpected(caller.error());
  state->caller = std::move(*caller);
  if (auto begun = state->ask(question, payload); !begun) return tl::unexpected(begun.error());
  return std::unique_ptr<M4bWriter>(new M4bWriter(std::move(state)));
}

Result<void> M4bWriter::write(const std::int16_t* interleaved, std::int64_t frames) {
  const auto channels = static_cast<std::size_t>(state_->channels);
  const std::size_t most = m4b::max_samples_bytes / sizeof(std::int16_t) / channels;
  std::span samples(interleaved, static_cast<std::size_t>(frames) * channels);
  while (!samples.empty()) {
    const auto some = samples.first(std::min(samples.size(), most * channels));
    state_->frames += some.size() / channels;
    if (auto told = state_->ask({.what = m4b::What::samples}, std::as_bytes(some)); !told) return told;
    samples = samples.subspan(some.size());
  }
  return {};
}

Result<void> M4bWriter::chapter(std::uint64_t start, std::string_view title) {
  if (state_->last_chapter && start <= *state_->last_chapter)
    return fail(Code::invalid, "a chapter begins after the one before", state_->file.path());
  const auto kept = first_bytes(title, m4b::max_title_bytes);
  if (auto told = state_->ask({.what = m4b::What::chapter, .start = start}, std::as_bytes(std::span(kept))); !told)
    return told;
  state_->last_chapter = start;
  return {};
}

Result<void> M4bWriter::commit() {
  if (state_->frames == 0) return fail(Code::invalid, "there is no sound to write", state_->file.path());
  if (auto told = state_->ask({.what = m4b::What::finish}, {}); !told) return told;
  // It writes to the file no more when that gets its name.
  state_->caller.reset();
  return state_->file.commit();
}

}  // namespace weir::media
