#include "bench/worker/frame.hpp"

#include <time.h>

#include <cstring>
#include <string>
#include <vector>

#include "bench/worker/way.hpp"

namespace bench {
namespace {

// At the very beginning, and the number once more at the very end.
struct Head {
  std::uint64_t number;
  std::int64_t stamp_ns;
};
constexpr std::size_t tail_at = frame_bytes - sizeof(std::uint64_t);
constexpr std::size_t mark_at = 64;  // in each page: one byte of the number

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::byte mark(std::uint64_t number) { return static_cast<std::byte>(number * 0x9e3779b97f4a7c15U >> 56U); }

const std::vector<std::byte>& picture() {
  static const std::vector<std::byte> bytes = [] {
    std::vector<std::byte> made(frame_bytes);
    std::uint32_t noise = 1;
    for (std::byte& b : made) b = static_cast<std::byte>((noise = noise * 1664525U + 1013904223U) >> 24U);
    return made;
  }();
  return bytes;
}

}  // namespace

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

void write_frame(std::byte* place, std::uint64_t number) {
  std::memcpy(place, picture().data(), frame_bytes);
  for (std::size_t at = mark_at; at < tail_at; at += page_bytes) place[at] = mark(number);
  std::memcpy(place, &number, sizeof number);
  std::memcpy(place + tail_at, &number, sizeof number);
}

void stamp_frame(std::byte* place) {
  const std::int64_t stamp = now_ns();
  std::memcpy(place + offsetof(Head, stamp_ns), &stamp, sizeof stamp);
}

std::int64_t age_ns(const std::byte* frame) {
  const Head head = load<Head>(frame);
  const auto tail = load<std::uint64_t>(frame + tail_at);
  // Read before the clock is: the frame is in hand only then.
  asm volatile("" : : "r"(tail), "r"(head.stamp_ns) : "memory");
  return now_ns() - head.stamp_ns;
}

void check_frame(const std::byte* frame, std::uint64_t number) {
  const auto head = load<Head>(frame).number, tail = load<std::uint64_t>(frame + tail_at);
  if (head != number || tail != number) {
    give_up("frame " + std::to_string(number) + " was due, but " + std::to_string(head) + " begins here and " +
            std::to_string(tail) + " ends");
  }
  unsigned wrong = 0;
  for (std::size_t at = mark_at; at < tail_at; at += page_bytes) wrong |= unsigned{frame[at] != mark(number)};
  if (wrong != 0) give_up("frame " + std::to_string(number) + " is not whole");
}

}  // namespace bench
