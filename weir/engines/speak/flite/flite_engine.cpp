#include "weir/engines/speak/flite/flite_engine.hpp"

#include <flite.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "weir/engines/speak/ascii.hpp"

extern "C" {
cst_voice* register_cmu_us_kal(const char*);
cst_voice* register_cmu_us_kal16(const char*);
cst_voice* register_cmu_us_awb(const char*);
cst_voice* register_cmu_us_rms(const char*);
cst_voice* register_cmu_us_slt(const char*);
}

namespace weir::speak {
namespace {

struct Known {
  const char* name;
  cst_voice* (*make)(const char*);
  int rate_hz;
};
constexpr std::array<Known, 5> known{{{"kal", register_cmu_us_kal, 8000},
                                      {"kal16", register_cmu_us_kal16, 16000},
                                      {"awb", register_cmu_us_awb, 16000},
                                      {"rms", register_cmu_us_rms, 16000},
                                      {"slt", register_cmu_us_slt, 16000}}};

bool is_english(std::string_view language) {
  const auto same = [&](std::size_t i, char c) { return std::tolower(static_cast<unsigned char>(language[i])) == c; };
  return language.empty() || (language.size() >= 2 && same(0, 'e') && same(1, 'n') &&
                              (language.size() == 2 || language[2] == '-' || language[2] == '_'));
}

// While flite makes the sound: does anybody still want it?
int ask(const cst_wave* /*wave*/, int /*start*/, int /*count*/, int /*last*/, cst_audio_streaming_info* info) {
  return static_cast<Listener*>(info->userdata)->sound({}) ? CST_AUDIO_STREAM_CONT : CST_AUDIO_STREAM_STOP;
}

// kal was recorded with the noise of its room, which is in its pauses. They become silence, so that they can be found.
void silence_pauses(const cst_utterance* utterance, std::span<std::int16_t> samples, int rate_hz) {
  float before = 0;
  const cst_item* segment = relation_head(utt_relation(const_cast<cst_utterance*>(utterance), "Segment"));
  for (; segment != nullptr; segment = item_next(segment)) {
    const float end = std::max(item_feat_float(segment, "end"), before);
    if (std::string_view(item_feat_string(segment, "name")) == "pau") {
      const auto sample = [&](float s) {
        return std::min(static_cast<std::size_t>(s * static_cast<float>(rate_hz)), samples.size());
      };
      const std::size_t last = item_next(segment) == nullptr ? samples.size() : sample(end);
      std::fill(samples.begin() + static_cast<std::ptrdiff_t>(sample(before)),
                samples.begin() + static_cast<std::ptrdiff_t>(std::max(last, sample(before))), std::int16_t{0});
    }
    before = end;
  }
}

// Where the first sound of a word begins, in seconds; negative: it has none.
float start_of(const cst_item* word) {
  const cst_item* const syllable = item_daughter(item_as(word, "SylStructure"));
  const cst_item* const segment = syllable != nullptr ? item_as(item_daughter(syllable), "Segment") : nullptr;
  if (segment == nullptr) return -1;
  const cst_item* const before = item_prev(segment);
  return before != nullptr ? item_feat_float(before, "end") : 0;
}

// Tokens are pieces of the text, in order. Where flite itself says they are is off by one here and there.
void tell_words(const cst_utterance* utterance, const Ascii& ascii, int rate_hz, Listener& listener) {
  std::size_t at = 0;
  const cst_item* token = relation_head(utt_relation(const_cast<cst_utterance*>(utterance), "Token"));
  for (; token != nullptr; token = item_next(token)) {
    const std::string_view name = item_feat_string(token, "name");
    const std::size_t found = ascii.text.find(name, at);
    if (found == std::string::npos) continue;
    at = found + name.size();
    // A number has several; the first that sounds is its beginning.
    for (const cst_item* word = item_daughter(token); word != nullptr; word = item_next(word)) {
      const float start = start_of(word);
      if (start >= 0) listener.word(ascii.places[found], std::llround(start * static_cast<float>(rate_hz)));
    }
  }
}

class Flite final : public Engine {
 public:
  Flite(const Known& voice, cst_voice* made) : known_(voice), voice_(made) {}

  // The pause behind a clause is in what flite makes.
  Result<void> say(std::string_view text, std::string_view language, bool /*pause*/, Listener& listener) override {
    if (!is_english(language)) return fail(Code::unsupported, "flite speaks English alone", {}, std::string(language));
    const Ascii ascii = to_ascii(text);
    if (std::none_of(ascii.text.begin(), ascii.text.end(), [](unsigned char c) { return std::isalnum(c) != 0; })) {
      return {};  // it has nothing that flite can read, and an empty utterance is more than flite can bear
    }
    cst_audio_streaming_info* const info = new_audio_streaming_info();  // the voice's, which ends the one before
    info->asc = ask;
    info->min_buffsize = known_.rate_hz * 60 / 1000;  // between two looks at whether anybody still listens
    info->userdata = &listener;
    feat_set(voice_->features, "streaming_info", audio_streaming_info_val(info));
    cst_utterance* const utterance = flite_synth_text(ascii.text.c_str(), voice_);
    if (utterance == nullptr) return fail(Code::failed, "flite makes nothing of it");
    if (cst_wave* const wave = utt_wave(utterance); wave != nullptr) {
      const std::span<std::int16_t> samples(wave->samples, static_cast<std::size_t>(std::max(wave->num_samples, 0)));
      silence_pauses(utterance, samples, known_.rate_hz);
      tell_words(utterance, ascii, known_.rate_hz, listener);
      listener.sound(samples);
    }
    delete_utterance(utterance);
    return {};
  }

  int rate_hz() const override { return known_.rate_hz; }
  std::string identity() const override { return std::string("flite ") + known_.name; }
  std::vector<VoiceInfo> voices() const override {
    std::vector<VoiceInfo> out;
    for (const Known& voice : known) out.push_back({std::string("flite:") + voice.name, "en", {}});
    return out;
  }

 private:
  const Known& known_;
  cst_voice* voice_;  // until the process ends
};

}  // namespace

Result<std::unique_ptr<Engine>> make_flite(const std::string& name, const std::string& language) {
  const auto* const voice = std::find_if(known.begin(), known.end(), [&](const Known& k) { return name == k.name; });
  if (voice == known.end()) return fail(Code::invalid, "flite has the voices kal, kal16, awb, rms and slt");
  if (!is_english(language)) return fail(Code::unsupported, "flite speaks English alone", {}, language);
  flite_init();
  cst_voice* const made = voice->make(nullptr);
  if (made == nullptr) return fail(Code::failed, "flite's voice cannot be made", {}, name);
  return std::make_unique<Flite>(*voice, made);
}

}  // namespace weir::speak
