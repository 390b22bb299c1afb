#include "weir/core/cpu_mark.hpp"

#include <sys/resource.h>
#include <time.h>

#include <cstddef>

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#if defined(RSEQ_SIG) && (defined(__x86_64__) || (defined(__aarch64__) && defined(__AARCH64EL__)))
#define WEIR_HAVE_RSEQ 1
#define WEIR_STRING_(x) #x
#define WEIR_STRING(x) WEIR_STRING_(x)

// A struct rseq_cs (see linux/rseq.h) for three bytes of code that nothing jumps to. The kernel reads the four bytes
// before abort_ip on every look and kills the process when they are not RSEQ_SIG, so they stand there although no abort
// can happen. On x86 the bytes before them make the signature a valid, undefined instruction for disassemblers.
asm(".pushsection .text\n"
    ".balign 16\n"
#if defined(__x86_64__)
    ".byte 0x0f, 0xb9, 0x3d\n"
#endif
    ".long " WEIR_STRING(RSEQ_SIG) "\n"
    "weir_rseq_abort:\n"
    ".balign 16, 0\n"
    "weir_rseq_begin:\n"
    ".zero 4\n"
    "weir_rseq_end:\n"
    ".zero 4\n"
    ".popsection\n"
    ".pushsection .data.rel.ro, \"aw\"\n"
    ".balign 32\n"
    ".globl weir_rseq_description\n"
    ".hidden weir_rseq_description\n"
    "weir_rseq_description:\n"
    ".long 0, 0\n"
    ".quad weir_rseq_begin, weir_rseq_end - weir_rseq_begin, weir_rseq_abort\n"
    ".popsection\n");
extern "C" const std::byte weir_rseq_description[32];
#endif

namespace weir::detail {
namespace {

#if defined(WEIR_HAVE_RSEQ)

char* thread_pointer() noexcept {
#if defined(__x86_64__)
  char* self;
  asm("mov %%fs:0, %0" : "=r"(self));
  return self;
#else
  return static_cast<char*>(__builtin_thread_pointer());
#endif
}

volatile std::uint64_t* rseq_slot() noexcept {
  if (__rseq_size == 0) return nullptr;  // switched off by GLIBC_TUNABLES, or an old kernel
  auto* const area = reinterpret_cast<struct rseq*>(thread_pointer() + __rseq_offset);
  // Negative: this thread's registration failed.
  if (static_cast<std::int32_t>(*static_cast<volatile std::uint32_t*>(&area->cpu_id)) < 0) return nullptr;
  static_assert(sizeof(area->rseq_cs) == sizeof(std::uint64_t));
  return reinterpret_cast<volatile std::uint64_t*>(reinterpret_cast<char*>(area) + offsetof(struct rseq, rseq_cs));
}

// Kernels differ in when they clear the pointer: seen once to work, or not used at all.
bool kernel_clears(volatile std::uint64_t* slot, std::uint64_t description) noexcept {
  for (int tries = 0; tries < 20; ++tries) {
    *slot = description;
    const timespec shortest{0, 1};
    ::nanosleep(&shortest, nullptr);  // sleeping is being switched out
    const bool cleared = *slot == 0;
    *slot = 0;
    if (cleared) return true;
  }
  return false;
}

#endif

}  // namespace

void CpuMark::prepare() noexcept {
  source_ = Source::getrusage;
#if defined(WEIR_HAVE_RSEQ)
  volatile std::uint64_t* const slot = rseq_slot();
  if (slot == nullptr) return;
  const auto description = reinterpret_cast<std::uintptr_t>(&weir_rseq_description);
  static const bool clears = kernel_clears(slot, description);
  if (!clears) return;
  slot_ = slot;
  description_ = description;
  source_ = Source::rseq;
#endif
}

std::uint64_t CpuMark::switches_by_getrusage() noexcept {
  rusage use{};
  // Cannot fail with these arguments; a failure would leave 0 = 0, "never switched".
  ::getrusage(RUSAGE_THREAD, &use);
  return static_cast<std::uint64_t>(use.ru_nivcsw) + static_cast<std::uint64_t>(use.ru_nvcsw);
}

}  // namespace weir::detail
