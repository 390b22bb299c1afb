// Who belongs to whom: the matching with the greatest total gain.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weir::track {

// Shortest augmenting paths with dual prices (Jonker and Volgenant 1987): O(rows² · columns) for the smaller side as
// rows. Exact, and the same for the same gains.
// Thread-safety: one thread at a time.  Allocates: only beyond what was reserved.  Blocks: never.
// Ownership: the answer is valid until the next call.
class Assignment {
 public:
  static constexpr int none = -1;

  void reserve(std::size_t rows, std::size_t columns);

  // `gain` is row-major and finite. Rows and columns may stay alone, and a pair whose gain is not above 0 never is one.
  // Answers each row's column, or none.
  std::span<const int> solve(std::span<const double> gain, std::size_t rows, std::size_t columns);

 private:
  void augment(std::span<const double> gain, std::size_t from, bool turned);

  std::size_t rows_ = 0, columns_ = 0;            // of the problem as solved: rows_ ≤ columns_
  std::vector<double> row_price_, column_price_;  // the dual of the assignment found so far
  std::vector<double> distance_;                  // per column: of the shortest path to it
  std::vector<std::size_t> row_of_, came_from_;   // per column: its row, and the column before it on that path
  std::vector<char> done_;                        // per column: its distance is final
  std::vector<int> answer_;
};

}  // namespace weir::track
