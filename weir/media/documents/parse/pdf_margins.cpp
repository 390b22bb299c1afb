#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "weir/media/documents/parse/pdf_layout.hpp"

namespace weir::documents::pdf {
namespace {

// A head or foot is one of the outermost rows in the outer quarter of the page.
constexpr std::size_t outer_rows = 2;
constexpr float outer_part = 0.25F;
constexpr float same_place = 3;  // points

std::optional<int> roman(std::string_view word) {
  constexpr std::string_view letters = "ivxlcdm";
  constexpr std::array<int, 7> values{1, 5, 10, 50, 100, 500, 1000};
  if (word.empty() || word.size() > 8) return std::nullopt;
  int sum = 0;
  int last = 0;
  for (const char c : word) {
    const auto at = letters.find(static_cast<char>(c | 0x20));
    if (at == std::string_view::npos) return std::nullopt;
    const int value = values[at];
    sum += value > last ? value - 2 * last : value;
    last = value;
  }
  return sum;
}

// A line as words and numbers: "12 | The Whale" is "# | The Whale" and 12.
struct Shape {
  std::string text;
  std::vector<int> numbers;
  std::optional<int> first, last;  // where the line begins or ends with a number
  bool number_alone = false;
};

std::optional<int> number_of(std::string_view word) {
  constexpr std::string_view around = "-[](){}|.,:/ ";
  while (!word.empty() && around.find(word.front()) != std::string_view::npos) word.remove_prefix(1);
  while (!word.empty() && around.find(word.back()) != std::string_view::npos) word.remove_suffix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc() && end == word.data() + word.size() && value >= 0) return value;
  return std::nullopt;
}

bool has_letter(std::string_view word) {
  // U+2010 to U+2027: dashes, bullets and dots, which stand around page numbers.
  if (word.size() == 3 && word.starts_with("\xE2\x80")) return false;
  return word == "\xC2\xB7" ? false : std::any_of(word.begin(), word.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0x80) != 0 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

bool says_page(std::string_view word) {
  constexpr std::array<std::string_view, 16> words{"Page",   "page", "PAGE", "Seite", "seite", "S.", "p.",     "pg.",
                                                   "página", "Pág.", "of",   "von",   "de",    "/",  "pagina", "sur"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

Shape shape_of(const Line& line) {
  Shape shape;
  bool alone = true;
  for (std::size_t i = 0; i < line.words.size(); ++i) {
    const std::string& word = line.words[i].text;
    auto number = number_of(word);
    const bool outermost = i == 0 || i + 1 == line.words.size();
    if (!number && outermost) number = roman(word);
    if (number) {
      shape.numbers.push_back(*number);
      shape.text += '#';
      if (i == 0) shape.first = number;
      if (i + 1 == line.words.size()) shape.last = number;
    } else {
      alone = alone && (!has_letter(word) || says_page(word));
      shape.text += word;
    }
    shape.text += ' ';
  }
  shape.number_alone = alone && !shape.numbers.empty();
  return shape;
}

// A heading that counts on facing pages is a heading.
bool names_chapter(const Line& line) {
  constexpr std::array<std::string_view, 10> names{"chapter",  "part",     "book", "section", "kapitel",
                                                   "chapitre", "capítulo", "teil", "act",     "letter"};
  std::string word = line.words.front().text;
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return std::find(names.begin(), names.end(), word) != names.end();
}

enum class Zone { none, head, foot };

std::vector<Zone> zones_of(const Page& page) {
  std::vector<Zone> zones(page.lines.size(), Zone::none);
  std::vector<std::size_t> order(page.lines.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto box = [&page](std::size_t i) -> const Box& { return page.lines[i].box; };
  for (const Zone zone : {Zone::head, Zone::foot}) {
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return zone == Zone::head ? box(a).middle() < box(b).middle() : box(a).middle() > box(b).middle();
    });
    std::size_t row = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0 && box(order[i]).beside(box(order[i - 1])) < 0.5F) ++row;
      if (row >= outer_rows) break;
      const float place = box(order[i]).middle() / page.height;
      if (zone == Zone::head ? place < outer_part : place > 1 - outer_part) zones[order[i]] = zone;
    }
  }
  return zones;
}

bool counts(const Shape& here, const Shape& there, int distance) {
  for (const auto& a : {here.first, here.last}) {
    for (const auto& b : {there.first, there.last}) {
      if (a && b && *b - *a == distance) return true;
    }
  }
  return false;
}

bool runs(const Line& line, const Line& other, int distance) {
  if (std::abs(line.box.bottom - other.box.bottom) > same_place || std::abs(line.size - other.size) > 0.6F)
    return false;
  const Shape here = shape_of(line), there = shape_of(other);
  if (here.text == there.text && here.numbers == there.numbers) return true;
  return !(here.numbers.size() == 1 && names_chapter(line)) && counts(here, there, distance);
}

// A page's own number, or a number far below the text.
bool is_page_number(const Page& page, std::size_t index, int number) {
  const Line& line = page.lines[index];
  const Shape shape = shape_of(line);
  if (!shape.number_alone || shape.numbers.empty()) return false;
  if (shape.numbers.front() == number) return true;
  float above = 0;
  for (std::size_t i = 0; i < page.lines.size(); ++i) {
    if (i == index) continue;
    if (page.lines[i].box.bottom > line.box.top) return false;
    above = std::max(above, page.lines[i].box.bottom);
  }
  return line.box.top - above > 2 * line.size;
}

}  // namespace

Page without_margins(const Page& page, int number, std::span<const Neighbour> neighbours) {
  if (page.lines.empty()) return page;
  const float body = body_size(page.lines);
  const auto zones = zones_of(page);
  Page kept = page;
  kept.lines.clear();
  std::vector<Line> words_gone;
  std::size_t most = 0;
  for (const Neighbour& n : neighbours) most = std::max(most, n.page->lines.size());
  for (std::size_t i = 0; i < page.lines.size(); ++i) {
    const Line& line = page.lines[i];
    bool gone = zones[i] != Zone::none && is_page_number(page, i, number);
    // A head in larger letters than the text is a title, also where every page has one.
    if (!gone && zones[i] != Zone::none && line.size < 1.2F * std::max(body, 1.0F)) {
      for (const Neighbour& n : neighbours) {
        const auto same = [&](const Line& other) { return runs(line, other, n.distance); };
        gone = gone || std::any_of(n.page->lines.begin(), n.page->lines.end(), same);
      }
      if (gone) words_gone.push_back(line);
    }
    if (!gone) kept.lines.push_back(line);
  }
  // Pages that hold nothing else, such as slides with a line each: then that is the text.
  if (kept.lines.empty() && most <= page.lines.size()) kept.lines = std::move(words_gone);
  return kept;
}

}  // namespace weir::documents::pdf
