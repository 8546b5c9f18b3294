// A small random schema, random rows with the odd values that old folders hold,
// and random filters over it. Everything follows from the choices.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/schema.h"
#include "tests/support/choices.h"

namespace sluice {

// How free a world is.
struct WorldOptions {
  // Rules may be anything that a filter may be; else only of a row's own fields,
  // hidden ones and emails excepted, so that they tell what nobody else can see.
  bool any_rules = true;
  // Rules that are null.
  bool locked = true;
};

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed, const WorldOptions& options = {})
      : choices_(seed), options_(options) {}

  // The decisions that follow are those.
  void Continue(Choices choices) { choices_ = std::move(choices); }
  Choices& choices() { return choices_; }

  // Two to five collections and perhaps a view. `users` is there, with auth.
  std::shared_ptr<const Schema> MakeSchema();
  // CREATE and INSERT statements for it.
  std::vector<std::string> MakeRows();
  // INSERT statements alone, with other rows.
  std::vector<std::string> MakeInserts();

  // A filter or rule over `collection`: one to `terms` comparisons.
  // `requests`: with @request.* and @collection.* operands.
  std::string MakeFilter(const std::string& collection, int terms, bool requests);
  std::string MakeSort(const std::string& collection);
  // Paths of relations, up to three hops.
  std::string MakeExpand(const std::string& collection);
  std::string MakeFields(const std::string& collection);
  const std::string& AnyCollection();
  // Literals that are texts or numbers are left as blanks, {t} and {n}, and filled
  // in later: many questions of one form, of which a database compiles one.
  void LeaveBlanks(bool leave) { blanks_ = leave; }
  std::string Fill(const std::string& text);

  // A stored value as SQL, as rows of `collection` may hold it in `field`.
  std::string MakeValue(const Field& field, std::size_t row);

  std::size_t Pick(std::size_t count) { return choices_.Pick(count); }
  bool Chance(int percent) { return choices_.Chance(percent); }
  const std::string& PickOf(const std::vector<std::string>& items) {
    return choices_.PickOf(items);
  }

  static constexpr std::size_t kRowsMax = 6;
  // `users_1`: the id of a row.
  static std::string IdOf(std::string_view collection, std::size_t row);

 private:
  struct Hop {
    std::string segment;
    const Collection* target = nullptr;
  };

  std::shared_ptr<Collection> MakeCollection(const std::string& name, CollectionType type);
  std::shared_ptr<Collection> MakeView(const Collection& source);
  void AddRules();
  RuleText MakeRule(const Collection& collection);
  std::string OwnRule(const Collection& collection);
  std::vector<Hop> HopsOf(const Collection& collection) const;
  const Collection& Find(const std::string& name) const { return *schema_->Find(name); }

  std::string Comparison(const std::string& collection, bool requests);
  std::string Operand(const std::string& collection, bool requests);
  std::string Path(const Collection& collection, int depth);
  std::string LastSegment(const Field& field);
  std::string Literal();
  std::string TextValue();
  std::string List(const std::string& prefix, std::size_t most);
  std::string TextLiteral();

  Choices choices_;
  WorldOptions options_;
  bool blanks_ = false;
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<Collection>> collections_;
  std::shared_ptr<const Schema> schema_;
};

}  // namespace sluice
