#include "tools/server/records/loaded_record.h"

#include <algorithm>

#include "sluice/binder.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/field_json.h"
#include "tools/server/records/query.h"

namespace sluice::records {
namespace {

constexpr std::size_t kTextBytes = 32;  // of a number

bool IsTrue(const ValueView& value) {
  if (value.storage == StorageClass::kInteger) return value.integer == 1;
  char buffer[kTextBytes];
  return ParseBoolText(TextOf(value, buffer).value_or(std::string_view()));
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
  if (IsTrue(row.Column(shape.email_visibility_column()))) return EmailMode::kShow;
  const AuthRecord* auth = caller.request.auth;
  if (auth == nullptr || auth->collection->id != collection.id) return EmailMode::kHide;
  return row.Column(shape.id_column()).text == auth->id ? EmailMode::kShow : EmailMode::kHide;
}

void LoadedRecord::SetExpansion(Expansion expansion) {
  const auto place = std::find_if(expand.begin(), expand.end(), [&](const Expansion& other) {
    return other.key >= expansion.key;
  });
  if (place != expand.end() && place->key == expansion.key) {
    *place = std::move(expansion);
  } else {
    expand.insert(place, std::move(expansion));
  }
}

std::string_view LoadedRecords::Keep(std::string_view text) {
  constexpr std::size_t kFirstBlock = 8192;
  constexpr std::size_t kBlockMax = std::size_t{256} << 10;
  if (text.size() > left_) {
    const std::size_t block =
        std::min(kFirstBlock << std::min<std::size_t>(blocks_.size(), 8), kBlockMax);
    left_ = std::max(text.size(), block);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    next_ = blocks_.back().get();
  }
  char* const begin = next_;
  next_ = std::copy(text.begin(), text.end(), begin);
  left_ -= text.size();
  bytes_ += text.size();
  return {begin, text.size()};
}

StatusOr<LoadedRecord*> LoadRecord(const Caller& caller, const RecordShape& shape,
                                   const store::Statement& row, LoadedRecords& loaded) {
  LoadedRecord& record = loaded.Add();
  char buffer[kTextBytes];
  const auto keep = [&](int column) {
    return loaded.Keep(TextOf(row.Column(column), buffer).value_or(std::string_view()));
  };
  record.id = keep(shape.id_column());
  const EmailMode email = EmailModeOf(caller, shape, row);
  std::string& text = loaded.scratch();
  SLUICE_RETURN_IF_ERROR(AppendRecord(text, shape, row, email, &record.places));
  record.text = loaded.Keep(text);
  if (email == EmailMode::kHide && NeedsManageRule(caller, shape.collection())) {
    text.clear();
    SLUICE_RETURN_IF_ERROR(AppendEmail(text, shape, row));
    record.email = loaded.Keep(text);
  }
  for (const auto& [name, column] : shape.relations())
    record.relations.emplace_back(name, keep(column));
  return &record;
}

void ApplyManageRule(const Caller& caller, const Collection& collection,
                     const std::vector<LoadedRecord*>& records) {
  if (!NeedsManageRule(caller, collection)) return;
  const store::ParsedRule& rule = caller.snapshot.RulesOf(collection).manage;
  if (!rule.ast) return;
  std::vector<std::string> ids;
  for (const LoadedRecord* record : records) {
    if (!record->email.empty()) ids.emplace_back(record->id);
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
                       for (LoadedRecord* record : records) {
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
    for (const Expansion& expansion : record.expand) {
      if (!first) out += ',';
      first = false;
      json::AppendString(out, expansion.key);
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
