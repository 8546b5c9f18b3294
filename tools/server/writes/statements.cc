#include "tools/server/writes/statements.h"

#include "boost/json/object.hpp"

#include "tools/server/http/json_text.h"
#include "tools/server/store/per_collection.h"

namespace sluice::writes {
namespace {

FieldFlags FlagsOf(const Field& field) {
  FieldFlags flags;
  const auto options = http::ParseJson(field.options_json, http::JsonTail::kMustBeBlank);
  if (!options.ok() || !options->is_object()) return flags;
  const auto is_set = [&options](std::string_view name) {
    const boost::json::value* value = options->get_object().if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
  };
  flags.required = is_set("required");
  flags.cascade_delete = field.type == FieldType::kRelation && is_set("cascadeDelete");
  flags.on_create = field.type == FieldType::kAutodate && is_set("onCreate");
  flags.on_update = field.type == FieldType::kAutodate && is_set("onUpdate");
  return flags;
}

}  // namespace

TableStatements::TableStatements(const Collection& collection)
    : insert(InsertRow(collection, Sqlite())),
      update(UpdateRow(collection, Sqlite())),
      remove(DeleteRow(collection, Sqlite())),
      select(SelectRow(collection, Sqlite())) {
  for (const Field& field : collection.fields) {
    flags.push_back(FlagsOf(field));
    has_files = has_files || field.type == FieldType::kFile;
  }
}

const TableStatements& TableStatements::Of(const std::shared_ptr<const Schema>& schema,
                                           const Collection& collection) {
  return store::KeptOf<TableStatements>(schema, &collection,
                                        [&] { return TableStatements(collection); });
}

Status Run(store::Connection& connection, const std::string& text,
           const std::vector<ValueView>& parameters) {
  SLUICE_ASSIGN_OR_RETURN(store::Statement * statement, connection.Prepare(text));
  const store::StatementUse use(statement);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    use->Bind(static_cast<int>(i) + 1, parameters[i]);
  return use->Step().status();
}

}  // namespace sluice::writes
