// A word and when it is heard.
#pragma once

#include <cstdint>

#include "weir/media/documents/document.hpp"

namespace weir::media {

struct TimedWord {
  documents::Range text;            // of the sentence's or paragraph's
  std::int64_t start = 0, end = 0;  // in samples
  bool operator==(const TimedWord&) const = default;
};

}  // namespace weir::media
