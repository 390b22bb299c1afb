// DemoScene: a small world that weir draws itself, so that a fresh machine has something to look at: a place, the
// light of a day that passes, and people, cars and boats that come and go.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/demo_canvas.hpp"

namespace weir::media {

struct Place;

// The names of all scenes, in the order in which a demo shows them.
std::vector<std::string> demo_scene_names();

// The picture at any time is a function of scene, size, seed and time alone.
// Thread-safety: used by one thread.  Allocates: make() only.  Blocks: never.  Ownership: owns its pictures.
class DemoScene {
 public:
  // Invalid: no scene of that name (the error lists them), or a size that is odd or beyond 64 to 4096.
  static Result<std::unique_ptr<DemoScene>> make(std::string_view name, int width, int height, std::uint32_t seed);

  // Draws the world `seconds` after its beginning. The picture is good until the next call.
  const Canvas& draw(double seconds);
  // How many visitors are in the picture then. At 0 nothing moves; only the light changes, slowly.
  int visitors(double seconds) const;

 private:
  DemoScene(const Place& place, int width, int height, std::uint32_t seed);
  void relight(int level);

  const Place& place_;
  std::uint32_t seed_;
  Canvas empty_, lit_, picture_;
  int level_ = 0;
};

}  // namespace weir::media
