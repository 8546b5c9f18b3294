// Two databases that differ only in what a caller may not see give that caller
// the same bytes, whatever it asks: hidden fields, hidden addresses, rows that
// it can neither list nor view. Where the peer lets such things through, the
// default does so too, and strict mode refuses to answer (tools/README.md).
//
// More by SLUICE_ORACLE_SEED and SLUICE_ORACLE_WORLDS.
#include <set>

#include "gtest/gtest.h"

#include "sluice/parser.h"
#include "tests/support/list_request.h"
#include "tests/support/oracle.h"
#include "tools/server/records/query.h"

namespace sluice {
namespace {

// What callers ask of each world, and how many of them.
constexpr int kRequestsPerCaller = 60;
constexpr int kCallersPerWorld = 3;

class World {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed, {.any_rules = false}),
        schema_(random_.MakeSchema()),
        rows_(random_.MakeRows()),
        shown_(rows_),
        changed_(rows_),
        shown_connection_(shown_.Open()),
        changed_connection_(changed_.Open(store::Access::kWrite)),
        compatible_(SnapshotOf(schema_, false)),
        strict_(SnapshotOf(schema_, true)) {}

  RandomWorld& random() { return random_; }

  // A guest, or one of the users that there are.
  void PickCaller() {
    auth_.reset();
    const std::set<std::string> users = IdsBy(*schema_->Find("users"), "1=1");
    if (users.empty() || random_.Chance(30)) return;
    const std::string id = *std::next(users.begin(), static_cast<long>(random_.Pick(users.size())));
    auth_ = AuthRecord{schema_->Find("users"), id, "own@x.io", false, false};
  }

  // Changes what the caller may not see; `rows_too`: also which rows there are,
  // and whom they belong to.
  int ChangeTheUnseen(bool rows_too) {
    int changes = 0;
    for (const auto& collection : schema_->collections()) {
      if (!collection->is_view()) changes += ChangeIn(*collection, rows_too);
    }
    return changes;
  }

  void Restore() {
    for (const std::string& sql : rows_) {
      const std::size_t at = sql.find("INSERT INTO ");
      if (at != 0) continue;
      const std::string table = sql.substr(12, sql.find(' ', 12) - 12);
      if (restored_.insert(table).second) Run("DELETE FROM " + table);
      Run(sql);
    }
    // A table that had no rows has none again.
    for (const auto& collection : schema_->collections()) {
      if (!collection->is_view() && !restored_.contains(collection->name))
        Run("DELETE FROM " + collection->name);
    }
    restored_.clear();
  }

  struct Answers {
    std::string shown;
    std::string changed;
    bool same() const { return shown == changed; }
  };
  Answers Ask(const ListRequest& request, bool strict) {
    const store::Snapshot& snapshot = strict ? *strict_ : *compatible_;
    const AuthRecord* auth = auth_ ? &*auth_ : nullptr;
    return {Answer(snapshot, *shown_connection_, auth, request),
            Answer(snapshot, *changed_connection_, auth, request)};
  }

  // Hidden relations, which strict mode leaves out of an expansion: not to be told
  // from the answer where nothing is related.
  bool ExpandsHidden(const ListRequest& request) const {
    for (const auto& collection : schema_->collections()) {
      for (const Field& field : collection->fields) {
        if (field.hidden && field.type == FieldType::kRelation &&
            request.expand.find(field.name) != std::string::npos)
          return true;
      }
    }
    return false;
  }

  std::string Caller() const { return auth_ ? auth_->id : "guest"; }
  const std::vector<std::string>& changes() const { return changes_; }
  void ForgetChanges() { changes_.clear(); }

 private:
  void Run(const std::string& sql) {
    const Status status = changed_connection_->Execute(sql);
    if (!status.ok()) FAIL() << sql << ": " << status;
  }

  std::set<std::string> IdsBy(const Collection& collection, const RuleText& rule) {
    std::set<std::string> ids;
    if (!rule) return ids;
    const StatusOr<Ast> ast = ParseFilter(rule->empty() ? "1=1" : *rule, RuleLimits());
    RequestContext request;
    request.now = 1'704'067'200'000;
    request.auth = auth_ ? &*auth_ : nullptr;
    Query query;
    query.collection = &collection;
    query.rule = &*ast;
    const StatusOr<Plan> plan = Bind(query, *schema_, {.request = &request});
    SelectOptions options;
    options.columns = {"id"};
    const Status status =
        records::RunStatement(*shown_connection_, *plan, SelectRows(*plan, Sqlite(), options), {},
                              [&ids](const store::Statement& row) {
                                ids.emplace(row.Column(0).text);
                                return absl::OkStatus();
                              });
    EXPECT_TRUE(status.ok()) << status;
    return ids;
  }

  // Rules and views may show a field to somebody who cannot see its row.
  bool IsShownElsewhere(const Collection& collection, const Field& field) const {
    for (const RuleText& rule : {collection.list_rule, collection.view_rule}) {
      if (rule && rule->find(field.name) != std::string::npos) return true;
    }
    const Collection* view = schema_->Find("vw");
    return view != nullptr && IsSourceOf(*view, collection) &&
           (field.name == "title" || view->FindField(field.name) != nullptr);
  }
  static bool IsSourceOf(const Collection& view, const Collection& collection) {
    return view.view_query.find(" FROM " + collection.name + " ") != std::string::npos;
  }

  int ChangeIn(const Collection& collection, bool rows_too) {
    const std::set<std::string> all = IdsBy(collection, "");
    const std::set<std::string> listed = IdsBy(collection, collection.list_rule);
    const std::set<std::string> viewed = IdsBy(collection, collection.view_rule);
    const Collection* view = schema_->Find("vw");
    const bool counted = view != nullptr && IsSourceOf(*view, collection);
    int changes = 0;
    std::size_t row = 0;
    for (const std::string& id : all) {
      ++row;
      const bool unseen = !listed.contains(id) && !viewed.contains(id);
      const bool own = auth_ && collection.is_auth() && auth_->id == id;
      if (unseen && rows_too && !counted && !own && random_.Chance(30)) {
        changes += Change("DELETE FROM " + collection.name + " WHERE id = '" + id + "'");
        continue;
      }
      for (const Field& field : collection.fields) {
        if (field.name == "id" || collection.HasUniqueIndexOn(field.name)) continue;
        const bool email = collection.is_auth() && field.name == "email";
        std::string only = " WHERE id = '" + id + "'";
        if (email && !own) {
          only += " AND emailVisibility = 0";
        } else if (!field.hidden) {
          const bool whose = field.type == FieldType::kRelation || field.name == "emailVisibility";
          if (!unseen || own || (whose && !rows_too) || IsShownElsewhere(collection, field))
            continue;
        }
        changes += Change("UPDATE " + collection.name + " SET " + field.name + " = " +
                          random_.MakeValue(field, row + 40) + only);
      }
    }
    return changes;
  }

  int Change(const std::string& sql) {
    changes_.push_back(sql);
    Run(sql);
    return 1;
  }

  RandomWorld random_;
  std::shared_ptr<const Schema> schema_;
  std::vector<std::string> rows_;
  TempDatabase shown_;
  TempDatabase changed_;
  std::unique_ptr<store::Connection> shown_connection_;
  std::unique_ptr<store::Connection> changed_connection_;
  std::shared_ptr<const store::Snapshot> compatible_;
  std::shared_ptr<const store::Snapshot> strict_;
  std::optional<AuthRecord> auth_;
  std::vector<std::string> changes_;
  std::set<std::string> restored_;
};

std::string Explain(const World& world, const ListRequest& request, const World::Answers& answers) {
  std::string text = world.Caller() + " asks " + request.Show() + answers.shown + answers.changed;
  for (const std::string& change : world.changes()) text += change + "\n";
  return text;
}

struct Tally {
  std::uint64_t pairs = 0;
  std::uint64_t with_rows = 0;
  std::uint64_t changes = 0;
  std::uint64_t refused_by_strict = 0;
  std::uint64_t let_through = 0;  // by the default, of those that strict mode refuses
  std::uint64_t guarded = 0;      // of those, in their any-form
};

// Strict mode: whatever is asked.
void AskStrict(World& world, const ListRequest& request, Tally& tally) {
  const World::Answers answers = world.Ask(request, true);
  ++tally.pairs;
  tally.with_rows += answers.shown.find("\"id\":") != std::string::npos ? 1 : 0;
  ASSERT_TRUE(answers.same()) << Explain(world, request, answers);
}

// The same comparisons in their any-form, of which one joined row that the caller
// may list has to satisfy all; without what else the peer looks through. Empty
// where calls are, whose arguments nothing guards.
ListRequest InAnyForm(ListRequest request) {
  if (request.filter.find('(') != std::string::npos) request.filter.clear();
  for (const std::string sign : {"=", "!=", "~", "!~", ">", ">=", "<", "<="}) {
    const std::string all = " " + sign + " ";
    for (std::size_t at = 0; (at = request.filter.find(all, at)) != std::string::npos;)
      request.filter.insert(at + 1, "?");
  }
  request.sort.clear();
  request.expand.clear();
  return request;
}

// The default: whatever strict mode answers, it answers without interference.
// What strict mode refuses is where the peer lets something through; not by the
// values of one row, though.
void AskCompatible(World& world, const ListRequest& request, Tally& tally) {
  const World::Answers strict = world.Ask(request, true);
  const World::Answers answers = world.Ask(request, false);
  ++tally.pairs;
  tally.with_rows += answers.shown.find("\"id\":") != std::string::npos ? 1 : 0;
  const bool refused = strict.shown != answers.shown || world.ExpandsHidden(request);
  tally.refused_by_strict += refused ? 1 : 0;
  if (refused) {
    tally.let_through += answers.same() ? 0 : 1;
    const ListRequest guarded = InAnyForm(request);
    const World::Answers of_guarded = world.Ask(guarded, false);
    tally.guarded += guarded.filter.empty() ? 0 : 1;
    ASSERT_TRUE(of_guarded.same()) << Explain(world, guarded, of_guarded);
    return;
  }
  ASSERT_TRUE(answers.same()) << Explain(world, request, answers);
}

Tally AskWorlds(bool strict, std::uint64_t worlds_default) {
  const std::uint64_t seed = NumberFromEnvironment("SLUICE_ORACLE_SEED", 139);
  const std::uint64_t worlds = NumberFromEnvironment("SLUICE_ORACLE_WORLDS", worlds_default);
  Tally tally;
  for (std::uint64_t at = seed; at < seed + worlds; ++at) {
    SCOPED_TRACE("SLUICE_ORACLE_SEED=" + std::to_string(at));
    World world(at);
    for (int caller = 0; caller < kCallersPerWorld; ++caller) {
      world.PickCaller();
      world.ForgetChanges();
      tally.changes += static_cast<std::uint64_t>(world.ChangeTheUnseen(strict));
      for (int i = 0; i < kRequestsPerCaller; ++i) {
        const ListRequest request = MakeListRequest(world.random());
        strict ? AskStrict(world, request, tally) : AskCompatible(world, request, tally);
        if (testing::Test::HasFailure()) return tally;
      }
      world.Restore();
    }
  }
  std::printf(
      "%llu pairs, %llu with rows, %llu changes, %llu not answered by strict mode, of "
      "which %llu show what nobody may see, none of %llu in their any-form\n",
      static_cast<unsigned long long>(tally.pairs),
      static_cast<unsigned long long>(tally.with_rows),
      static_cast<unsigned long long>(tally.changes),
      static_cast<unsigned long long>(tally.refused_by_strict),
      static_cast<unsigned long long>(tally.let_through),
      static_cast<unsigned long long>(tally.guarded));
  EXPECT_GT(tally.with_rows, tally.pairs / 10);
  EXPECT_GT(tally.changes, worlds);
  return tally;
}

TEST(NoninterferenceTest, StrictModeShowsNothingThatMayNotBeSeen) { AskWorlds(true, 25); }

TEST(NoninterferenceTest, TheDefaultShowsNoMoreThanThePeer) {
  const Tally tally = AskWorlds(false, 25);
  // Otherwise the worlds would not differ in what matters.
  EXPECT_GT(tally.let_through, 0U);
  EXPECT_GT(tally.guarded, tally.refused_by_strict / 10);
}

}  // namespace
}  // namespace sluice
