#include "weir/flows/read/dump.hpp"

#include <cstring>
#include <string>
#include <utility>

namespace weir::read {
namespace {

constexpr std::size_t write_bytes = 1 << 16;

// RFC 8259. What is in documents is valid UTF-8.
void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_number(std::string& out, const char* name, std::int64_t value) {
  out += ",\"";
  out += name;
  out += "\":";
  out += std::to_string(value);
}

class Dump final : public Sink {
 public:
  explicit Dump(std::optional<media::PartFile> file) : file_(std::move(file)) {}

  Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t>) override {
    for (std::size_t i = 0; i < line.words.size(); ++i) {
      text_ += "{\"word\":";
      append_text(text_, line.word(i));
      append_number(text_, "start", times.words[i].start);
      append_number(text_, "end", times.words[i].end);
      append_number(text_, "chapter", std::int64_t{line.at.chapter} + 1);
      append_number(text_, "paragraph", std::int64_t{line.at.paragraph} + 1);
      append_number(text_, "sentence", std::int64_t{line.sentence} + 1);
      text_ += ",\"source\":";
      append_text(text_, place_of(*line.paragraph, line.paragraph->words[line.words[i]]));
      text_ += "}\n";
    }
    return text_.size() < write_bytes ? Result<void>() : write();
  }

  Result<void> commit() override {
    if (auto written = write(); !written) return written;
    return file_ ? file_->commit() : Result<void>();
  }

 private:
  Result<void> write() {
    Result<void> written;
    if (file_) {
      written = file_->append(std::as_bytes(std::span(text_)));
    } else if (std::fwrite(text_.data(), 1, text_.size(), stdout) != text_.size() || std::fflush(stdout) != 0) {
      written = fail(Code::closed, "standard output takes no more", "--dump", std::strerror(errno));
    }
    text_.clear();
    return written;
  }

  std::optional<media::PartFile> file_;  // none: standard output
  std::string text_;
};

std::string page_place(const documents::Source& source) {
  char text[128];
  std::snprintf(text, sizeof text, "page %u box %.1f,%.1f,%.1f,%.1f", source.page, static_cast<double>(source.left),
                static_cast<double>(source.top), static_cast<double>(source.right), static_cast<double>(source.bottom));
  return text;
}

}  // namespace

std::string place_of(const documents::Paragraph& paragraph, const documents::Word& word) {
  if (word.source.page > 0) return page_place(word.source);
  return (paragraph.element.empty() ? "bytes" : paragraph.element) + ' ' + std::to_string(word.source.begin) + '-' +
         std::to_string(word.source.end);
}

Result<std::unique_ptr<Sink>> make_dump(const std::filesystem::path& path) {
  if (path == "-") return std::make_unique<Dump>(std::nullopt);
  auto file = media::PartFile::open(path, media::Existing::replaced);
  if (!file) return tl::unexpected(file.error());
  return std::make_unique<Dump>(std::move(*file));
}

}  // namespace weir::read
