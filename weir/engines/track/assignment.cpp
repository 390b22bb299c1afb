#include "weir/engines/track/assignment.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace weir::track {

namespace {

constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

}  // namespace

void Assignment::reserve(std::size_t rows, std::size_t columns) {
  const std::size_t fewer = std::min(rows, columns), more = std::max(rows, columns);
  row_price_.reserve(fewer);
  column_price_.reserve(more);
  distance_.reserve(more);
  row_of_.reserve(more);
  came_from_.reserve(more);
  done_.reserve(more);
  answer_.reserve(rows);
}

std::span<const int> Assignment::solve(std::span<const double> gain, std::size_t rows, std::size_t columns) {
  answer_.assign(rows, none);
  const bool turned = rows > columns;
  rows_ = turned ? columns : rows;
  columns_ = turned ? rows : columns;
  row_price_.assign(rows_, 0);
  column_price_.assign(columns_, 0);
  row_of_.assign(columns_, nobody);
  for (std::size_t row = 0; row < rows_; ++row) augment(gain, row, turned);
  for (std::size_t column = 0; column < columns_; ++column) {
    if (row_of_[column] == nobody) continue;
    const std::size_t r = turned ? column : row_of_[column], c = turned ? row_of_[column] : column;
    if (gain[r * columns + c] > 0) answer_[r] = static_cast<int>(c);
  }
  return answer_;
}

// Dijkstra over the columns with reduced costs, from the row that has none yet to the nearest free column; the prices
// then move so that every assigned pair has reduced cost 0 again. A gain below 0 counts as 0: staying alone is free.
void Assignment::augment(std::span<const double> gain, std::size_t from, bool turned) {
  const auto reduced = [&](std::size_t row, std::size_t column) {
    const double g = turned ? gain[column * rows_ + row] : gain[row * columns_ + column];
    return -std::max(g, 0.0) - row_price_[row] - column_price_[column];
  };
  distance_.assign(columns_, std::numeric_limits<double>::infinity());
  came_from_.assign(columns_, nobody);
  done_.assign(columns_, 0);

  std::size_t row = from, last = nobody, end = nobody;
  double so_far = 0;
  while (end == nobody) {
    std::size_t nearest = nobody;
    for (std::size_t column = 0; column < columns_; ++column) {
      if (done_[column] != 0) continue;
      const double through = so_far + reduced(row, column);
      if (through < distance_[column]) {
        distance_[column] = through;
        came_from_[column] = last;
      }
      if (nearest == nobody || distance_[column] < distance_[nearest]) nearest = column;
    }
    so_far = distance_[nearest];
    done_[nearest] = 1;
    last = nearest;
    if (row_of_[nearest] == nobody) {
      end = nearest;
    } else {
      row = row_of_[nearest];
    }
  }

  row_price_[from] += so_far;
  for (std::size_t column = 0; column < columns_; ++column) {
    if (done_[column] == 0 || column == end) continue;
    row_price_[row_of_[column]] += so_far - distance_[column];
    column_price_[column] -= so_far - distance_[column];
  }
  for (std::size_t column = end; column != nobody;) {
    const std::size_t before = came_from_[column];
    row_of_[column] = before == nobody ? from : row_of_[before];
    column = before;
  }
}

}  // namespace weir::track
