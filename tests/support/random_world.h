// A small schema with every kind of field and path, random rows with the odd
// values that old folders hold, and random filters over it. Everything follows
// from a seed.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "sluice/schema.h"

namespace sluice {

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed) : random_(seed) {}

  // Collections users (auth), tags, posts, comments, profiles (unique back
  // relation) and the view vposts. List rules are random.
  std::shared_ptr<const Schema> MakeSchema();
  // CREATE and INSERT statements for MakeSchema's collections.
  std::vector<std::string> MakeRows();

  // A filter or rule over `collection`: one to `terms` comparisons.
  // `requests`: with @request.* and @collection.* operands.
  std::string MakeFilter(const std::string& collection, int terms, bool requests);
  std::string MakeSort(const std::string& collection);

  std::size_t Pick(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  bool Chance(int percent) { return Pick(100) < static_cast<std::size_t>(percent); }
  const std::string& PickOf(const std::vector<std::string>& items) {
    return items[Pick(items.size())];
  }

 private:
  std::string Comparison(const std::string& collection, bool requests);
  std::string Operand(const std::string& collection, bool requests);
  std::string Path(const std::string& collection, int depth);
  std::string Literal();
  std::string Insert(const std::string& table, const std::vector<std::string>& values);
  std::string Ids(const std::string& kind, int most);
  std::string TextValue();

  std::mt19937_64 random_;
};

}  // namespace sluice
