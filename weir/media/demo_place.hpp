// What a demo scene is made of: a place and a timetable of visits. Internal to the demo scenes.
#pragma once

#include <cstdint>
#include <vector>

#include "weir/media/demo_canvas.hpp"

namespace weir::media {

// One crossing of the picture by somebody or something.
struct Visit {
  double start = 0, length = 1;  // seconds since the timetable's beginning
  int lane = 0;                  // the place's own meaning; higher lanes are nearer and drawn later
  bool leftwards = false;
};

// A visit that goes on.
struct Passage {
  int lane;
  bool leftwards;
  float at;            // 0 at its beginning, 1 at its end
  float seconds;       // since its beginning
  std::uint32_t look;  // a random number that stays: colours, gait
};

struct Place {
  const char* name;
  double period;              // the timetable repeats, with other looks
  std::vector<Visit> visits;  // by lane
  void (*draw_empty)(Canvas&, std::uint32_t seed);
  void (*draw_passage)(Canvas&, const Passage&);
  void (*draw_front)(Canvas&);  // what stands in front of visitors
};

const Place& street();
const Place& yard();
const Place& harbour();
const Place& station();

// ---- Parts that places share

// Smooth noise, 0 to 1, with detail down to 1/`scale` of the unit.
float noise(float x, float y, std::uint32_t seed);
float cloudy(float x, float y, std::uint32_t seed);
std::uint32_t scrambled(std::uint32_t value);
// Colours that stand out, by a look.
Color clothing(std::uint32_t look);
Color paintwork(std::uint32_t look);

// `x` where the passage is, for something `width` wide, from one side of the picture to beyond the other.
float across(const Canvas& canvas, const Passage& p, float width);

// All stand on `ground`; sizes in picture heights. `stride` is the phase of the gait in steps.
void draw_person(Canvas& canvas, Point ground, float height, float stride, bool leftwards, std::uint32_t look);
void draw_cyclist(Canvas& canvas, Point ground, float height, float stride, bool leftwards, std::uint32_t look);
void draw_dog(Canvas& canvas, Point ground, float height, float stride, bool leftwards, std::uint32_t look);
void draw_car(Canvas& canvas, Point ground, float length, float roll, bool leftwards, std::uint32_t look);
void draw_sailboat(Canvas& canvas, Point water, float height, float rock, bool leftwards, std::uint32_t look);
void draw_motorboat(Canvas& canvas, Point water, float length, float rock, bool leftwards, std::uint32_t look);
void draw_tree(Canvas& canvas, Point ground, float height, std::uint32_t look);
void draw_lamp(Canvas& canvas, Point ground, float height);

}  // namespace weir::media
