#include "weir/core/worker/workers_book.hpp"

#include <mutex>

namespace weir::worker::detail {
namespace {

struct Book {
  std::mutex mutex;
  std::map<std::string, ProcessReport> by_id;  // one entry per id, and ids are few
};
Book& book() {
  static auto* const instance = new Book;  // workers may end while static objects are destroyed
  return *instance;
}

}  // namespace

void book_start(const std::string& id, const std::string& owner, pid_t pid) {
  std::lock_guard lock(book().mutex);
  ProcessReport& entry = book().by_id[id];
  entry.id = id;
  entry.owner = owner;
  entry.pid = pid;
  ++entry.starts;
}

void book_sandbox(const std::string& id, std::string sandbox) {
  std::lock_guard lock(book().mutex);
  book().by_id[id].sandbox = std::move(sandbox);
}

void book_end(const std::string& id, pid_t pid, const End& end) {
  std::lock_guard lock(book().mutex);
  ProcessReport& entry = book().by_id[id];
  if (entry.pid == pid) entry.pid = 0;
  ++entry.causes[static_cast<std::size_t>(end.cause)];
  if (end.cause != Cause::asked) entry.last_end = end.text;
}

void book_revoked(const std::string& id, std::size_t leases) noexcept {
  std::lock_guard lock(book().mutex);
  const auto it = book().by_id.find(id);
  if (it != book().by_id.end()) it->second.revoked_leases += leases;
}

std::vector<ProcessReport> book_report() {
  std::lock_guard lock(book().mutex);
  std::vector<ProcessReport> all;
  all.reserve(book().by_id.size());
  for (const auto& [id, entry] : book().by_id) all.push_back(entry);
  return all;
}

}  // namespace weir::worker::detail
