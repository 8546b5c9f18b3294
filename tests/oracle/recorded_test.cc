// The peer's recorded answers through the in-memory predicate: each list
// request of the conformance scenarios is evaluated row by row, and must give
// the rows that the peer gave (design/core.md 3).
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "boost/json/src.hpp"
#include "gtest/gtest.h"

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/predicate.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/server/blog_folder.h"
#include "tools/server/records/query.h"
#include "tools/server/records/stored_rows.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

const fs::path kConformance = fs::path(SLUICE_SOURCE_DIR) / "tests" / "conformance";

bj::value ReadJsonFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return bj::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

// A copy of the peer's folder, open for reading.
class Fixture {
 public:
  Fixture() {
    const std::string path = folder_.path() + "/data.db";
    // The file is in WAL mode: a writer makes what readers need.
    writer = *store::Connection::Open(path, {.access = store::Access::kWrite});
    connection = *store::Connection::Open(path, {});
    snapshot = *store::LoadSnapshot(*connection);
  }
  ~Fixture() {
    connection.reset();
    writer.reset();
  }

  std::unique_ptr<store::Connection> writer;
  std::unique_ptr<store::Connection> connection;
  std::shared_ptr<const store::Snapshot> snapshot;

 private:
  BlogFolder folder_;
};

struct Case {
  std::string name;
  std::string collection;
  std::string filter;
  std::string as;
  std::vector<std::pair<std::string, std::string>> query;
  bj::value answer;  // the recorded body
};

std::string TextOf(const bj::object& object, const char* key) {
  const bj::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// The list requests with a filter in their query that the peer answered 200,
// of items that change nothing.
std::vector<Case> LoadCases(const std::string& file) {
  std::vector<Case> cases;
  const bj::value scenarios = ReadJsonFile(kConformance / "scenarios" / file);
  const bj::value recorded = ReadJsonFile(kConformance / "recorded" / file);
  for (const bj::value& item : scenarios.as_array()) {
    const bj::value* reads = item.as_object().if_contains("reads");
    if (reads == nullptr) continue;
    const std::string name = TextOf(item.as_object(), "name");
    const bj::array& answers = recorded.as_object().at(name).as_array();
    for (std::size_t i = 0; i < reads->as_array().size(); ++i) {
      const bj::object& step = reads->as_array()[i].as_object();
      const std::string target = TextOf(step, "do");
      constexpr std::string_view kPrefix = "GET /api/collections/";
      constexpr std::string_view kSuffix = "/records";
      const bj::value* query = step.if_contains("query");
      if (query == nullptr || !query->is_object() || target.rfind(kPrefix, 0) != 0 ||
          !target.ends_with(kSuffix))
        continue;
      Case one;
      one.name = name + " / " + std::to_string(i);
      one.collection =
          target.substr(kPrefix.size(), target.size() - kPrefix.size() - kSuffix.size());
      one.filter = TextOf(query->as_object(), "filter");
      one.as = TextOf(step, "as");
      for (const auto& [key, value] : query->as_object()) {
        if (value.is_string())
          one.query.emplace_back(std::string(key), std::string(value.get_string()));
      }
      const bj::object& answer = answers[i].as_object();
      if (one.filter.empty() || answer.at("status").to_number<int>() != 200) continue;
      boost::system::error_code error;
      one.answer = bj::parse(answer.at("body").as_string(), error);
      if (!error && one.answer.is_object()) cases.push_back(std::move(one));
    }
  }
  return cases;
}

StatusOr<std::set<std::string>> InMemory(Fixture& fixture, const Plan& plan) {
  const Predicate predicate(plan);
  records::StoredRows rows(*fixture.snapshot->schema, *fixture.connection);
  SLUICE_ASSIGN_OR_RETURN(const RowSource::Rows all, rows.All(*plan.collection));
  std::set<std::string> ids;
  for (const auto& row : all) {
    SLUICE_ASSIGN_OR_RETURN(const bool matches, predicate.Matches(*row, &rows));
    if (matches) ids.emplace(row->Get(*plan.collection->FindField("id")).text);
  }
  return ids;
}

std::optional<AuthRecord> FindCaller(Fixture& fixture, const std::string& as) {
  if (as.empty()) return std::nullopt;
  const bool superuser = as == "root";
  const std::size_t slash = as.find('/');
  AuthRecord auth;
  auth.collection = fixture.snapshot->schema->Find(superuser ? "_superusers" : as.substr(0, slash));
  records::StoredRows rows(*fixture.snapshot->schema, *fixture.connection);
  const RowSource::Rows found = superuser ? *rows.All(*auth.collection)
                                          : *rows.FindById(*auth.collection, as.substr(slash + 1));
  if (found.empty()) return std::nullopt;
  auth.id = std::string(found[0]->Get(*auth.collection->FindField("id")).text);
  auth.email = std::string(found[0]->Get(*auth.collection->FindField("email")).text);
  auth.email_visibility =
      found[0]->Get(*auth.collection->FindField("emailVisibility")).integer == 1;
  auth.verified = found[0]->Get(*auth.collection->FindField("verified")).integer == 1;
  return auth;
}

// Compares what the answer says: the total where it has one, and that each id
// it shows is among ours.
void ExpectSameRows(const Case& one, const std::set<std::string>& ids, int* checked) {
  const bj::object& answer = one.answer.as_object();
  const std::int64_t total = answer.at("totalItems").to_number<std::int64_t>();
  if (total >= 0) {
    EXPECT_EQ(static_cast<std::int64_t>(ids.size()), total) << one.name << ": " << one.filter;
    ++*checked;
  }
  for (const bj::value& item : answer.at("items").as_array()) {
    const std::string id = item.is_object() ? TextOf(item.as_object(), "id") : "";
    if (id.empty()) continue;
    EXPECT_TRUE(ids.contains(id)) << one.name << ": " << one.filter << " lacks " << id;
    ++*checked;
  }
}

void CheckFile(const std::string& file, int at_least) {
  Fixture fixture;
  int checked = 0;
  int evaluated = 0;
  for (const Case& one : LoadCases(file)) {
    const bool superuser = one.as == "root";
    const Collection* collection = fixture.snapshot->schema->Find(one.collection);
    if (collection == nullptr) continue;
    std::optional<AuthRecord> auth = FindCaller(fixture, one.as);
    RequestContext request;
    request.query = one.query;
    request.auth = auth ? &*auth : nullptr;
    if (auth) request.headers.emplace_back("authorization", "some token");
    request.now = 1'795'286'400'000;
    Query query;
    query.collection = collection;
    const store::ParsedRule& rule = fixture.snapshot->RulesOf(*collection).list;
    if (!superuser && rule.ast) query.rule = &*rule.ast;
    const StatusOr<Ast> filter = ParseFilter(one.filter);
    ASSERT_TRUE(filter.ok()) << one.name << filter.status();
    query.filter = &*filter;
    std::string sort_text;
    for (const auto& [key, value] : one.query) {
      if (key == "sort") sort_text = value;
    }
    const StatusOr<SortList> sort = ParseSort(sort_text);
    ASSERT_TRUE(sort.ok()) << one.name;
    if (!sort->keys.empty()) query.sort = &*sort;  // a path may add a list rule (F-118)
    BindOptions options;
    options.filter_mode = superuser ? BindMode::kOpen : BindMode::kRestricted;
    options.request = &request;
    const StatusOr<Plan> plan = Bind(query, *fixture.snapshot->schema, options);
    ASSERT_TRUE(plan.ok()) << one.name << ": " << one.filter << " " << plan.status();
    const StatusOr<std::set<std::string>> ids = InMemory(fixture, *plan);
    ASSERT_TRUE(ids.ok()) << one.name << ": " << one.filter << " " << ids.status();
    ++evaluated;
    ExpectSameRows(one, *ids, &checked);
  }
  EXPECT_GE(evaluated, at_least);
  EXPECT_GE(checked, at_least);
  std::printf("%s: %d filters evaluated in memory, %d facts compared\n", file.c_str(), evaluated,
              checked);
}

TEST(RecordedTest, PredicateGivesTheRowsOfTheRandomFilters) {
  CheckFile("random-filters.json", 600);
}
TEST(RecordedTest, PredicateGivesTheRowsOfTheReads) { CheckFile("reads.json", 400); }

}  // namespace
}  // namespace sluice
