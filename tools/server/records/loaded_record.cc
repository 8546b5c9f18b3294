#include "tools/server/records/loaded_record.h"

#include "sluice/binder.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/field_json.h"
#include "tools/server/records/query.h"

namespace sluice::records {
namespace {

std::string TextOfColumn(const ValueView& value) {
  char buffer[32];
  const std::optional<std::string_view> text = TextOf(value, buffer);
  return text ? std::string(*text) : std::string();
}

}  // namespace

bool SeesAllEmails(const Caller& caller) { return caller.superuser; }

bool NeedsManageRule(const Caller& caller, const Collection& collection) {
  return collection.is_auth() && !caller.superuser && collection.manage_rule &&
         !collection.manage_rule->empty();
}

EmailMode EmailModeOf(const Caller& caller, const RecordShape& shape, const store::Statement& row) {
  const Collection& collection = shape.collection();
  if (!collection.is_auth() || caller.superuser) return EmailMode::kShow;
  if (ParseBoolText(TextOfColumn(row.Column(shape.email_visibility_column()))))
    return EmailMode::kShow;
  const AuthRecord* auth = caller.request.auth;
  if (auth == nullptr || auth->collection->id != collection.id) return EmailMode::kHide;
  return row.Column(shape.id_column()).text == auth->id ? EmailMode::kShow : EmailMode::kHide;
}

StatusOr<RecordPtr> LoadRecord(const Caller& caller, const RecordShape& shape,
                               const store::Statement& row) {
  auto record = std::make_shared<LoadedRecord>();
  record->collection = &shape.collection();
  record->text.reserve(1024);
  record->id = TextOfColumn(row.Column(shape.id_column()));
  const EmailMode email = EmailModeOf(caller, shape, row);
  SLUICE_RETURN_IF_ERROR(AppendRecord(record->text, shape, row, email, &record->places));
  if (email == EmailMode::kHide && NeedsManageRule(caller, shape.collection())) {
    SLUICE_RETURN_IF_ERROR(AppendEmail(record->email, shape, row));
  }
  for (const Field& field : shape.collection().fields) {
    if (field.type != FieldType::kRelation) continue;
    const int column = shape.ColumnOf(field.name);
    if (column >= 0) record->relations.emplace_back(field.name, TextOfColumn(row.Column(column)));
  }
  return record;
}

void ApplyManageRule(const Caller& caller, const Collection& collection,
                     const std::vector<RecordPtr>& records) {
  if (!NeedsManageRule(caller, collection)) return;
  const store::ParsedRule& rule = caller.snapshot.RulesOf(collection).manage;
  if (!rule.ast) return;
  std::vector<std::string> ids;
  for (const RecordPtr& record : records) {
    if (!record->email.empty()) ids.push_back(record->id);
  }
  if (ids.empty()) return;
  const StatusOr<BoundPlan> plan = PlanFor(
      caller,
      {.collection = &collection, .rule = &*rule.ast, .ids = &ids, .mode = BindMode::kOpen});
  // A manage rule that fails shows nothing.
  if (!plan.ok() || !CheckCost(caller, *plan, static_cast<double>(ids.size())).ok()) return;
  SelectOptions options;
  options.columns = {"id"};
  (void)RunStatement(caller.connection, plan->values, plan->kept->Rows(options), {},
                     [&](const store::Statement& row) {
                       const std::string_view id = row.Column(0).text;
                       for (const RecordPtr& record : records) {
                         if (record->id == id) record->show_email = true;
                       }
                       return absl::OkStatus();
                     });
}

bool AppendLoaded(std::string& out, const LoadedRecord& record, std::size_t bytes_max) {
  const std::string_view text = record.text;
  if (out.size() + text.size() > bytes_max) return false;
  std::size_t done = 0;
  if (record.show_email) {
    out += text.substr(0, record.places.email_at);
    out += record.email;
    done = record.places.email_at;
  }
  if (record.has_expand) {
    out += text.substr(done, record.places.expand_at - done);
    done = record.places.expand_at;
    out += "\"expand\":{";
    bool first = true;
    // Depth is bounded by the six segments of an expand path (F-160).
    for (const auto& [key, expansion] : record.expand) {
      if (!first) out += ',';
      first = false;
      json::AppendString(out, key);
      out += expansion.single ? ":" : ":[";
      for (std::size_t i = 0; i < expansion.records.size(); ++i) {
        if (i > 0) out += ',';
        if (!AppendLoaded(out, *expansion.records[i], bytes_max)) return false;
      }
      if (!expansion.single) out += ']';
    }
    out += "},";
  }
  out += text.substr(done);
  return true;
}

}  // namespace sluice::records
