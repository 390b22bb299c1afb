// The memory of a pool: private pages, a sealed memfd that other processes map, or what somebody gave to it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "weir/core/pool.hpp"
#include "weir/core/regions.hpp"

namespace weir {
namespace {

std::size_t page_bytes() noexcept {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return page;
}

// Memory whose size is settled for good: who maps it cannot be made to fault by somebody who cuts it off. -1: errno.
int sealed_memory(std::size_t bytes) noexcept {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  constexpr unsigned noexec_seal = 8;  // MFD_NOEXEC_SEAL, since Linux 6.3: it can never be run, nor made to be
  int descriptor = ::memfd_create("weir pool", flags | noexec_seal);
  if (descriptor < 0 && errno == EINVAL) descriptor = ::memfd_create("weir pool", flags);
  if (descriptor < 0) return -1;
  // Taken and not only promised: pages that are missing at the first frame would end the process.
  if (::ftruncate(descriptor, static_cast<off_t>(bytes)) == 0 &&
      ::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) == 0 &&
      ::fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
    return descriptor;
  }
  const int why = errno;
  ::close(descriptor);
  errno = why;
  return -1;
}

}  // namespace

std::size_t Pool::stride_bytes(std::size_t slot_bytes, std::size_t alignment) noexcept {
  return (slot_bytes + alignment - 1) / alignment * alignment;
}

std::size_t Pool::memory_bytes(std::size_t slot_bytes, std::size_t capacity, std::size_t alignment) noexcept {
  return (stride_bytes(slot_bytes, alignment) * capacity + page_bytes() - 1) / page_bytes() * page_bytes();
}

Result<void> Pool::take_memory() {
  const PoolOptions& o = options_;
  const bool given = o.memory.data() != nullptr;
  if (o.slot_bytes == 0) {
    if (!o.shared && !given) return {};
    return fail(Code::invalid, "a pool of adopted handles has no memory to share", o.id);
  }
  const std::size_t bytes = memory_bytes(o.slot_bytes, o.capacity, o.alignment);
  if (given) {
    if (o.shared) return fail(Code::invalid, "a pool shares its own memory, not what is given to it", o.id);
    if (o.memory.size() < bytes || reinterpret_cast<std::uintptr_t>(o.memory.data()) % o.alignment != 0) {
      return fail(Code::invalid, "the memory given to a pool is too short or not aligned", o.id,
                  std::to_string(o.memory.size()) + " of " + std::to_string(bytes) + " bytes");
    }
    memory_ = o.memory.data();
    memory_bytes_ = bytes;
    return {};
  }
  if (o.shared) descriptor_ = sealed_memory(bytes);
  void* memory = MAP_FAILED;
  if (!o.shared || descriptor_ >= 0) {
    // Populated: the first frame must not fault its memory in.
    const int kind = o.shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kind | MAP_POPULATE, descriptor_, 0);
  }
  if (memory == MAP_FAILED) {
    return fail(Code::exhausted, "no memory for the pool: lower the number of cameras or their size", o.id,
                std::to_string(bytes) + " bytes: " + std::generic_category().message(errno));
  }
  memory_ = static_cast<std::byte*>(memory);
  memory_bytes_ = bytes;
  // The name helps who reads /proc/self/smaps; kernels without it lose nothing else. Shared memory has one already.
  if (!o.shared) ::prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, memory, bytes, "weir pool");
  register_region(o.owner, this->memory());
  return {};
}

void Pool::give_memory_back() noexcept {
  if (memory_ != nullptr && options_.memory.data() == nullptr) {
    unregister_region(memory());
    ::munmap(memory_, memory_bytes_);
  }
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace weir
