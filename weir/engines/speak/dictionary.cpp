#include "weir/engines/speak/dictionary.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace weir::speak {
namespace {

constexpr std::int64_t regex_bytes = 1 << 20;  // for one rule at most, compiled and at work
constexpr int most_groups = 10;                // \0 to \9

struct Rule {
  std::unique_ptr<RE2> written;
  std::string said;  // empty: skipped
  bool whole_words = false;
  bool rewrites = false;  // `said` names groups
};

struct Match {
  Range text;
  std::array<re2::StringPiece, most_groups> groups;
};

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word) || text.size() == word.size()) return false;
  if (text[word.size()] != ' ' && text[word.size()] != '\t') return false;
  text = trimmed(text.substr(word.size()));
  return true;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

// As it may be shown in one line.
std::string quoted(std::string_view line) {
  std::size_t most = std::min<std::size_t>(line.size(), 120);
  while (most < line.size() && continues(line[most])) --most;
  std::string result = "\"";
  for (const char c : line.substr(0, most)) result += c >= '\0' && c < ' ' ? '?' : c;
  return result + (line.size() > most ? "…\"" : "\"");
}

// The character that begins at, or ends before, `at`.
re2::StringPiece character_at(std::string_view text, std::size_t at) {
  std::size_t end = std::min(at + 1, text.size());
  while (end < text.size() && continues(text[end])) ++end;
  return {text.data() + at, end - at};
}
re2::StringPiece character_before(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && continues(text[--begin])) {
  }
  return {text.data() + begin, at - begin};
}

bool is_letter(const re2::StringPiece& character) {
  static const RE2 letter("[\\pL\\pN\\pM]");
  return RE2::FullMatch(character, letter);
}

bool stands_alone(std::string_view text, const Range& match) {
  return !is_letter(character_before(text, match.begin)) && !is_letter(character_at(text, match.end));
}

std::optional<Match> find(const Rule& rule, std::string_view text, std::size_t from) {
  Match match;
  const int groups = rule.rewrites ? 1 + RE2::MaxSubmatch(rule.said) : 1;
  while (from < text.size() && rule.written->Match({text.data(), text.size()}, from, text.size(), RE2::UNANCHORED,
                                                   match.groups.data(), groups)) {
    const auto begin = static_cast<std::uint32_t>(match.groups[0].data() - text.data());
    match.text = {begin, static_cast<std::uint32_t>(begin + match.groups[0].size())};
    // A match of nothing is none: there would be one at every place.
    if (!match.groups[0].empty() && (!rule.whole_words || stands_alone(text, match.text))) return match;
    from = begin + std::max<std::size_t>(character_at(text, begin).size(), 1);
  }
  return std::nullopt;
}

using Complaint = tl::unexpected<Error>;

Result<Rule> parse_rule(std::string_view line, const std::string& place) {
  const auto complain = [&](const char* what, const std::string& why = {}) -> Complaint {
    return fail(Code::invalid, what, place, quoted(line) + (why.empty() ? "" : ": " + why));
  };
  std::string_view rest = line;
  const bool skip = take_word(rest, "skip"), minds_case = take_word(rest, "case");
  const std::size_t colon = rest.find(':');
  const std::string_view kind = colon == rest.npos ? std::string_view() : trimmed(rest.substr(0, colon));
  if (kind != "word" && kind != "anywhere" && kind != "regex") {
    return complain(
        "is no rule; write \"word: as written = as said\", or anywhere: or regex: instead of word:, "
        "with skip or case (in this order) before it");
  }
  rest = trimmed(rest.substr(colon + 1));
  Rule rule;
  if (!skip) {
    const std::size_t equals = rest.find(" = ");
    if (equals == rest.npos) {
      return complain("does not say how it is said; write \" = \" and that, or skip before the rule");
    }
    rule.said = trimmed(rest.substr(equals + 3));
    rest = trimmed(rest.substr(0, equals));
  }
  if (rest.empty()) return complain("does not say what is written; write that after the colon");
  rule.whole_words = kind == "word";
  rule.rewrites = kind == "regex" && !skip;
  RE2::Options options;
  options.set_case_sensitive(minds_case);
  options.set_literal(kind != "regex");
  options.set_log_errors(false);
  options.set_max_mem(regex_bytes);
  rule.written = std::make_unique<RE2>(re2::StringPiece(rest.data(), rest.size()), options);
  if (!rule.written->ok()) {
    return complain(kind == "regex" ? "is no regular expression that RE2 knows; its syntax is RE2's"
                                    : "cannot be looked for; write it in UTF-8",
                    rule.written->error());
  }
  std::string why;
  if (rule.rewrites && !rule.written->CheckRewriteString(rule.said, &why)) {
    return complain("says what its brackets do not give; \\1 is the first bracket's, \\\\ a backslash", why);
  }
  return rule;
}

}  // namespace

struct Dictionary::Rules {
  std::vector<Rule> all;
};

Result<Dictionary> Dictionary::parse(std::string_view text, const std::string& name) {
  if (text.size() > max_dictionary_bytes)
    return fail(Code::exhausted, "has more than 1 MiB; split the dictionary", name);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  auto rules = std::make_shared<Rules>();
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string place = name + ":" + std::to_string(number);
    if (rules->all.size() == max_dictionary_rules) {
      return fail(Code::exhausted, "is one rule too many; a dictionary has 5000 at most", place);
    }
    auto rule = parse_rule(line, place);
    if (!rule) return tl::unexpected(std::move(rule.error()));
    rules->all.push_back(std::move(*rule));
  }
  return Dictionary(std::move(rules));
}

std::size_t Dictionary::rules() const noexcept { return rules_->all.size(); }

Spoken Dictionary::apply(const Spoken& spoken) const {
  const std::string& text = spoken.utterance.text;
  // Of each rule that matches at all, where next: looked for again only when another has taken that place.
  std::vector<std::pair<const Rule*, Match>> next;
  for (const Rule& rule : rules_->all) {
    if (auto match = find(rule, text, 0)) next.emplace_back(&rule, *match);
  }
  std::vector<Edit> edits;
  while (!next.empty()) {
    const auto first = std::min_element(next.begin(), next.end(), [](const auto& a, const auto& b) {
      return a.second.text.begin < b.second.text.begin;
    });
    const auto& [by, match] = *first;
    Edit edit{match.text, by->said};
    if (by->rewrites) {
      edit.said.clear();
      by->written->Rewrite(&edit.said, by->said, match.groups.data(), 1 + RE2::MaxSubmatch(by->said));
    }
    const std::uint32_t end = match.text.end;
    edits.push_back(std::move(edit));
    std::erase_if(next, [&](auto& candidate) {
      auto& [rule, where] = candidate;
      if (where.text.begin >= end) return false;
      const auto again = find(*rule, text, end);
      if (again) where = *again;
      return !again;
    });
  }
  return rewrite(spoken, edits);
}

}  // namespace weir::speak
