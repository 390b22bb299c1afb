#include "weir/media/demo_scene.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "weir/media/demo_place.hpp"

namespace weir::media {
namespace {

const std::array<const Place*, 4>& places() {
  static const std::array<const Place*, 4> all{&street(), &yard(), &harbour(), &station()};
  return all;
}

// A day of two minutes, ±9 levels of luma: at most one level in about two seconds, which no motion detector that
// follows its background takes for motion.
int light_at(double seconds) {
  return static_cast<int>(std::lround(9 * std::sin(2 * std::numbers::pi * seconds / 120)));
}

template <class Each>
void each_passage(const Place& place, std::uint32_t seed, double seconds, Each&& each) {
  const double round = std::floor(seconds / place.period);
  const double now = seconds - round * place.period;
  for (std::size_t i = 0; i < place.visits.size(); ++i) {
    const Visit& v = place.visits[i];
    if (now < v.start || now >= v.start + v.length) continue;
    const auto look =
        scrambled(seed * 7919u + static_cast<std::uint32_t>(round) * 104729u + static_cast<std::uint32_t>(i));
    const double gone = now - v.start;
    each(Passage{v.lane, v.leftwards, static_cast<float>(gone / v.length), static_cast<float>(gone), look});
  }
}

}  // namespace

std::vector<std::string> demo_scene_names() {
  std::vector<std::string> names;
  for (const Place* p : places()) names.emplace_back(p->name);
  return names;
}

Result<std::unique_ptr<DemoScene>> DemoScene::make(std::string_view name, int width, int height, std::uint32_t seed) {
  if (width < 64 || height < 64 || width > 4096 || height > 4096 || width % 2 != 0 || height % 2 != 0) {
    return fail(Code::invalid, "a demo scene's size is even and from 64x64 to 4096x4096", "demo:" + std::string(name),
                std::to_string(width) + "x" + std::to_string(height));
  }
  std::string known;
  for (const Place* p : places()) {
    if (name == p->name) return std::unique_ptr<DemoScene>(new DemoScene(*p, width, height, seed));
    known += known.empty() ? "there are " : ", ";
    known += p->name;
  }
  return fail(Code::invalid, "no such demo scene", "demo:" + std::string(name), known);
}

DemoScene::DemoScene(const Place& place, int width, int height, std::uint32_t seed)
    : place_(place), seed_(seed), empty_(width, height), lit_(width, height), picture_(width, height) {
  place_.draw_empty(empty_, seed_);
  relight(0);
}

void DemoScene::relight(int level) {
  level_ = level;
  lit_.copy_from(empty_);
  lit_.light(level);
}

const Canvas& DemoScene::draw(double seconds) {
  if (const int level = light_at(seconds); level != level_) relight(level);
  picture_.copy_from(lit_);
  each_passage(place_, seed_, seconds, [this](const Passage& p) { place_.draw_passage(picture_, p); });
  place_.draw_front(picture_);
  return picture_;
}

int DemoScene::visitors(double seconds) const {
  int count = 0;
  each_passage(place_, seed_, seconds, [&count](const Passage&) { ++count; });
  return count;
}

}  // namespace weir::media
