// Tested by tests/conformance (`records`, `batch`).
#include "tools/server/writes/answer.h"

#include "sluice/parser.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/expand.h"
#include "tools/server/records/loaded_record.h"

namespace sluice::writes {
namespace {

bool ShowsEmail(const records::Caller& caller, const Record& record, const AnswerParams& params) {
  const Collection& collection = *record.collection;
  if (!collection.is_auth() || caller.superuser || params.always_show_email) return true;
  if (record.Get("emailVisibility").boolean) return true;
  const AuthRecord* auth = caller.request.auth;
  return auth != nullptr && auth->collection->id == collection.id && auth->id == record.id();
}

std::string ColumnText(const Field& field, const fields::FieldValue& value) {
  const Value column = fields::ToColumn(field, value);
  char buffer[32];
  const std::optional<std::string_view> text = TextOf(column.view(), buffer);
  return text ? std::string(*text) : std::string();
}

}  // namespace

bool NeedsDatabase(const records::Caller& caller, const Record& record,
                   const AnswerParams& params) {
  if (!params.expand.empty()) return true;
  return !ShowsEmail(caller, record, params) &&
         records::NeedsManageRule(caller, *record.collection);
}

StatusOr<std::string> RecordObject(const records::Caller& caller, const Record& record,
                                   const AnswerParams& params) {
  const Collection& collection = *record.collection;
  const auto append = [&](std::string& out, const Field& field) {
    const auto index = static_cast<std::size_t>(&field - collection.fields.data());
    fields::AppendJson(out, field, record.values[index], params.plain_passwords);
    return absl::OkStatus();
  };
  const records::RecordShape& shape =
      records::RecordShape::Of(caller.snapshot.schema, collection, caller.superuser, params.keys);
  const records::EmailMode email =
      ShowsEmail(caller, record, params) ? records::EmailMode::kShow : records::EmailMode::kHide;
  std::string text;
  records::LoadedRecords kept;
  records::LoadedRecord* const loaded = &kept.Add();
  SLUICE_RETURN_IF_ERROR(records::AppendRecord(text, shape, append, email, &loaded->places));
  if (!NeedsDatabase(caller, record, params)) return text;

  const std::string id(record.id());
  loaded->id = id;
  loaded->text = text;
  std::string hidden_email = "\"email\":";
  if (email == records::EmailMode::kHide && records::NeedsManageRule(caller, collection)) {
    json::AppendString(hidden_email, record.Get("email").text);
    hidden_email += ',';
    loaded->email = hidden_email;
  }
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    const Field& field = collection.fields[i];
    if (field.type == FieldType::kRelation)
      loaded->relations.emplace_back(field.name, kept.Keep(ColumnText(field, record.values[i])));
  }
  const std::vector<records::LoadedRecord*> all{loaded};
  records::ApplyManageRule(caller, collection, all);
  const ExpandList expand = ParseExpand(params.expand);
  const std::size_t bytes_max = params.limits.bytes_max;
  const Status expanded =
      records::ExpandRecords(caller, collection, all, expand, {}, params.limits, kept);
  std::string out;
  if (expanded.ok() && records::AppendLoaded(out, *loaded, bytes_max)) return out;
  out.clear();
  loaded->expand.clear();
  (void)records::AppendLoaded(out, *loaded, std::string::npos);
  return out;
}

}  // namespace sluice::writes
