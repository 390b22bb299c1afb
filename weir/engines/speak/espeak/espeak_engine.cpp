#include "weir/engines/speak/espeak/espeak_engine.hpp"

#include <espeak-ng/espeak_ng.h>
#include <espeak-ng/speak_lib.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>
#include <vector>

#include "weir/engines/speak/espeak_languages.hpp"

namespace weir::speak {
namespace {

constexpr int buffer_ms = 60;  // between two looks at whether anybody still listens

// espeak-ng's callback has nothing to hang a state on but this.
struct Run {
  Listener* listener = nullptr;
  std::vector<std::uint32_t> characters;  // byte of each
};
Run run;

std::vector<std::uint32_t> places_of(std::string_view text) {
  std::vector<std::uint32_t> places;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) places.push_back(static_cast<std::uint32_t>(i));
  }
  return places;
}

int hear(short* samples, int count, espeak_EVENT* event) {
  for (; event->type != espeakEVENT_LIST_TERMINATED; ++event) {
    if (event->type != espeakEVENT_WORD || event->length < 1 || event->text_position < 1) continue;  // counts from 1
    const auto character = static_cast<std::size_t>(event->text_position) - 1;
    if (character < run.characters.size()) run.listener->word(run.characters[character], event->sample);
  }
  if (samples == nullptr || count <= 0) return 0;
  return run.listener->sound({samples, static_cast<std::size_t>(count)}) ? 0 : 1;
}

bool sound_name(std::string_view name) {
  return !name.starts_with("mb") && name.find("..") == name.npos && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-+_/() ", c) != nullptr;
  });
}

// The list that espeak-ng keeps.
std::vector<const espeak_VOICE*> list() {
  std::vector<const espeak_VOICE*> voices;
  const espeak_VOICE** all = espeak_ListVoices(nullptr);
  for (; all != nullptr && *all != nullptr; ++all) voices.push_back(*all);
  return voices;
}

std::vector<EspeakLanguage> languages() {
  std::vector<EspeakLanguage> known;
  for (const espeak_VOICE* voice : list()) {
    // For each language a byte of priority and its name; a zero byte ends the list.
    for (const char* at = voice->languages; at != nullptr && *at != 0; at += std::strlen(at) + 1) {
      known.push_back({at + 1, voice->identifier, *at});
    }
  }
  return known;
}

// "+f3" of "en-us+f3" is a file that modifies a voice; one that is not there is passed over in silence by espeak-ng.
bool has_variant(const std::string& variant) {
  std::error_code error;
  return variant.empty() || std::filesystem::is_regular_file(espeak_data() / "voices" / "!v" / variant, error);
}

// Most voices are files by their language's name in a folder by its family's: found so, none of the others is read.
std::string file_of(std::string_view language) {
  std::error_code error;
  const auto root = espeak_data() / "lang";
  for (std::filesystem::recursive_directory_iterator at(root, error), end; at != end; at.increment(error)) {
    if (lower_tag(at->path().filename().native()) != language || !at->is_regular_file(error)) continue;
    return at->path().lexically_relative(root).string();
  }
  return {};
}

class Espeak final : public Engine {
 public:
  Espeak(std::string name, std::string language) : name_(std::move(name)), language_(std::move(language)) {}

  Result<void> begin() {
    if (name_.empty()) return choose(language_);
    if (sound_name(name_) && load_named()) return {};
    return fail(Code::invalid, "espeak-ng has no such voice; some it has: en-gb, en-us, en-us+f3, de, fr, es, cmn");
  }

  Result<void> say(std::string_view text, std::string_view language, bool pause, Listener& listener) override {
    if (name_.empty()) {
      if (auto chosen = choose(language.empty() ? std::string_view(language_) : language); !chosen) return chosen;
    }
    const std::string copy(text);
    run = {&listener, places_of(text)};
    const unsigned flags = espeakCHARS_UTF8 | (pause ? espeakENDPAUSE : 0U);
    const espeak_ERROR error =
        espeak_Synth(copy.c_str(), copy.size() + 1, 0, POS_CHARACTER, 0, flags, nullptr, nullptr);
    run = {};
    if (error != EE_OK) return fail(Code::failed, "espeak-ng gives an error", {}, std::to_string(error));
    return {};
  }

  int rate_hz() const override { return espeak_ng_GetSampleRate(); }
  std::string identity() const override {
    if (!name_.empty()) return "espeak-ng " + name_;
    return "espeak-ng by language, else " + (language_.empty() ? "en" : language_);
  }
  std::vector<VoiceInfo> voices() const override {
    std::vector<VoiceInfo> out;
    for (const espeak_VOICE* voice : list()) {
      if (voice->languages == nullptr || *voice->languages == 0) continue;
      const std::string language = voice->languages + 1;
      out.push_back({language, language, {}});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
  }

 private:
  // By its file's name, a language's tag, or as espeak-ng calls it.
  bool load_named() {
    const std::size_t plus = std::min(name_.find('+'), name_.size());
    const std::string variant = name_.substr(plus), tag = lower_tag(name_.substr(0, plus));
    if (!has_variant(variant.substr(std::min<std::size_t>(variant.size(), 1)))) return false;
    std::string file = file_of(tag);
    if (file.empty()) {
      known_ = languages();
      const bool is_tag =
          std::any_of(known_.begin(), known_.end(), [&](const auto& k) { return lower_tag(k.tag) == tag; });
      if (is_tag) file = voice_for(tag, known_);
    }
    return espeak_SetVoiceByName(file.empty() ? name_.c_str() : (file + variant).c_str()) == EE_OK;
  }
  Result<void> choose(std::string_view language) {
    if (language.empty()) language = "en";
    if (language == chosen_) return {};
    std::string voice = file_of(lower_tag(language));
    if (voice.empty()) {
      if (known_.empty()) known_ = languages();
      voice = voice_for(language, known_);
    }
    if (voice.empty()) return fail(Code::unsupported, "espeak-ng does not speak it", {}, std::string(language));
    if (espeak_SetVoiceByName(voice.c_str()) != EE_OK) {
      return fail(Code::failed, "espeak-ng's voice does not load", {}, voice);
    }
    chosen_ = language;
    return {};
  }

  std::string name_, language_, chosen_;
  std::vector<EspeakLanguage> known_;
};

}  // namespace

std::filesystem::path espeak_data() {
  const char* path = nullptr;
  espeak_ng_InitializePath(nullptr);
  espeak_Info(&path);
  return path != nullptr ? path : "";
}

Result<std::unique_ptr<Engine>> make_espeak(const std::string& name, const std::string& language) {
  if (espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, buffer_ms, nullptr, espeakINITIALIZE_DONT_EXIT) <= 0) {
    return fail(Code::failed, "espeak-ng finds no voices: install the package espeak-ng-data");
  }
  espeak_SetSynthCallback(hear);
  auto engine = std::make_unique<Espeak>(name, language);
  if (auto begun = engine->begin(); !begun) return tl::unexpected(begun.error());
  return engine;
}

}  // namespace weir::speak
