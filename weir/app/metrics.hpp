// Metrics in Prometheus' text format (0.0.4). Counters, not rates; base units.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "weir/app/report.hpp"

namespace weir::app {

// Writes one family after another.
// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: owns its text.
class Metrics {
 public:
  enum class Kind { counter, gauge, summary };
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;
  struct Quantiles {
    double p50, p95, p99, max;
  };

  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  // What follows belongs to it.
  void family(std::string_view name, Kind kind, std::string_view help);
  void sample(Labels labels, double value);
  // Quantile 1 is the maximum. Without a sum there is none, rather than a wrong one.
  void summary(Labels labels, Quantiles quantiles, std::uint64_t count);
  void summary(Labels labels, Quantiles quantiles, std::uint64_t count, double sum);

  const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, Labels labels, Label extra, double value);
  std::string text_;
  std::string family_;
};

// Pools, channels, engines, hot paths, memory.
void add_core_metrics(Metrics& metrics, const CoreReport& core, double running_s);
// process_resident_memory_bytes, process_cpu_seconds_total and the like, as every Prometheus client has them.
void add_process_metrics(Metrics& metrics);

}  // namespace weir::app
