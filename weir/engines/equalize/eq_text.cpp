#include "weir/engines/equalize/eq_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

namespace weir::equalize {
namespace {

// A static text: what is wrong and what to do; nullptr: nothing.
using Complaint = const char*;

constexpr Complaint too_many = "is one filter too many; an equalizer has 64 at most";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

// A line with plain spaces and minus signs, which word processors and locales replace.
std::string plain(std::string_view line) {
  std::string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i, 2) == "\xC2\xA0") {
      result += ' ', ++i;
    } else if (line[i] == '\xA0') {
      result += ' ';  // the same in Latin-1
    } else if (line.substr(i, 3) == "\xE2\x88\x92") {
      result += '-', i += 2;
    } else {
      result += line[i];
    }
  }
  return result;
}

// As it may be shown in one line.
std::string quoted(std::string_view line) {
  constexpr std::size_t most = 120;
  std::string result = "\"";
  line = trimmed(line);
  for (const char c : line.substr(0, most)) result += c >= ' ' && c <= '~' ? c : '?';
  return result + (line.size() > most ? "…\"" : "\"");
}

// Words, numbers and nothing else; a number may touch its unit.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(trimmed(text)) {}

  bool empty() const { return rest_.empty(); }
  // The next word in lower case, or nothing where there is none.
  std::string word() {
    std::size_t length = 0;
    while (length < rest_.size() && is_letter(rest_[length])) ++length;
    return lowered(take(length));
  }
  // Takes the next word if it is this one.
  bool next_is(std::string_view expected) {
    const std::string_view before = rest_;
    if (word() == expected) return true;
    rest_ = before;
    return false;
  }
  bool at_number() const {
    return !rest_.empty() && (is_digit(rest_[0]) || std::string_view("+-.,").find(rest_[0]) != std::string_view::npos);
  }
  // `text` is what is wrong with it, if something is.
  Complaint number(double& value) {
    std::size_t length = 0;
    while (length < rest_.size()) {
      const char c = rest_[length];
      const bool exponent = lower(c) == 'e' && length + 1 < rest_.size() &&
                            (is_digit(rest_[length + 1]) || rest_[length + 1] == '-' || rest_[length + 1] == '+');
      if (exponent) {
        length += 2;
        continue;
      }
      if (!is_digit(c) && c != '.' && c != ',' && !(length == 0 && (c == '-' || c == '+'))) break;
      ++length;
    }
    std::string digits(rest_.substr(0, length));
    if (const auto comma = digits.find(','); comma != std::string::npos) {
      if (digits.find('.') != std::string::npos || digits.find(',', comma + 1) != std::string::npos)
        return "a number has one decimal point or comma, and nothing between thousands";
      // 1,000 is one in half of the world and a thousand in the other.
      if (digits.size() - comma == 4 && digits.find_first_not_of("+-0") < comma)
        return "a comma before three digits may mean thousands; write 1000 or 1.0";
      digits[comma] = '.';
    }
    const char* first = digits.data();
    const char* last = first + digits.size();
    if (first != last && *first == '+') ++first;
    const auto [end, error] = std::from_chars(first, last, value);
    if (error != std::errc() || end != last || !std::isfinite(value)) return "a number is expected here";
    take(length);
    return nullptr;
  }

 private:
  std::string_view take(std::size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_ = trimmed(rest_.substr(length));
    return taken;
  }
  std::string_view rest_;
};

struct TypeName {
  std::string_view name;
  Band::Type type;
  bool corner;
};
constexpr std::array type_names = {
    TypeName{"pk", Band::Type::peak, false},        TypeName{"peq", Band::Type::peak, false},
    TypeName{"modal", Band::Type::peak, false},     TypeName{"ls", Band::Type::low_shelf, true},
    TypeName{"lsc", Band::Type::low_shelf, false},  TypeName{"hs", Band::Type::high_shelf, true},
    TypeName{"hsc", Band::Type::high_shelf, false}, TypeName{"lp", Band::Type::low_pass, false},
    TypeName{"lpq", Band::Type::low_pass, false},   TypeName{"hp", Band::Type::high_pass, false},
    TypeName{"hpq", Band::Type::high_pass, false},  TypeName{"bp", Band::Type::band_pass, false},
    TypeName{"no", Band::Type::notch, false},       TypeName{"ap", Band::Type::all_pass, false},
};

// What a filter line gives.
struct Given {
  std::optional<double> fc_hz, gain_db, q, octaves, slope_db;
};

Complaint once(std::optional<double>& given, Tokens& tokens) {
  if (given) return "a value is given twice";
  double value = 0;
  if (const Complaint complaint = tokens.number(value)) return complaint;
  given = value;
  return nullptr;
}

Complaint read_given(Tokens& tokens, Given& given) {
  while (!tokens.empty()) {
    Complaint complaint = nullptr;
    double ignored = 0;
    if (tokens.next_is("fc")) {
      complaint = once(given.fc_hz, tokens);
      if (!complaint && !tokens.next_is("hz")) complaint = "a frequency is written as Fc 105 Hz";
    } else if (tokens.next_is("gain")) {
      complaint = once(given.gain_db, tokens);
      if (!complaint && !tokens.next_is("db")) complaint = "a gain is written as Gain -3.5 dB";
    } else if (tokens.next_is("q")) {
      complaint = once(given.q, tokens);
    } else if (tokens.next_is("bw")) {
      complaint = tokens.next_is("oct") ? once(given.octaves, tokens) : "a bandwidth is written as BW Oct 0.5";
    } else if (tokens.next_is("t")) {
      // Room EQ Wizard's note beside a modal filter; the filter itself is Fc, Gain and Q.
      complaint = tokens.number(ignored);
      if (!complaint && !tokens.next_is("target")) complaint = "is not understood; Fc, Gain, Q and BW Oct are";
      if (!complaint) complaint = tokens.number(ignored);
      if (!complaint && !tokens.next_is("ms")) complaint = "a decay time is written as T60 target 300 ms";
    } else {
      complaint = "is not understood; Fc, Gain, Q and BW Oct are";
    }
    if (complaint) return complaint;
  }
  return nullptr;
}

bool within(std::optional<double> value, double least, double most) {
  return !value || (*value >= least && *value <= most);
}

Complaint check_ranges(const Given& given) {
  if (!given.fc_hz) return "has no frequency; write for example Fc 105 Hz";
  if (!within(given.fc_hz, min_fc_hz, max_fc_hz)) return "Fc is to be within 0.1 and 384000 Hz";
  if (!within(given.gain_db, -max_gain_db, max_gain_db)) return "Gain is to be within -100 and 100 dB";
  if (!within(given.q, min_q, max_q)) return "Q is to be within 0.01 and 1000";
  if (!within(given.octaves, min_octaves, max_octaves)) return "BW Oct is to be within 0.001 and 10";
  if (!within(given.slope_db, 0.1, 12)) return "a shelf's slope is to be within 0.1 and 12 dB per octave";
  if (given.q.has_value() + given.octaves.has_value() + given.slope_db.has_value() > 1)
    return "Q, BW Oct and a slope exclude each other";
  return nullptr;
}

// Shelves as Equalizer APO and Room EQ Wizard mean them: without Q or slope the slope S is 0.9 of the steepest; LS and
// HS with one have their frequency at the corner instead of the middle. S and Q are related as in R. Bristow-Johnson's
// Audio EQ Cookbook.
Complaint make_shelf(const Given& given, bool corner, Band& band) {
  if (!given.gain_db) return "has no gain; write for example Gain 3 dB";
  if (given.octaves) return "a shelf has a Q or a slope, and no BW Oct";
  const double amplitude = std::pow(10.0, band.gain_db / 40);
  const double sum = amplitude + 1 / amplitude;
  double steepness = given.slope_db ? *given.slope_db / 12 : 0.9;
  if (given.q) {
    steepness = 1 / ((1 / (*given.q * *given.q) - 2) / sum + 1);
  } else {
    band.q = 1 / std::sqrt(sum * (1 / steepness - 1) + 2);
  }
  if (corner && (given.q || given.slope_db)) {
    const double factor = std::pow(10.0, std::abs(band.gain_db) / 80 / steepness);
    band.fc_hz = band.type == Band::Type::low_shelf ? band.fc_hz * factor : band.fc_hz / factor;
    if (!within(band.fc_hz, min_fc_hz, max_fc_hz)) return "the middle of this shelf is out of range; use LSC or HSC";
  }
  return nullptr;
}

Complaint make_band(const Given& given, const TypeName& type, Band& band) {
  if (const Complaint complaint = check_ranges(given)) return complaint;
  band.type = type.type;
  band.fc_hz = *given.fc_hz;
  band.gain_db = given.gain_db.value_or(0);
  band.octaves = given.octaves.value_or(0);
  band.q = given.q.value_or(std::numbers::sqrt2 / 2);
  switch (type.type) {
    case Band::Type::low_shelf:
    case Band::Type::high_shelf: return make_shelf(given, type.corner, band);
    case Band::Type::peak:
      if (!given.gain_db) return "has no gain; write for example Gain 3 dB";
      return given.q || given.octaves ? nullptr : "has no width; write for example Q 0.7";
    case Band::Type::all_pass:
      if (!given.q && !given.octaves) return "has no width; write for example Q 0.7";
      break;
    case Band::Type::notch:
      if (!given.q) band.q = 30;
      break;
    default: break;
  }
  return band.gain_db == 0 ? nullptr : "a filter of this type has no gain; take Gain out";
}

class Parser {
 public:
  Complaint line(std::string_view text);
  Complaint end() const {
    return seen_ ? nullptr : "has neither a Filter: nor a Preamp: line; is this equalizer text?";
  }
  EqSettings& settings() { return settings_; }

 private:
  Complaint filter(std::string_view rest);
  Complaint preamp(std::string_view rest);
  Complaint channel(std::string_view rest);
  bool is_heading(std::string_view text, std::string_view key, bool has_colon);

  EqSettings settings_;
  Band::Side side_ = Band::Side::both;
  bool seen_ = false;
  bool after_equaliser_ = false;  // the next line may be the name of a measurement
};

Complaint Parser::line(std::string_view raw) {
  const std::string line = plain(raw);
  const std::string_view text = trimmed(line);
  if (text.empty() || text.front() == '#') return nullptr;
  const auto colon = text.find(':');
  const std::string key = lowered(trimmed(text.substr(0, colon)));
  const std::string_view rest = colon == std::string_view::npos ? "" : trimmed(text.substr(colon + 1));
  const bool has_colon = colon != std::string_view::npos;
  if (is_heading(text, key, has_colon)) return nullptr;
  if (!has_colon) return "is no line of an equalizer; Preamp:, Filter: and Channel: are, and # starts a comment";

  Tokens head(key);
  if (head.next_is("filter")) {
    double number = 0;
    if (head.empty() || (head.number(number) == nullptr && head.empty())) return filter(rest);
  }
  if (key == "preamp") return preamp(rest);
  if (key == "channel") return channel(rest);
  if (key == "device") {
    return lowered(rest) == "all" ? nullptr
                                  : "which lines are for which device is not known here; keep those that count";
  }
  if (key == "stage") return lowered(rest) == "post-mix" ? nullptr : "of stages, only post-mix is known here";
  if (key == "graphiceq") return "GraphicEQ is another format; export this equalizer as parametric (Filter: lines)";
  if (key == "include") return "other files are not read from here; put their lines in its place";
  return "is not understood; Preamp:, Filter: and Channel: are, and # starts a comment";
}

// The top of a Room EQ Wizard export: two lines without a colon, notes, and the name of the measurement.
bool Parser::is_heading(std::string_view text, std::string_view key, bool has_colon) {
  const bool named = std::exchange(after_equaliser_, false) && !has_colon && key.substr(0, 6) != "filter";
  if (has_colon) {
    after_equaliser_ = key == "equaliser";
    return key == "equaliser" || key == "dated" || key == "notes";
  }
  return named || key == "filter settings file" || lowered(text.substr(0, 9)) == "room eq v";
}

Complaint Parser::filter(std::string_view rest) {
  seen_ = true;
  Tokens tokens(rest);
  if (tokens.next_is("off")) return nullptr;
  if (!tokens.next_is("on")) return "after Filter: comes ON or OFF";
  const std::string name = tokens.word();
  if (name == "none" && tokens.empty()) return nullptr;
  const auto* type =
      std::find_if(type_names.begin(), type_names.end(), [&](const TypeName& one) { return one.name == name; });
  if (type == type_names.end())
    return "this type of filter is not known; PK, LS, LSC, HS, HSC, LP, LPQ, HP, HPQ, BP, NO and AP are";

  Given given;
  if (tokens.at_number()) {
    if (type->type != Band::Type::low_shelf && type->type != Band::Type::high_shelf)
      return "only a shelf has a slope; after the type comes Fc";
    if (const Complaint complaint = once(given.slope_db, tokens)) return complaint;
    if (!tokens.next_is("db")) return "a shelf's slope is written as LSC 12 dB";
  }
  if (const Complaint complaint = read_given(tokens, given)) return complaint;
  Band band;
  band.side = side_;
  if (const Complaint complaint = make_band(given, *type, band)) return complaint;
  if (settings_.bands.size() == max_bands) return too_many;
  settings_.bands.push_back(band);
  return nullptr;
}

Complaint Parser::preamp(std::string_view rest) {
  seen_ = true;
  Tokens tokens(rest);
  double db = 0;
  if (const Complaint complaint = tokens.number(db)) return complaint;
  if (!tokens.next_is("db") || !tokens.empty()) return "a preamp is written as Preamp: -6.2 dB";
  double& sum = side_ == Band::Side::both   ? settings_.preamp_db
                : side_ == Band::Side::left ? settings_.side_preamp_db[0]
                                            : settings_.side_preamp_db[1];
  sum += db;
  return within(sum, -max_gain_db, max_gain_db) ? nullptr : "Preamp is to be within -100 and 100 dB, all together";
}

Complaint Parser::channel(std::string_view rest) {
  bool left = false, right = false;
  std::string names = lowered(rest);
  std::replace(names.begin(), names.end(), '\t', ' ');
  for (std::string_view some = trimmed(names); !some.empty();) {
    const std::string_view name = some.substr(0, some.find(' '));
    some = trimmed(some.substr(name.size()));
    if (name != "l" && name != "1" && name != "r" && name != "2" && name != "all")
      return "headphones have the channels L and R (1 and 2), and all; what is for others cannot be applied";
    left = left || name == "l" || name == "1" || name == "all";
    right = right || name == "r" || name == "2" || name == "all";
  }
  if (!left && !right) return "names no channel; write Channel: L, Channel: R or Channel: all";
  side_ = left && right ? Band::Side::both : left ? Band::Side::left : Band::Side::right;
  return nullptr;
}

}  // namespace

Result<EqSettings> parse_eq(std::string_view text, const std::string& name) {
  if (text.size() > max_eq_text_bytes) return fail(Code::exhausted, "is larger than any equalizer text (1 MiB)", name);
  if (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF")
    return fail(Code::invalid, "is UTF-16 text; save it as UTF-8", name);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);

  Parser parser;
  for (int number = 1; !text.empty(); ++number) {
    const auto length = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (const Complaint complaint = parser.line(line)) {
      const Code code = complaint == too_many ? Code::exhausted : Code::invalid;
      return fail(code, complaint, name + ":" + std::to_string(number), quoted(line));
    }
  }
  if (const Complaint complaint = parser.end()) return fail(Code::invalid, complaint, name);
  return std::move(parser.settings());
}

}  // namespace weir::equalize
