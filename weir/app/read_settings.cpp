#include "weir/app/read_settings.hpp"

namespace weir::app {

read::ReadOptions read_options(const Settings& s) {
  read::ReadOptions out;
  out.voice = s.text("read.voice");
  out.language = s.text("read.language");
  out.speed = s.number("read.speed");
  out.gaps = {.sentence_s = s.number("read.sentence_gap_s"),
              .paragraph_s = s.number("read.paragraph_gap_s"),
              .chapter_s = s.number("read.chapter_gap_s")};
  out.skips = {.footnotes = s.boolean("read.skip_footnotes"),
               .tables = s.boolean("read.skip_tables"),
               .code = s.boolean("read.skip_code"),
               .urls = s.boolean("read.skip_urls")};
  out.dictionary = s.text("read.dictionary");
  out.chapter_format = s.text("read.chapter_format");
  out.ahead_s = s.number("read.ahead_s");
  out.cache_bytes = s.bytes("read.cache_max");
  out.voice_high_water_bytes = s.bytes("read.voice_memory_max");
  out.attempts = static_cast<int>(s.integer("supervisor.max_restarts"));
  return out;
}

}  // namespace weir::app
