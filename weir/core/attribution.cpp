#include "weir/core/attribution.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace weir::detail {
namespace {

std::uint32_t owner_of(Mapping::Kind kind) noexcept {
  switch (kind) {
    case Mapping::Kind::file: return file_backed;
    case Mapping::Kind::stack: return stack;
    case Mapping::Kind::kernel: return file_backed;
    case Mapping::Kind::anonymous: return unaccounted;
  }
  return unaccounted;
}

}  // namespace

void overlay(std::vector<Range>& below, std::span<const Range> above) {
  if (above.empty()) return;
  std::vector<Range> out;
  out.reserve(below.size() + 2 * above.size());
  auto next = above.begin();
  for (Range low : below) {
    // What ends before this range begins is taken as it is; what reaches over it cuts it.
    while (low.begin < low.end && next != above.end() && next->begin < low.end) {
      if (next->end <= low.begin) {
        out.push_back(*next++);
        continue;
      }
      if (next->begin > low.begin) out.push_back({low.begin, next->begin, low.tag});
      low.begin = next->end;
      if (next->end <= low.end) out.push_back(*next++);
    }
    if (low.begin < low.end) out.push_back(low);
  }
  out.insert(out.end(), next, above.end());
  below = std::move(out);
}

std::uint64_t resident_pages(std::uintptr_t begin, std::uintptr_t end) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::array<unsigned char, 4096> state;
  std::uint64_t resident = 0;
  while (begin < end) {
    const std::uintptr_t part = std::min<std::uintptr_t>(end, begin + state.size() * page);
    // Unmapped since the mappings were read: nothing there is resident.
    if (::mincore(reinterpret_cast<void*>(begin), part - begin, state.data()) == 0) {
      const std::size_t count = (part - begin + page - 1) / page;
      for (std::size_t i = 0; i < count; ++i) resident += state[i] & 1;
    }
    begin = part;
  }
  return resident;
}

void attribute(std::span<const Mapping> mappings, std::span<const Range> owned, const ResidentPages& pages,
               std::vector<std::uint64_t>& bytes) {
  std::vector<std::uint64_t> counted(bytes.size());
  std::vector<std::uint32_t> present;
  auto first = owned.begin();
  for (const Mapping& mapping : mappings) {
    if (mapping.pss_bytes == 0) continue;
    const std::uint32_t rest = owner_of(mapping.kind);
    while (first != owned.end() && first->end <= mapping.begin) ++first;
    if (first == owned.end() || first->begin >= mapping.end) {
      bytes[rest] += mapping.pss_bytes;
      continue;
    }
    if (first->begin <= mapping.begin && first->end >= mapping.end) {
      bytes[first->tag] += mapping.pss_bytes;
      continue;
    }
    present.clear();
    std::uint64_t total = 0;
    const auto count = [&](std::uint32_t owner, std::uintptr_t begin, std::uintptr_t end) {
      if (begin >= end) return;
      const std::uint64_t resident = pages(begin, end);
      if (std::find(present.begin(), present.end(), owner) == present.end()) present.push_back(owner);
      counted[owner] += resident;
      total += resident;
    };
    std::uintptr_t at = mapping.begin;
    for (auto range = first; range != owned.end() && range->begin < mapping.end; ++range) {
      count(rest, at, range->begin);
      at = std::min(range->end, mapping.end);
      count(range->tag, std::max(range->begin, mapping.begin), at);
    }
    count(rest, at, mapping.end);

    // The kernel's figure for the whole mapping is shared out by pages, the last crumbs to who has most: so the parts
    // add up, whatever pages came and went between the two looks.
    std::uint64_t left = mapping.pss_bytes;
    std::uint32_t most = total == 0 ? rest : present.front();
    for (const std::uint32_t owner : present) {
      if (counted[owner] > counted[most]) most = owner;
      if (total == 0) continue;
      const std::uint64_t share = mapping.pss_bytes / 1024 * counted[owner] / total * 1024;
      bytes[owner] += share;
      left -= share;
    }
    bytes[most] += left;
    for (const std::uint32_t owner : present) counted[owner] = 0;
  }
}

}  // namespace weir::detail
