#include "weir/media/audiobook/m4b_wire.hpp"

#include <utility>

namespace weir::media::m4b {

std::vector<std::byte> payload_of(const AudiobookInfo& info, Question& question) {
  std::vector<std::byte> payload;
  const auto put = [&](std::string_view text) {
    const auto bytes = std::as_bytes(std::span(first_bytes(text, max_text_bytes)));
    payload.insert(payload.end(), bytes.begin(), bytes.end());
    return static_cast<std::uint32_t>(bytes.size());
  };
  question.title_bytes = put(info.title);
  question.author_bytes = put(info.author);
  question.language_bytes = put(info.language);
  payload.insert(payload.end(), info.cover.begin(), info.cover.end());
  return payload;
}

Result<AudiobookInfo> info_of(const Question& question, std::span<const std::byte> payload) {
  AudiobookInfo info;
  for (const auto& [text, bytes] : {std::pair(&info.title, question.title_bytes),
                                    {&info.author, question.author_bytes},
                                    {&info.language, question.language_bytes}}) {
    if (bytes > payload.size()) return fail(Code::corrupt, "a book whose parts do not fit it");
    text->assign(reinterpret_cast<const char*>(payload.data()), bytes);
    payload = payload.subspan(bytes);
  }
  info.cover.assign(payload.begin(), payload.end());
  return info;
}

}  // namespace weir::media::m4b
