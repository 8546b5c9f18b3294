// Tested by tests/conformance, and over a real store by
// tests/server/records_list_test.cc.
#include "tools/server/records/list.h"

#include <charconv>
#include <limits>

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "tools/server/http/api_error.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/expand.h"
#include "tools/server/records/loaded_record.h"
#include "tools/server/records/pick_fields.h"
#include "tools/server/records/query.h"
#include "tools/server/records/record_json.h"

namespace sluice::records {
namespace {

constexpr std::int64_t kPerPageDefault = 30;
constexpr std::int64_t kPerPageMax = 1000;
constexpr std::size_t kViewBytes = 2048;

Status ApiStatus(int status, std::string message) {
  return http::MakeStatus({.status = status, .message = std::move(message)});
}

Status SuperusersOnly() { return ApiStatus(403, "Only superusers can perform this action."); }

// Everything that goes wrong behind the rule is one answer, the 400 of F-27;
// what it was stays in the status, for the log.
Status Generic(const Status& cause) {
  if (absl::IsUnavailable(cause) || absl::IsInternal(cause) || absl::IsInvalidArgument(cause))
    return cause;
  Status status = absl::InvalidArgumentError(cause.message());
  cause.ForEachPayload([&status](absl::string_view type, const absl::Cord& payload) {
    status.SetPayload(type, payload);
  });
  return status;
}

StatusOr<std::int64_t> ParseInteger(std::string_view text, std::int64_t absent) {
  if (text.empty()) return absent;
  if (text[0] == '+' && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return absl::InvalidArgumentError("page and perPage are whole numbers");
  }
  return value;
}

StatusOr<bool> ParseSkipTotal(std::string_view text) {
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"", "0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return absl::InvalidArgumentError("skipTotal is true or false");
}

// F-111.
Status CheckPrefixes(const ListParams& params) {
  for (std::string_view text : {params.filter, params.sort}) {
    std::string which;
    if (!MentionsRestrictedPrefix(text, &which)) continue;
    return ApiStatus(403, "Only superusers can filter by " + which);
  }
  return absl::OkStatus();
}

// Of a list that cannot be read, the answer is empty (F-152), whatever is read.
FieldList ParsedFields(std::string_view fields) {
  if (fields.empty()) return {};
  StatusOr<FieldList> list = ParseFields(fields);
  return list.ok() ? *std::move(list) : FieldList();
}

// A body with rows rendered one after the other, or loaded where emails or
// expansions need a second look.
class PageRenderer {
 public:
  PageRenderer(const Caller& caller, const Collection& collection, const ListParams& params,
               std::int64_t rows_expected)
      : caller_(caller),
        limits_(params.limits),
        rows_expected_(static_cast<std::size_t>(rows_expected)),
        picked_(ParsedFields(params.fields)),
        shape_(
            RecordShape::OfPicked(caller.snapshot.schema, collection, caller.superuser, picked_)),
        expand_(ParseExpand(params.expand)) {
    if (!picked_.paths.empty() && !Picks(picked_, "expand")) expand_.paths.clear();
    load_ = !expand_.paths.empty() || NeedsManageRule(caller, collection);
  }

  const RecordShape& shape() const { return *shape_; }
  std::int64_t rows() const { return rows_; }
  // Statements beside the one for the rows follow.
  bool asks_again() const { return load_; }

  Status Row(std::string& out, const store::Statement& row) {
    ++rows_;
    if (load_) {
      SLUICE_ASSIGN_OR_RETURN(LoadedRecord* const record,
                              LoadRecord(caller_, *shape_, row, loaded_));
      loaded_bytes_ += record->text.size();
      if (loaded_bytes_ > limits_.bytes_max) return AnswerTooLong(limits_);
      records_.push_back(record);
      return absl::OkStatus();
    }
    if (out.size() > limits_.bytes_max) return AnswerTooLong(limits_);
    if (rows_ > 1) out += ',';
    SLUICE_RETURN_IF_ERROR(
        AppendRecord(out, *shape_, row, EmailModeOf(caller_, *shape_, row), nullptr));
    // The others are about as long.
    if (rows_ == 1) out.reserve(std::min(out.size() * rows_expected_ * 5 / 4, kReservedMax));
    return absl::OkStatus();
  }

  Status Finish(std::string& out) {
    if (!load_) return absl::OkStatus();
    ApplyManageRule(caller_, shape_->collection(), records_);
    SLUICE_RETURN_IF_ERROR(
        ExpandRecords(caller_, shape_->collection(), records_, expand_, picked_, limits_, loaded_));
    out.reserve(out.size() + std::min(loaded_.bytes() * 5 / 4, kReservedMax));
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (i > 0) out += ',';
      if (!AppendLoaded(out, *records_[i], limits_.bytes_max)) return AnswerTooLong(limits_);
    }
    return absl::OkStatus();
  }

 private:
  static constexpr std::size_t kReservedMax = std::size_t{1} << 20;

  const Caller& caller_;
  const AnswerLimits& limits_;
  std::size_t rows_expected_;
  FieldList picked_;
  std::shared_ptr<const RecordShape> shape_;
  ExpandList expand_;
  bool load_ = false;
  std::int64_t rows_ = 0;
  std::size_t loaded_bytes_ = 0;
  LoadedRecords loaded_;
  std::vector<LoadedRecord*> records_;
};

// One statement sees one state by itself; `several` need a snapshot.
StatusOr<std::unique_ptr<store::ReadSnapshot>> OneState(const Caller& caller, bool several) {
  if (!several) return std::unique_ptr<store::ReadSnapshot>();
  return store::ReadSnapshot::Begin(caller.connection);
}

// Whether tables have changed since the caller took its snapshot (S-18). A
// statement that was made of what they were may then find nothing rather than
// fail.
bool TablesHaveChanged(const Caller& caller) {
  if (caller.snapshot.schema_version < 0) return false;
  const StatusOr<std::int64_t> version = caller.connection.SchemaVersion();
  return version.ok() && *version != caller.snapshot.schema_version;
}

// OFFSET may be as large as there are numbers.
std::int64_t RowsUpToEnd(const PageParams& page) {
  return page.offset > std::numeric_limits<std::int64_t>::max() - page.per_page
             ? page.offset
             : page.offset + page.per_page;
}

// The total; known without counting when the page itself shows the end
// (F-174). Ids of views may repeat, so there the rows say nothing.
StatusOr<std::int64_t> Total(store::Connection& connection, const BoundPlan& plan,
                             const PageParams& page, std::int64_t rows) {
  if (page.skip_total) return -1;
  const bool end_seen = rows < page.per_page && (page.offset == 0 || rows > 0);
  if (end_seen && !plan.plan().collection->is_view()) return page.offset + rows;
  return RunCount(connection, plan);
}

}  // namespace

StatusOr<PageParams> ParsePage(const ListParams& params) {
  PageParams page;
  SLUICE_ASSIGN_OR_RETURN(page.page, ParseInteger(params.page, 1));
  SLUICE_ASSIGN_OR_RETURN(page.per_page, ParseInteger(params.per_page, kPerPageDefault));
  SLUICE_ASSIGN_OR_RETURN(page.skip_total, ParseSkipTotal(params.skip_total));
  if (page.page <= 0) page.page = 1;
  if (page.per_page <= 0) page.per_page = kPerPageDefault;
  if (page.per_page > kPerPageMax) page.per_page = kPerPageMax;
  // The product wraps as the peer's does; what is not positive is no offset.
  const auto wrapped =
      static_cast<std::uint64_t>(page.per_page) * static_cast<std::uint64_t>(page.page - 1);
  page.offset = std::max<std::int64_t>(0, static_cast<std::int64_t>(wrapped));
  return page;
}

void AppendEnvelopeEnd(std::string& out, const PageParams& page, std::int64_t total) {
  const std::int64_t pages = total < 0 ? -1 : (total + page.per_page - 1) / page.per_page;
  out += "],\"page\":";
  json::AppendInteger(out, page.page);
  out += ",\"perPage\":";
  json::AppendInteger(out, page.per_page);
  out += ",\"totalItems\":";
  json::AppendInteger(out, total);
  out += ",\"totalPages\":";
  json::AppendInteger(out, pages);
  out += "}\n";
}

std::string Picked(std::string body, std::string_view fields, bool list_envelope) {
  if (fields.empty()) return body;
  const StatusOr<FieldList> list = ParseFields(fields);
  if (!list.ok()) return "";
  // A list that names nothing still passes through the picker, which sorts the
  // keys of nested objects (F-153).
  StatusOr<std::string> picked = PickFields(body, *list, list_envelope);
  if (!picked.ok()) return "";
  *picked += '\n';
  return *std::move(picked);
}

StatusOr<std::string> ListRecords(const Caller& caller, const Collection& collection,
                                  const ListParams& params) {
  const store::ParsedRule& rule = caller.snapshot.RulesOf(collection).list;
  Asked asked{.collection = &collection, .filter = params.filter, .sort = params.sort};
  if (!caller.superuser) {
    if (rule.locked) return SuperusersOnly();
    SLUICE_RETURN_IF_ERROR(CheckPrefixes(params));
    if (!rule.error.ok()) return Generic(rule.error);
    if (rule.ast) asked.rule = &*rule.ast;
  }
  const StatusOr<PageParams> page = ParsePage(params);
  if (!page.ok()) return Generic(page.status());
  asked.mode = caller.superuser ? BindMode::kOpen : BindMode::kRestricted;
  const StatusOr<BoundPlan> plan = PlanFor(caller, asked);
  if (!plan.ok()) return Generic(plan.status());
  // Rows that are counted are all looked at.
  const double rows_asked = page->skip_total ? static_cast<double>(RowsUpToEnd(*page)) : -1;
  SLUICE_RETURN_IF_ERROR(CheckCost(caller, *plan, rows_asked));
  if (plan->kept->SkipsHurried(caller.connection)) return absl::DeadlineExceededError("");
  PageRenderer renderer(caller, collection, params, page->per_page);
  SLUICE_ASSIGN_OR_RETURN(const auto snapshot,
                          OneState(caller, renderer.asks_again() || !page->skip_total));
  std::string body = "{\"items\":[";
  Status status =
      RunStatement(caller.connection, plan->values,
                   plan->kept->Page(renderer.shape(), page->offset > 0, RowsUpToEnd(*page)),
                   {page->per_page, page->offset},
                   [&](const store::Statement& row) { return renderer.Row(body, row); });
  if (status.ok()) status = renderer.Finish(body);
  plan->kept->NoteHurried(caller.connection);
  if (!status.ok()) return Generic(status);
  const StatusOr<std::int64_t> total = Total(caller.connection, *plan, *page, renderer.rows());
  plan->kept->NoteHurried(caller.connection);
  if (!total.ok()) return Generic(total.status());
  if (renderer.rows() == 0 && TablesHaveChanged(caller))
    return Generic(absl::FailedPreconditionError("the tables have changed"));
  AppendEnvelopeEnd(body, *page, *total);
  return Picked(std::move(body), params.fields, true);
}

StatusOr<std::string> ViewRecord(const Caller& caller, const Collection& collection,
                                 const std::string& id, const ListParams& params) {
  const store::ParsedRule& rule = caller.snapshot.RulesOf(collection).view;
  const auto missing = [] { return ApiStatus(404, ""); };
  Asked asked{.collection = &collection, .row_id = &id, .mode = BindMode::kOpen};
  if (!caller.superuser) {
    if (rule.locked) return SuperusersOnly();
    if (!rule.error.ok()) return missing();
    if (rule.ast) asked.rule = &*rule.ast;
  }
  const StatusOr<BoundPlan> plan = PlanFor(caller, asked);
  if (!plan.ok()) return missing();
  SLUICE_RETURN_IF_ERROR(CheckCost(caller, *plan, 1));
  if (plan->kept->SkipsHurried(caller.connection)) return absl::DeadlineExceededError("");
  PageRenderer renderer(caller, collection, params, 1);
  SLUICE_ASSIGN_OR_RETURN(const auto snapshot, OneState(caller, renderer.asks_again()));
  std::string body;
  body.reserve(kViewBytes);
  Status status =
      RunStatement(caller.connection, plan->values, plan->kept->Page(renderer.shape(), false, 1),
                   {1, 0}, [&](const store::Statement& row) { return renderer.Row(body, row); });
  if (status.ok()) status = renderer.Finish(body);
  plan->kept->NoteHurried(caller.connection);
  if (absl::IsUnavailable(status) || absl::IsInternal(status) || IsAnswerLimit(status))
    return status;
  if (!status.ok() || renderer.rows() == 0) return missing();
  body += '\n';
  return Picked(std::move(body), params.fields, false);
}

}  // namespace sluice::records
