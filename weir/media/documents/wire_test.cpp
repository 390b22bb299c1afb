#include "weir/media/documents/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace weir::documents::wire {
namespace {

Batch sample() {
  Paragraph plain{Kind::quote, 0, false, "One word. Zwei W\u00f6rter.", "de-AT", "", {}, {}};
  plain.words = {{{0, 3}, {.begin = 100, .end = 103}},
                 {{4, 8}, {.begin = 90, .end = 94}},
                 {{10, 14}, {}},
                 {{15, 22}, {.page = 7, .left = 1.5F, .top = 2, .right = 3, .bottom = 4}}};
  plain.sentences = {{{0, 9}, 0, 2}, {{10, 23}, 2, 2}};
  Paragraph heading{Kind::heading, 2, true, "\u05d0", "he", "a.html#/html/body/h2", {{{0, 2}, {}}}, {{{0, 2}, 0, 1}}};
  Batch batch;
  batch.paragraphs = {{{3, 4}, plain}, {{4, 0}, heading}};
  batch.next = Position{4, 1};
  batch.done = 0.25F;
  return batch;
}

std::vector<std::byte> packed_batch(const Batch& batch) {
  std::vector<std::byte> bytes(max_answer_bytes);
  bytes.resize(*pack(batch, bytes));
  return bytes;
}

TEST(DocumentWire, WhatIsPackedComesBack) {
  const Batch batch = sample();
  const auto back = batch_of(packed_batch(batch), {3, 4});
  ASSERT_TRUE(back) << back.error().line();
  EXPECT_EQ(*back, batch);
  const Info info{"EPUB 3", "T\u00eftle", "A", "en"};
  std::vector<std::byte> room(1000);
  const auto bytes = pack(info, room);
  EXPECT_EQ(*info_of(std::span(room).first(*bytes)), info);
  const auto job = job_of(packed(Job{"x.pdf", "secret"}));
  EXPECT_EQ(job->name + job->password, "x.pdfsecret");
}

TEST(DocumentWire, ChaptersComeInParts) {
  std::vector<Chapter> all, back;
  for (int i = 0; i < 100; ++i) all.push_back({"Chapter " + std::to_string(i), static_cast<std::uint8_t>(1 + i % 3)});
  std::vector<std::byte> room(100);
  for (std::size_t count = 0; count < all.size();) {
    const std::size_t bytes = pack(std::span(all).subspan(count), room, count);
    const auto some = chapters_of(std::span(room).first(bytes));
    ASSERT_TRUE(some);
    back.insert(back.end(), some->begin(), some->end());
  }
  EXPECT_EQ(back, all);
}

TEST(DocumentWire, NoParagraphOutgrowsAnAnswer) {
  Paragraph p;
  for (std::uint32_t i = 0; i < 4096; ++i) {
    p.text += "abc ";
    p.words.push_back({{4 * i, 4 * i + 3}, {.page = 100000, .left = 1, .top = 1, .right = 1, .bottom = 1}});
    p.sentences.push_back({{4 * i, 4 * i + 3}, i, 1});
  }
  p.element.assign(1100, 'x');
  Batch batch;
  batch.paragraphs = {{{0xFFFFFFFF, 0xFFFFFFFE}, p}};
  EXPECT_EQ(batch_of(packed_batch(batch), {})->paragraphs[0].paragraph, p);
  EXPECT_EQ(pack(batch, std::span<std::byte>()).error().code, Code::exhausted);
}

struct Lie {
  const char* what;
  void (*tell)(Batch&);
};

TEST(DocumentWire, LiesAreNotBelieved) {
  const std::vector<Lie> lies{
      {"a word behind the end", [](Batch& b) { b.paragraphs[0].paragraph.words[3].text.end = 100; }},
      {"a word within a character", [](Batch& b) { b.paragraphs[0].paragraph.words[3].text.end = 17; }},
      {"an empty word", [](Batch& b) { b.paragraphs[0].paragraph.words[0].text.end = 0; }},
      {"a word outside its sentence", [](Batch& b) { b.paragraphs[0].paragraph.sentences[0].text.end = 7; }},
      {"a word in no sentence", [](Batch& b) { b.paragraphs[0].paragraph.sentences.pop_back(); }},
      {"a sentence without a word",
       [](Batch& b) { b.paragraphs[0].paragraph.sentences = {{{0, 9}, 0, 4}, {{10, 23}, 4, 0}}; }},
      {"no words at all",
       [](Batch& b) { b.paragraphs[0].paragraph.words.clear(), b.paragraphs[0].paragraph.sentences.clear(); }},
      {"no UTF-8", [](Batch& b) { b.paragraphs[0].paragraph.text[17] = '\xFF'; }},
      {"a control character", [](Batch& b) { b.paragraphs[0].paragraph.text[3] = '\x1B'; }},
      {"a language that is none", [](Batch& b) { b.paragraphs[0].paragraph.language = "../x"; }},
      {"an unknown kind", [](Batch& b) { b.paragraphs[0].paragraph.kind = static_cast<Kind>(99); }},
      {"a heading of level 7", [](Batch& b) { b.paragraphs[1].paragraph.level = 7; }},
      {"a box of no size", [](Batch& b) { b.paragraphs[0].paragraph.words[3].source.left = NAN; }},
      {"the order", [](Batch& b) { b.paragraphs[1].at = {3, 4}; }},
      {"what was not asked for", [](Batch& b) { b.paragraphs[0].at = {3, 3}; }},
      {"no way on", [](Batch& b) { b.next = Position{4, 0}; }},
      {"nothing, but more of it", [](Batch& b) { b.paragraphs.clear(); }},
      {"more than all", [](Batch& b) { b.done = 2; }},
      {"less than nothing", [](Batch& b) { b.done = NAN; }},
  };
  for (const Lie& lie : lies) {
    Batch batch = sample();
    lie.tell(batch);
    const auto back = batch_of(packed_batch(batch), {3, 4});
    ASSERT_FALSE(back) << lie.what;
    EXPECT_EQ(back.error().code, Code::corrupt);
  }
}

TEST(DocumentWire, AnyBytesAreSafe) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const auto good = packed_batch(sample());
  for (int i = 0; i < 20000; ++i) {
    auto bytes = good;
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    bytes.resize(random() % 3 == 0 ? random() % bytes.size() : bytes.size());
    if (const auto back = batch_of(bytes, {3, 4})) {
      for (const Placed& p : back->paragraphs) ASSERT_FALSE(p.paragraph.words.empty()) << "seed " << seed;
    }
    (void)info_of(bytes);
    (void)chapters_of(bytes);
    (void)job_of(bytes);
  }
}

}  // namespace
}  // namespace weir::documents::wire
