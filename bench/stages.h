// What the benches of the core share: a workload taken up to a given stage.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/workloads.h"
#include "sluice/binder.h"
#include "sluice/parser.h"

namespace sluice::bench {

// The value of a StatusOr that must hold one: a bench that measures errors by
// mistake says so at once.
template <typename T>
T Must(StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", std::string(AsStd(value.status().message())).c_str());
    std::abort();
  }
  return *std::move(value);
}

// A guest's request of a fixed moment.
inline const RequestContext& Guest() {
  static const RequestContext* const kGuest = [] {
    auto* const context = new RequestContext;
    context->now = 1'750'000'000'000;
    return context;
  }();
  return *kGuest;
}

inline Plan BindFilter(const Workload& workload, const Ast& ast) {
  Query query;
  query.collection = BlogSchema().Find(workload.collection);
  query.filter = &ast;
  BindOptions options;
  // A rule asks for @request.*, and is bound in open mode.
  options.filter_mode = workload.name == "rule" ? BindMode::kOpen : BindMode::kRestricted;
  options.request = &Guest();
  return Must(Bind(query, BlogSchema(), options));
}

inline std::vector<Ast> ParseTexts(const Workload& workload) {
  std::vector<Ast> trees;
  for (const std::string& text : MakeTexts(workload)) trees.push_back(Must(ParseFilter(text)));
  return trees;
}

// The element for iteration `i` of a power-of-two long list.
template <typename T>
const T& At(const std::vector<T>& list, std::size_t i) {
  return list[i & (list.size() - 1)];
}

// `stage/workload`.
inline std::string Name(std::string_view stage, const Workload& workload) {
  return std::string(stage) + "/" + std::string(workload.name);
}

}  // namespace sluice::bench
