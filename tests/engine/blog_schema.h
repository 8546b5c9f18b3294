// The schema of the conformance fixture, as far as binding needs it, and the
// way from a text to a plan over it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "tests/support/plan_builder.h"

namespace sluice {

inline Field RelationTo(std::string name, const std::string& target, std::uint32_t max_select = 1) {
  Field field = MakeField(std::move(name), FieldType::kRelation, max_select);
  field.collection_id = "c_" + target;
  return field;
}

inline Field HiddenField(std::string name, FieldType type) {
  Field field = MakeField(std::move(name), type);
  field.hidden = true;
  return field;
}

// With `id` in front, and the system fields of an auth collection.
inline std::shared_ptr<Collection> StoredCollection(std::string name, CollectionType type,
                                                    RuleText list_rule, std::vector<Field> fields) {
  std::vector<Field> all = {MakeField("id", FieldType::kText)};
  if (type == CollectionType::kAuth) {
    all.push_back(HiddenField("password", FieldType::kPassword));
    all.push_back(HiddenField("tokenKey", FieldType::kText));
    all.push_back(MakeField("email", FieldType::kEmail));
    all.push_back(MakeField("emailVisibility", FieldType::kBool));
    all.push_back(MakeField("verified", FieldType::kBool));
  }
  all.insert(all.end(), fields.begin(), fields.end());
  std::shared_ptr<Collection> collection = MakeCollection(std::move(name), std::move(all));
  collection->type = type;
  collection->list_rule = std::move(list_rule);
  return collection;
}

inline Index UniqueIndex(std::string column, std::string where = "") {
  Index index;
  index.unique = true;
  index.columns = {std::move(column)};
  index.descending = {false};
  index.where = std::move(where);
  return index;
}

inline std::vector<std::shared_ptr<Collection>> BlogCollections() {
  constexpr CollectionType kBase = CollectionType::kBase;
  std::vector<std::shared_ptr<Collection>> all;
  all.push_back(
      StoredCollection("users", CollectionType::kAuth, "",
                       {MakeField("name", FieldType::kText), MakeField("score", FieldType::kNumber),
                        RelationTo("manager", "users"), MakeField("roles", FieldType::kSelect, 4),
                        HiddenField("secretNote", FieldType::kText)}));
  all.push_back(StoredCollection(
      "orgs", kBase, "",
      {MakeField("name", FieldType::kText), RelationTo("owner", "users"),
       RelationTo("members", "users", 50), MakeField("settings", FieldType::kJson)}));
  all.push_back(
      StoredCollection("tags", kBase, "",
                       {MakeField("name", FieldType::kText),
                        MakeField("weight", FieldType::kNumber), RelationTo("parent", "tags")}));
  all.push_back(StoredCollection(
      "posts", kBase, "status = 'published' || author = @request.auth.id",
      {MakeField("title", FieldType::kText), MakeField("slug", FieldType::kText),
       RelationTo("author", "users"), RelationTo("org", "orgs"), RelationTo("tags", "tags", 10),
       MakeField("status", FieldType::kSelect, 1), MakeField("labels", FieldType::kSelect, 3),
       MakeField("views", FieldType::kNumber), MakeField("pinned", FieldType::kBool),
       MakeField("publishedAt", FieldType::kDate), MakeField("meta", FieldType::kJson),
       MakeField("attachments", FieldType::kFile, 3), RelationTo("related", "posts", 5),
       MakeField("place", FieldType::kGeoPoint), HiddenField("internal", FieldType::kText),
       RelationTo("secret", "secrets"), MakeField("created", FieldType::kAutodate)}));
  all.push_back(
      StoredCollection("comments", kBase, "@request.auth.id != ''",
                       {RelationTo("post", "posts"), RelationTo("author", "users"),
                        MakeField("text", FieldType::kText), RelationTo("likes", "users", 20),
                        RelationTo("parent", "comments")}));
  all.push_back(StoredCollection(
      "follows", kBase, "", {RelationTo("follower", "users"), RelationTo("followee", "users")}));
  all.push_back(
      StoredCollection("profiles", kBase, "",
                       {RelationTo("user", "users"), MakeField("headline", FieldType::kText),
                        RelationTo("links", "tags", 5)}));
  all.back()->indexes = {UniqueIndex("USER"), UniqueIndex("links")};
  // A unique index that holds for some rows only.
  all.push_back(StoredCollection("drafts", kBase, "", {RelationTo("post", "posts")}));
  all.back()->indexes = {UniqueIndex("post", "post != ''")};
  Field hidden_relation = RelationTo("post", "posts");
  hidden_relation.hidden = true;
  all.push_back(StoredCollection("audits", kBase, "", {hidden_relation}));
  all.push_back(StoredCollection(
      "secrets", kBase, std::nullopt,
      {MakeField("key", FieldType::kText), HiddenField("value", FieldType::kText)}));
  all.push_back(
      StoredCollection("people", CollectionType::kView, "",
                       {MakeField("name", FieldType::kText), MakeField("email", FieldType::kEmail),
                        RelationTo("boss", "people"), MakeField("roles", FieldType::kSelect, 4)}));
  // Fields with the names of the literals (F-30), and of a back-relation (F-87).
  all.push_back(StoredCollection(
      "odd", kBase, "",
      {MakeField("null", FieldType::kText), MakeField("True", FieldType::kBool),
       RelationTo("comments_via_post", "tags"), MakeField("_via_x", FieldType::kText)}));
  return all;
}

inline std::shared_ptr<const Schema> SchemaOf(const std::vector<std::shared_ptr<Collection>>& all) {
  return std::make_shared<const Schema>(
      std::vector<std::shared_ptr<const Collection>>(all.begin(), all.end()));
}

inline const Schema& BlogSchema() {
  static const std::shared_ptr<const Schema> kSchema = SchemaOf(BlogCollections());
  return *kSchema;
}

// One text bound over one collection, in open mode unless said.
struct BindInput {
  std::string_view filter;
  std::string_view collection = "posts";
  BindMode mode = BindMode::kOpen;
  const RequestContext* request = nullptr;
  std::string_view rule = {};
  std::string_view sort = {};
};

inline StatusOr<Plan> BindTexts(const BindInput& input, const Schema& schema = BlogSchema()) {
  Query query;
  query.collection = schema.Find(input.collection);
  StatusOr<Ast> rule = Ast();
  StatusOr<Ast> filter = Ast();
  StatusOr<SortList> sort = SortList();
  if (!input.rule.empty()) {
    rule = ParseFilter(input.rule, RuleLimits());
    if (!rule.ok()) return rule.status();
    query.rule = &*rule;
  }
  if (!input.filter.empty()) {
    filter = ParseFilter(input.filter, RuleLimits());
    if (!filter.ok()) return filter.status();
    query.filter = &*filter;
  }
  if (!input.sort.empty()) {
    sort = ParseSort(input.sort);
    if (!sort.ok()) return sort.status();
    query.sort = &*sort;
  }
  BindOptions options;
  options.filter_mode = input.mode;
  options.request = input.request;
  return Bind(query, schema, options);
}

// What a test compares: the condition, or the mistake's text.
inline std::string MessageOf(const Status& status) {
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  return diagnostic ? diagnostic->message
                    : "no diagnostic: " + std::string(AsStd(status.message()));
}

inline std::string WhereOf(const BindInput& input, const Schema& schema = BlogSchema()) {
  const StatusOr<Plan> plan = BindTexts(input, schema);
  return plan.ok() ? DumpCond(*plan, plan->condition) : MessageOf(plan.status());
}

inline std::string DumpOf(const BindInput& input, const Schema& schema = BlogSchema()) {
  const StatusOr<Plan> plan = BindTexts(input, schema);
  return plan.ok() ? Dump(*plan) : MessageOf(plan.status());
}

}  // namespace sluice
