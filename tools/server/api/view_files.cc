// Where a view's column comes from is not stored: its query is read again, over
// collections whose file fields carry their own place. Tested by
// tests/conformance (`files`).
#include "tools/server/api/view_files.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/sql.h"
#include "sluice/view_fields.h"
#include "tools/server/http/api_error.h"
#include "tools/server/records/query.h"

namespace sluice::api {
namespace {

constexpr int kViewsMax = 5;

Status NotFound() { return http::MakeStatus({.status = 404}); }

struct Place {
  const Collection* collection = nullptr;
  const Field* field = nullptr;
};

// The field that a view's file field is a copy of. A clone keeps the members of
// its source but for id and name, so the place goes into one that file fields
// do not use.
std::optional<Place> SourceOf(const Schema& schema, const Collection& view,
                              std::string_view field_name) {
  std::vector<std::shared_ptr<const Collection>> marked;
  std::vector<Place> places;
  for (const auto& collection : schema.collections()) {
    auto copy = std::make_shared<Collection>(*collection);
    for (std::size_t i = 0; i < copy->fields.size(); ++i) {
      if (copy->fields[i].type != FieldType::kFile) continue;
      copy->fields[i].collection_id = std::to_string(places.size());
      places.push_back({collection.get(), &collection->fields[i]});
    }
    marked.push_back(std::move(copy));
  }
  const StatusOr<std::vector<Field>> fields =
      InferViewFields(NormalizeViewQuery(view.view_query), Schema(std::move(marked)));
  if (!fields.ok()) return std::nullopt;
  for (std::size_t i = 0; i < fields->size(); ++i) {
    const Field& field = (*fields)[i];
    if (field.name != field_name || field.type != FieldType::kFile) continue;
    for (std::size_t place = 0; place < places.size(); ++place)
      if (field.collection_id == std::to_string(place)) return places[place];
  }
  return std::nullopt;
}

// `name` goes into a filter, so one that is not made of the characters of stored
// names is not looked for.
StatusOr<FileOwner> FirstThatNames(const Schema& schema, store::Connection& connection,
                                   const Place& place, std::string_view name) {
  constexpr std::string_view kNameCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.*+=#-";
  if (name.find_first_not_of(kNameCharacters) != std::string_view::npos) return NotFound();
  const std::string column = place.field->name + (place.field->multiple() ? ":each ?= '" : " = '");
  SLUICE_ASSIGN_OR_RETURN(const Ast filter, ParseFilter(column + std::string(name) + "'"));
  Query query;
  query.collection = place.collection;
  query.filter = &filter;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, Bind(query, schema, {.filter_mode = BindMode::kOpen}));
  SelectOptions options;
  options.columns = {"id"};
  options.limit = true;
  FileOwner owner{place.collection->id, {}};
  SLUICE_RETURN_IF_ERROR(records::RunStatement(connection, plan,
                                               SelectRows(plan, Sqlite(), options), {1, 0},
                                               [&owner](const store::Statement& row) {
                                                 owner.record_id = std::string(row.Column(0).text);
                                                 return absl::OkStatus();
                                               }));
  if (owner.record_id.empty()) return NotFound();
  return owner;
}

}  // namespace

StatusOr<FileOwner> OwnerOfViewFile(const Schema& schema, store::Connection& connection,
                                    const Field& field, const Collection& view,
                                    std::string_view name) {
  Place place{&view, &field};
  for (int views = 0; place.collection->is_view(); ++views) {
    const std::optional<Place> source = SourceOf(schema, *place.collection, place.field->name);
    if (views == kViewsMax || !source) return NotFound();
    place = *source;
  }
  return FirstThatNames(schema, connection, place, name);
}

}  // namespace sluice::api
