// Figures as text in the format that Prometheus reads (version 0.0.4).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::observe {

inline constexpr char kExpositionType[] = "text/plain; version=0.0.4; charset=utf-8";

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;

// Families come one after the other, each with its samples right behind it. Names
// are the caller's to choose well; values of labels may be any text.
class Exposition {
 public:
  void Counter(std::string_view name, std::string_view help) { Family(name, "counter", help); }
  void Gauge(std::string_view name, std::string_view help) { Family(name, "gauge", help); }
  void Histogram(std::string_view name, std::string_view help) { Family(name, "histogram", help); }

  // One sample of the family that was begun last.
  void Sample(double value, Labels labels = {});

  // A histogram of it. `counts` are those of each step alone, and behind them
  // those above the last; `steps` are the steps' upper ends.
  void Steps(std::span<const double> steps, std::span<const std::uint64_t> counts, double sum,
             Labels labels = {});

  std::string Take() && { return std::move(text_); }

 private:
  void Family(std::string_view name, std::string_view type, std::string_view help);
  void Line(std::string_view suffix, Labels labels, std::string_view le, double value);

  std::string family_;
  std::string text_;
};

// Figures of this process by the names that every exporter gives them.
void ExposeProcess(Exposition& out);

}  // namespace sluice::observe
