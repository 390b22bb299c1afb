// Engine: what makes sound of text, seen from inside its worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/speak/voice.hpp"

namespace weir::speak {

// Who takes the sound, while it is made.
class Listener {
 public:
  virtual ~Listener() = default;
  // False: nobody wants any more; the engine stops.
  virtual bool sound(std::span<const std::int16_t> samples) = 0;
  // The word at this byte of the text begins with this sample of the run.
  virtual void word(std::uint32_t position, std::int64_t sample) = 0;
};

// Thread-safety: one thread.  Allocates: yes.  Blocks: say(), while it speaks.  Ownership: owns the engine's state.
class Engine {
 public:
  virtual ~Engine() = default;

  // Clean text (clean_text()) in a language (BCP 47; empty: the voice's own), with or without the silence that belongs
  // behind it. Errors: `unsupported`: the language; `failed`: the engine. A listener that wants no more is no error.
  virtual Result<void> say(std::string_view text, std::string_view language, bool pause, Listener& listener) = 0;
  virtual int rate_hz() const = 0;
  virtual std::string identity() const = 0;
  virtual std::vector<VoiceInfo> voices() const = 0;  // VoiceInfo::engine stays empty
};

// By name and language as in VoiceOptions. Errors: `invalid`: no such voice; `unsupported`: no such language.
using MakeEngine = std::function<Result<std::unique_ptr<Engine>>(const std::string& name, const std::string& language)>;

}  // namespace weir::speak
