#include "weir/core/ledger_history.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir::detail {
namespace {

constexpr std::array<std::string_view, 1> last{"unaccounted"};

TEST(LedgerHistory, StaysBoundedAndCoversTheWholeRun) {
  HistoryKeeper keeper;
  constexpr int seconds = 48 * 3600;
  for (int t = 0; t < seconds; ++t) {
    const std::array<std::string_view, 2> owners{"unaccounted", "front"};
    const std::array<std::uint64_t, 2> bytes{static_cast<std::uint64_t>(t), 7};
    keeper.add(t, owners, bytes);
  }
  const LedgerHistory history = keeper.history(last);
  EXPECT_EQ(history.owners, (std::vector<std::string>{"front", "unaccounted"}));
  EXPECT_EQ(history.recent.seconds.size(), 600u);
  EXPECT_EQ(history.recent.seconds.back(), seconds - 1);
  EXPECT_EQ(history.recent.seconds.front(), seconds - 600);
  EXPECT_LE(history.all.seconds.size(), 600u);
  EXPECT_GE(history.all.seconds.size(), 300u);
  EXPECT_EQ(history.all.seconds.front(), 0);
  EXPECT_GE(history.all.seconds.back(), seconds - 600);
  for (const auto* series : {&history.recent, &history.all}) {
    for (std::size_t i = 0; i < series->seconds.size(); ++i) {
      ASSERT_EQ(series->bytes[0][i], 7u);
      ASSERT_EQ(static_cast<double>(series->bytes[1][i]), series->seconds[i]);
    }
    for (std::size_t i = 1; i < series->seconds.size(); ++i) ASSERT_GT(series->seconds[i], series->seconds[i - 1]);
  }
}

TEST(LedgerHistory, AnOwnerThatComesLaterWasNothingBefore) {
  HistoryKeeper keeper;
  const std::array<std::string_view, 2> owners{"early", "late"};
  const std::array<std::uint64_t, 2> bytes{5, 9};
  keeper.add(0, std::span(owners).first(1), std::span(bytes).first(1));
  keeper.add(1, owners, bytes);
  keeper.add(2, std::span(owners).last(1), std::span(bytes).last(1));
  const LedgerHistory history = keeper.history(last);
  EXPECT_EQ(history.owners, (std::vector<std::string>{"early", "late"}));
  EXPECT_EQ(history.recent.bytes[0], (std::vector<std::uint64_t>{5, 5, 0}));
  EXPECT_EQ(history.recent.bytes[1], (std::vector<std::uint64_t>{0, 9, 9}));
}

}  // namespace
}  // namespace weir::detail
