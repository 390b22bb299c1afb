// For tests: a whole book, read.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/paragraphs.hpp"

namespace weir::documents {

// How GoogleTest shows it, under the name that it looks for.
// NOLINTNEXTLINE(readability-identifier-naming)
inline void PrintTo(const Paragraph& p, std::ostream* out) { *out << '"' << p.text << '"'; }

namespace test {

inline std::vector<Paragraph> chapter_of(Book& book) {
  std::vector<Paragraph> out;
  for (;;) {
    auto raw = book.next();
    if (!raw) {
      ADD_FAILURE() << raw.error().line();
      return out;
    }
    if (!*raw) return out;
    for (Paragraph& p : paragraphs_of(**raw, book.info().language)) out.push_back(std::move(p));
  }
}

struct ReadBook {
  ReadBook(std::string its_file, const std::string& name) : file(std::move(its_file)) {
    auto book = open_book(std::as_bytes(std::span(file)), {name, ""});
    if (!book) {
      ADD_FAILURE() << book.error().line();
      return;
    }
    info = (*book)->info();
    chapters = *(*book)->chapters();
    for (std::uint32_t i = 0; (*book)->seek(i); ++i) by_chapter.push_back(chapter_of(**book));
    EXPECT_EQ(by_chapter.size(), chapters.size());
  }

  std::vector<Paragraph> paragraphs() const {
    std::vector<Paragraph> out;
    for (const auto& chapter : by_chapter) out.insert(out.end(), chapter.begin(), chapter.end());
    return out;
  }
  // All of it, a line for each paragraph.
  std::string text() const {
    std::string out;
    for (const Paragraph& p : paragraphs()) out += p.text + '\n';
    return out;
  }
  std::vector<std::string> sentences() const {
    std::vector<std::string> out;
    for (const Paragraph& p : paragraphs()) {
      for (const Sentence& s : p.sentences) out.push_back(p.text.substr(s.text.begin, s.text.end - s.text.begin));
    }
    return out;
  }
  // Of UTF-8 files: each word's bytes are the word, but for what is not seen.
  void expect_places() const {
    for (const Paragraph& p : paragraphs()) {
      for (const Word& w : p.words) {
        std::string there = file.substr(w.source.begin, w.source.end - w.source.begin);
        for (const std::string hidden : {"\u00ad", "\r", "\n"}) {
          for (std::size_t at; (at = there.find(hidden)) != std::string::npos;) there.erase(at, hidden.size());
        }
        std::erase(there, ' ');
        ASSERT_EQ(there, p.text.substr(w.text.begin, w.text.end - w.text.begin));
      }
    }
  }

  std::string file;
  Info info;
  std::vector<Chapter> chapters;
  std::vector<std::vector<Paragraph>> by_chapter;
};

}  // namespace test
}  // namespace weir::documents
