// An engine that must not be entered twice, used by three threads. It cannot be reached without a pass, and the pass
// ends with its scope, whatever the way out.
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "weir/core/exclusive.hpp"

// Stands for a detector or a voice: one scratch buffer, so two callers at once would spoil each other's work.
class Engine {
 public:
  int length_of(const std::string& text) {
    scratch_.assign(text);
    return static_cast<int>(scratch_.size());
  }

 private:
  std::string scratch_;
};

int main() {
  weir::Exclusive<Engine> engine("speaker");
  std::vector<std::thread> clients;
  std::vector<int> wrong(3, 0);
  for (std::size_t id = 0; id < wrong.size(); ++id) {
    clients.emplace_back([&engine, &wrong, id] {
      const std::string text(100 * (id + 1), 'x');
      for (int i = 0; i < 10000; ++i) {
        auto pass = engine.enter();
        if (pass->length_of(text) != static_cast<int>(text.size())) ++wrong[id];
      }
    });
  }
  for (std::thread& client : clients) client.join();

  const auto report = engine.report();
  const int mistakes = wrong[0] + wrong[1] + wrong[2];
  std::printf("%llu entries, at most %llu inside, %d wrong answers\n", static_cast<unsigned long long>(report.entries),
              static_cast<unsigned long long>(report.max_inside), mistakes);
  return mistakes == 0 && report.max_inside == 1 ? 0 : 1;
}
