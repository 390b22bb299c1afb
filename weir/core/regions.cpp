#include "weir/core/regions.hpp"

#include <unistd.h>

#include "weir/core/account.hpp"

namespace weir {
namespace {

constinit detail::RangeTable<8192> regions;
constinit detail::RangeTable<8192> stacks;

struct Pages {
  std::uintptr_t begin, end;
};

Pages whole_pages(std::span<const std::byte> memory) noexcept {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  return {(begin + page - 1) / page * page, (begin + memory.size() + page - 1) / page * page};
}

}  // namespace

void register_region(std::string_view owner, std::span<const std::byte> memory) {
  const unsigned account = detail::AccountList::index_of(owner);
  const Pages pages = whole_pages(memory);
  regions.insert(pages.begin, pages.end, account);
}

void unregister_region(std::span<const std::byte> memory) noexcept {
  const Pages pages = whole_pages(memory);
  regions.erase(pages.begin, pages.end);
}

void detail::register_stack(std::span<const std::byte> memory) noexcept {
  const Pages pages = whole_pages(memory);
  stacks.insert(pages.begin, pages.end, 0);
}

void detail::unregister_stack(std::span<const std::byte> memory) noexcept {
  const Pages pages = whole_pages(memory);
  stacks.erase(pages.begin, pages.end);
}

void detail::region_ranges(std::vector<Range>& out) { regions.snapshot(out); }
void detail::stack_ranges(std::vector<Range>& out) { stacks.snapshot(out); }

}  // namespace weir
