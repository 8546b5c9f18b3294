#include "tools/server/collections/view_query.h"

#include <algorithm>
#include <set>

#include "sluice/view_fields.h"
#include "tools/server/auth/random_text.h"
#include "tools/server/collections/collection_json.h"
#include "tools/server/collections/draft.h"
#include "tools/server/http/json_text.h"
#include "tools/server/records/record_json.h"
#include "tools/server/store/collection_tables.h"

namespace sluice::collections {
namespace {

constexpr int kSampleMax = 10;

std::string IdText(const ValueView& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return {};
    case StorageClass::kInteger:
      return std::to_string(value.integer);
    case StorageClass::kReal:
      return std::to_string(value.real);
    case StorageClass::kText:
      return std::string(value.text);
  }
  return {};
}

// The field's options without its id.
std::string OptionsBut(const Field& field) {
  StatusOr<boost::json::value> options =
      http::ParseJson(field.options_json, http::JsonTail::kMustBeBlank);
  if (!options.ok() || !options->is_object()) return field.options_json;
  options->get_object().erase("id");
  std::string text;
  http::AppendJsonValue(text, *options);
  return text;
}

}  // namespace

StatusOr<std::vector<Field>> ReadViewFields(store::Connection& connection, const std::string& query,
                                            const Schema& schema) {
  const std::string text = NormalizeViewQuery(query);
  SLUICE_ASSIGN_OR_RETURN(std::vector<Field> fields, InferViewFields(text, schema));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> columns,
                          store::ViewColumns(connection, text));
  fields = MatchViewColumns(std::move(fields), columns);
  for (Field& field : fields) {
    if (field.id.empty()) SetFieldId(field, "_clone_" + auth::RandomText(4));
  }
  return fields;
}

StatusOr<std::vector<Field>> DryRunView(store::Connection& connection, const std::string& query,
                                        const Schema& schema) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Field> fields, ReadViewFields(connection, query, schema));
  SLUICE_RETURN_IF_ERROR(CheckViewFields(fields));
  std::set<std::string> ids;
  SLUICE_RETURN_IF_ERROR(store::ReadViewRows(
      connection, NormalizeViewQuery(query), {"id"}, kSampleMax, [&](const store::Statement& row) {
        const std::string id = IdText(row.Column(0));
        if (id.empty())
          return absl::InvalidArgumentError(
              "the query could return records with empty or invalid ids");
        if (!ids.insert(id).second)
          return absl::InvalidArgumentError("the query could return records with non-unique ids");
        return absl::OkStatus();
      }));
  return fields;
}

StatusOr<std::string> DryRunJson(store::Connection& connection, const std::string& query,
                                 const Schema& schema) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Field> fields, DryRunView(connection, query, schema));
  Draft draft = NewDraft("view");
  draft.name = "temp_view_" + auth::RandomText(5);
  Collection collection;
  collection.type = CollectionType::kView;
  collection.id = AutoId(draft, [](const std::string&) { return false; });
  collection.name = draft.name;
  collection.fields = std::move(fields);
  std::string body = "{\"fields\":[";
  for (const Field& field : collection.fields) {
    if (body.back() != '[') body += ',';
    body += field.options_json;
  }
  body += "],\"sample\":[";
  const records::RecordShape shape(collection, true);
  std::vector<std::string> columns;
  for (const std::string_view column : shape.columns()) columns.emplace_back(column);
  SLUICE_RETURN_IF_ERROR(store::ReadViewRows(
      connection, NormalizeViewQuery(query), columns, kSampleMax, [&](const store::Statement& row) {
        if (body.back() != '[') body += ',';
        return records::AppendRecord(body, shape, row, records::EmailMode::kShow, nullptr);
      }));
  return body + "]}\n";
}

bool SameViewFields(const std::vector<Field>& a, const std::vector<Field>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Field& x, const Field& y) { return OptionsBut(x) == OptionsBut(y); });
}

}  // namespace sluice::collections
