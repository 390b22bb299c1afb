// What every test that leases ends with.
#pragma once

#include <gtest/gtest.h>

#include "weir/core/pool.hpp"

namespace weir::media::test {

inline void expect_balanced() {
  for (const PoolReport& p : Pool::report_all()) {
    EXPECT_EQ(p.acquired, p.released) << p.id;
    EXPECT_EQ(p.outstanding, 0u) << p.id;
  }
}

}  // namespace weir::media::test
