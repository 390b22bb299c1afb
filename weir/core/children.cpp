#include "weir/core/children.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

#include "weir/core/account.hpp"

namespace weir {
namespace {

struct Entry {
  unsigned account;
  pid_t pid;
};
struct Children {
  std::mutex mutex;
  std::vector<Entry> entries;
};
Children& children() {
  static auto* const instance = new Children;
  return *instance;
}

}  // namespace

void register_child(std::string_view owner, pid_t pid) {
  const unsigned account = detail::AccountList::index_of(owner);
  std::lock_guard lock(children().mutex);
  children().entries.push_back({account, pid});
}

void unregister_child(pid_t pid) noexcept {
  std::lock_guard lock(children().mutex);
  std::erase_if(children().entries, [pid](const Entry& entry) { return entry.pid == pid; });
}

void detail::for_each_child(const std::function<void(unsigned account, pid_t pid)>& visit) {
  std::lock_guard lock(children().mutex);
  for (const Entry& entry : children().entries) visit(entry.account, entry.pid);
}

}  // namespace weir
