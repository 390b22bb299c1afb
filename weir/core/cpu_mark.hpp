// CPU mark: notices that the calling thread lost its CPU between two looks, without a system call.
#pragma once

#include <cstdint>

namespace weir::detail {

// The kernel clears a thread's rseq_cs pointer when it switches the thread out (or delivers a signal to it) outside the
// code that the pointer describes. The mark points it at a description of code that never runs, and looks whether it is
// still there. Where glibc has registered no rseq area, or the kernel does not clear it, getrusage counts instead.
// Thread-safety: one object per thread, used by it alone.  Allocates: never.  Blocks: never.  Ownership: plain data.
class CpuMark {
 public:
  enum class Source : std::uint8_t { unprepared, rseq, getrusage };

  constexpr CpuMark() noexcept = default;

  // Once per thread, before the others.
  void prepare() noexcept;
  Source source() const noexcept { return source_; }

  // A number that differs between two calls if, and with getrusage only if, the thread was switched out between them.
  std::uint64_t look() noexcept {
    if (source_ == Source::rseq) [[likely]] {
      if (*slot_ != description_) {
        ++lost_;
        *slot_ = description_;
      }
      return lost_;
    }
    return switches_by_getrusage();
  }
  void set() noexcept {
    if (source_ == Source::rseq) [[likely]]
      *slot_ = description_;
  }
  // So that the kernel has nothing to look at outside the marks.
  void clear() noexcept {
    if (source_ == Source::rseq) [[likely]]
      *slot_ = 0;
  }

 private:
  static std::uint64_t switches_by_getrusage() noexcept;

  volatile std::uint64_t* slot_ = nullptr;
  std::uint64_t description_ = 0;
  std::uint64_t lost_ = 0;
  Source source_ = Source::unprepared;
};

}  // namespace weir::detail
