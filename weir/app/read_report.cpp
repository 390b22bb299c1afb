#include "weir/app/read_report.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "weir/app/progress_bar.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/report.hpp"

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;

Json memory_json(const read::ReadMemory& m) {
  return {{"text", m.text},
          {"layout", m.layout},
          {"audio_cache", m.audio_cache},
          {"timings", m.timings},
          {"queue", m.queue},
          {"document_worker", m.document_worker},
          {"voice_worker", m.voice_worker},
          {"engine_retained", m.engine_retained},
          {"unaccounted", m.unaccounted}};
}

Json ahead_json(const read::ReadAheadReport& a) {
  return {{"seconds", a.ahead_s},
          {"lines", a.lines},
          {"epoch", a.epoch},
          {"stale", a.stale},
          {"cache",
           {{"id", a.cache.id},
            {"hits", a.cache.hits},
            {"misses", a.cache.misses},
            {"waits", a.cache.waits},
            {"evictions", a.cache.evictions},
            {"failures", a.cache.failures},
            {"bytes", a.cache.bytes},
            {"peak_bytes", a.cache.peak_bytes},
            {"max_bytes", a.cache.max_bytes}}}};
}

Json book_json(const read::BookReport& b) {
  return {{"id", b.id},
          {"state", b.state},
          {"title", b.title},
          {"author", b.author},
          {"format", b.format},
          {"language", b.language},
          {"voice", b.voice},
          {"rate_hz", b.rate_hz},
          {"chapters", b.chapters},
          {"chapters_kept", b.chapters_kept},
          {"paragraphs", b.paragraphs},
          {"sentences", b.sentences},
          {"words", b.words},
          {"spoken_s", b.spoken_s},
          {"first_sound_ms", b.first_sound_ms},
          {"done", b.done},
          {"ahead", ahead_json(b.ahead)},
          {"memory", memory_json(b.memory)}};
}

std::string duration(double seconds) {
  if (seconds < 60) return fixed(seconds, "%.1f s");
  const double minutes = std::floor(seconds / 60);
  if (minutes < 60) return fixed(minutes, "%.0f min ") + fixed(seconds - 60 * minutes, "%.0f s");
  return fixed(std::floor(minutes / 60), "%.0f h ") + fixed(std::fmod(minutes, 60), "%.0f min");
}

std::string counted(std::uint64_t n, const char* one) { return std::to_string(n) + ' ' + one + (n == 1 ? "" : "s"); }

}  // namespace

std::string read_report(const read::Status& status, bool pretty) {
  const Json section = {{"books", Json::array({book_json(status.book())})}};
  const RunInfo run{.flow = "read", .seconds = status.running().count()};
  return dump(build_report(run, section, collect_core(status.ledger())), pretty);
}

std::string summary(const read::BookReport& b) {
  std::string out = printable(b.id) + ": " + counted(b.chapters, "chapter") + ", " + counted(b.words, "word") + ", " +
                    duration(b.spoken_s) + ", voice " + printable(b.voice);
  if (b.chapters_kept > 0) out += ", " + counted(b.chapters_kept, "chapter") + " were there already";
  if (b.state == "stopped") out += "; stopped before its end, what is not whole was not written";
  return out;
}

std::string progress_text(const read::BookReport& b, double seconds) {
  const double share = static_cast<double>(b.done);
  std::string out = progress_bar(share) + "  chapter " + std::to_string(b.chapters);
  if (seconds >= 0.2) out += fixed(b.spoken_s / seconds, "  %.0fx");
  return out + time_left(share, seconds);
}

}  // namespace weir::app
