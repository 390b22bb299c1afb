// Message: what parent and worker say to each other. One size, no pointers, every bit pattern possible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace weir::worker {

// Thread-safety: value type.  Allocates: never.  Blocks: never.  Ownership: none.
struct Message {
  std::uint32_t type = 0;        // below first_job_type: of core/worker; from there on: of the job
  std::uint32_t pool = 0;        // serial number of a lent pool; 0: no slot is meant
  std::uint32_t slot = 0;        // in that pool
  std::uint32_t generation = 0;  // of the loan: counts how often the slot was lent
  std::uint64_t sequence = 0;    // of the piece of work that it belongs to
  std::array<std::byte, 168> body{};

  // The body as a job's own struct. What a child wrote is checked by who gets it, field by field.
  template <class T>
  void put(const T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(body));
    std::memcpy(body.data(), &value, sizeof value);
  }
  template <class T>
  T get() const noexcept {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(body));
    T value;
    std::memcpy(&value, body.data(), sizeof value);
    return value;
  }
};
static_assert(sizeof(Message) == 192 && std::is_trivially_copyable_v<Message>);

constexpr std::uint32_t first_job_type = 16;

}  // namespace weir::worker
