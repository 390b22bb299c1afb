#include "weir/media/responses/sofa_worker.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "weir/core/worker/call.hpp"
#include "weir/media/responses/sofa_file.hpp"
#include "weir/media/responses/sofa_wire.hpp"

namespace weir::media::sofa {
namespace {

Result<worker::Served<Answer>> answered(const ResponseSet& set, std::span<std::byte> room) {
  worker::Served<Answer> served;
  const std::size_t ear_bytes = set.taps() * sizeof(float), count = set.responses.size();
  if (count > served.head.speaker.size() || ear_bytes > room.size() / (2 * count)) {
    return fail(Code::invalid, "the responses are too long: at most 16 MiB in all");
  }
  served.head.rate_hz = set.rate_hz;
  served.head.taps = static_cast<std::uint32_t>(set.taps());
  served.head.speakers = static_cast<std::uint32_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Response& r = set.responses[i];
    served.head.speaker[i] = static_cast<std::uint8_t>(r.speaker);
    for (const auto* ear : {&r.left, &r.right}) {
      std::memcpy(room.data() + served.bytes, ear->data(), ear_bytes);
      served.bytes += ear_bytes;
    }
  }
  return served;
}

#ifdef WEIR_TEST_HOOKS
// A file that says so does to this process what files made for it do to libmysofa.
void obey_tests(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  constexpr std::size_t behind_signature = 8;
  if (text.substr(std::min(behind_signature, text.size())) == "weir-test-crash") {
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  }
}
#endif

Result<worker::Served<Answer>> answer_to(const Question& question, std::span<const std::byte> file,
                                         std::span<std::byte> room) {
  Layout layout;
  const std::size_t count = std::min<std::size_t>(question.speakers, question.speaker.size());
  for (const std::uint8_t s : std::span(question.speaker).first(count)) {
    layout.channels.push_back(static_cast<Speaker>(s));
  }
#ifdef WEIR_TEST_HOOKS
  obey_tests(file);
#endif
  const auto parsed = parse_sofa(file);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto pick = question.interpolated != 0 ? SofaPick::interpolated : SofaPick::nearest;
  const auto set = responses_at(*parsed, layout, pick);
  if (!set) return tl::unexpected(set.error());
  return answered(*set, room);
}

}  // namespace

int run_worker(worker::Child& child) {
  const auto boxed = child.enter_sandbox({});
  const auto served =
      !boxed ? boxed
             : worker::serve<Question, Answer>(
                   child, [](const Question& question, std::span<const std::byte> file, std::span<std::byte> room,
                             worker::Asked&) { return answer_to(question, file, room); });
  if (served) return 0;
  std::fprintf(stderr, "weir-worker-sofa: %s\n", served.error().line().c_str());
  return 1;
}

}  // namespace weir::media::sofa
