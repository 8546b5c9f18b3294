// sluice eval: a filter on one JSON record, by the in-memory predicate.
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "sluice/predicate.h"
#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::cli {
namespace {

namespace po = boost::program_options;
namespace bj = boost::json;

constexpr char kAbout[] =
    "Evaluates a filter on a JSON object, read from a file or standard input, in memory.\n"
    "Field types come from --dir and --collection, or else from the values: texts, numbers,\n"
    "booleans; an array is a multiple select, an object a json field. Prints true or false;\n"
    "the exit status is 0 for both. Paths through relations need a database: see explain.";

// A record whose columns hold what the peer would have stored.
class JsonRecord final : public RecordView {
 public:
  explicit JsonRecord(const bj::object& object) {
    for (const auto& [key, value] : object) values_[std::string(key)] = Stored(value);
  }
  ValueView Get(const Field& field) const override {
    const auto found = values_.find(field.name);
    if (found != values_.end()) return found->second.view();
    if (field.type == FieldType::kJson) return ValueView::Null();
    if (field.affinity() == Affinity::kText) return ValueView::Text("");
    return field.multiple() ? ValueView::Text("[]") : ValueView::Integer(0);
  }

 private:
  static Value Stored(const bj::value& value) {
    if (value.is_null()) return Value::Null();
    if (value.is_bool()) return Value::Bool(value.get_bool());
    if (value.is_int64()) return Value::Integer(value.get_int64());
    if (value.is_number()) return Value::Real(value.to_number<double>());
    if (value.is_string()) return Value::Text(std::string(value.get_string()));
    return Value::Text(bj::serialize(value));
  }

  StringMap<Value> values_;
};

// A collection guessed from the record.
Collection Guess(const bj::object& object) {
  Collection collection;
  collection.id = collection.name = "record";
  for (const auto& [key, value] : object) {
    Field field;
    field.name = std::string(key);
    if (value.is_number()) field.type = FieldType::kNumber;
    if (value.is_bool()) field.type = FieldType::kBool;
    if (value.is_object() || value.is_null()) field.type = FieldType::kJson;
    if (value.is_array()) {
      field.type = FieldType::kSelect;
      field.max_select = 2;
    }
    collection.fields.push_back(std::move(field));
  }
  return collection;
}

int Fail(const Status& status, std::string_view source) {
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  std::cerr << (diagnostic && !source.empty() ? Render(*diagnostic, source)
                                              : "sluice: " + std::string(AsStd(status.message())))
            << "\n";
  return kFailed;
}

StatusOr<std::string> ReadAll(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError("cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int Eval(const std::string& filter, const std::string& json, const std::string& folder,
         const std::string& collection_name) {
  boost::system::error_code error;
  const bj::value value = bj::parse(json, error);
  if (error || !value.is_object())
    return Fail(absl::InvalidArgumentError("the record is no JSON object" +
                                           (error ? ": " + error.message() : "")),
                "");
  std::shared_ptr<const store::Snapshot> snapshot;
  Schema guessed({std::make_shared<const Collection>(Guess(value.get_object()))});
  const Schema* schema = &guessed;
  const Collection* collection = guessed.collections()[0].get();
  if (!folder.empty()) {
    auto connection = store::Connection::Open(folder + "/data.db", {});
    if (!connection.ok()) return Fail(connection.status(), "");
    auto loaded = store::LoadSnapshot(**connection);
    if (!loaded.ok()) return Fail(loaded.status(), "");
    snapshot = *std::move(loaded);
    schema = snapshot->schema.get();
    collection = schema->Find(collection_name);
    if (collection == nullptr)
      return Fail(absl::NotFoundError("there is no collection " + collection_name), "");
  }
  const StatusOr<Ast> ast = ParseFilter(filter, RuleLimits());
  if (!ast.ok()) return Fail(ast.status(), filter);
  RequestContext request;
  request.now = std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count();
  Query query;
  query.collection = collection;
  query.filter = &*ast;
  StatusOr<Plan> plan = Bind(query, *schema, {.filter_mode = BindMode::kOpen, .request = &request});
  if (!plan.ok()) return Fail(plan.status(), filter);
  const Predicate predicate(*std::move(plan));
  const StatusOr<bool> matches = predicate.Matches(JsonRecord(value.get_object()));
  if (!matches.ok()) return Fail(matches.status(), "");
  std::cout << (*matches ? "true" : "false") << "\n";
  return kDone;
}

}  // namespace

int RunEval(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  flags.add_options()("filter", po::value<std::string>()->required(), "the filter")(
      "record", po::value<std::string>()->default_value("-"),
      "file with the JSON record; - is standard input")(
      "dir", po::value<std::string>()->default_value(""), "data folder that has the collection")(
      "collection", po::value<std::string>()->default_value(""),
      "the collection whose field types count");
  const Arguments parsed =
      ParseArguments(arguments, flags, {"filter", "record"},
                     "sluice eval FILTER [FILE] [--dir FOLDER --collection NAME]", kAbout);
  if (parsed.exit_status) return *parsed.exit_status;
  const StatusOr<std::string> json = ReadAll(parsed.Get<std::string>("record"));
  if (!json.ok()) return Fail(json.status(), "");
  return Eval(parsed.Get<std::string>("filter"), *json, parsed.Get<std::string>("dir"),
              parsed.Get<std::string>("collection"));
}

}  // namespace sluice::cli
