// Tested by tests/oracle/plan_cache_test.cc, and by tests/conformance.
#include "tools/server/records/plan_cache.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sluice/parser.h"
#include "sluice/thread_owned.h"
#include "tools/server/records/answer_limits.h"
#include "tools/server/records/query.h"
#include "tools/server/store/recent_map.h"

namespace sluice::records {
namespace {

constexpr std::size_t kKeysMax = 128;
constexpr std::size_t kVariantsMax = 4;    // of one key: which values are empty, how constants fold
constexpr std::size_t kStatementsMax = 8;  // of one plan
constexpr std::size_t kKeyBytesMax = 8192;
// How often a plan that was too slow is not tried, after the first time and at
// most: a plan that is slow for some values costs little, one that always is next
// to nothing.
constexpr int kHurriedSkips = 8;
constexpr int kHurriedSkipsMax = 256;
constexpr UnixMillis kSizesAge = 10 * 60 * 1000;

bool SameOptions(const SelectOptions& a, const SelectOptions& b) {
  return a.limit == b.limit && a.offset == b.offset && a.order == b.order &&
         a.lowering == b.lowering && a.rows_asked == b.rows_asked && a.columns == b.columns;
}

// So that few statements serve all pages.
double AboutRows(std::int64_t rows) {
  return rows <= 100 ? 30 : rows <= 1000 ? 1000 : rows <= 10'000 ? 10'000 : -1;
}

void AppendPointer(std::string& key, const void* pointer) {
  key.append(reinterpret_cast<const char*>(&pointer), sizeof pointer);
}

// A part and where it ends.
void AppendPart(std::string& key, std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key += part;
}

bool IsOld(UnixMillis at, UnixMillis now) { return now < at || now - at > kSizesAge; }

// The parsed texts that a Query points to.
struct Parsed {
  std::optional<Ast> filter;
  SortList sort;
};

StatusOr<Parsed> Parse(const Asked& asked) {
  Parsed parsed;
  if (!asked.sort.empty()) {
    SLUICE_ASSIGN_OR_RETURN(parsed.sort, ParseSort(asked.sort));
  }
  if (!asked.filter.empty()) {
    SLUICE_ASSIGN_OR_RETURN(Ast filter, ParseFilter(asked.filter));
    parsed.filter = std::move(filter);
  }
  return parsed;
}

// Points into both.
Query QueryOf(const Asked& asked, const Parsed& parsed) {
  Query query;
  query.collection = asked.collection;
  query.rule = asked.rule;
  if (parsed.filter) query.filter = &*parsed.filter;
  if (!parsed.sort.keys.empty()) query.sort = &parsed.sort;
  query.row_id = asked.row_id;
  query.ids = asked.ids;
  return query;
}

}  // namespace

KeptStatement& KeptPlan::Rows(const SelectOptions& options) {
  for (Statement& statement : rows_) {
    if (statement.shape == 0 && SameOptions(statement.options, options)) return statement.kept;
  }
  return Make(options, 0);
}

KeptStatement& KeptPlan::Page(const RecordShape& shape, bool offset, std::int64_t rows) {
  const double rows_asked = AboutRows(rows);
  for (Statement& statement : rows_) {
    if (statement.shape == shape.serial() && statement.options.offset == offset &&
        statement.options.rows_asked == rows_asked)
      return statement.kept;
  }
  SelectOptions options;
  options.columns = shape.columns();
  options.limit = true;
  options.offset = offset;
  options.rows_asked = rows_asked;
  return Make(options, shape.serial());
}

KeptStatement& KeptPlan::Make(const SelectOptions& options, std::uint64_t shape) {
  if (rows_.size() >= kStatementsMax) rows_.pop_front();
  Statement& made = rows_.emplace_back();
  made.columns.assign(options.columns.begin(), options.columns.end());
  made.options = options;
  made.options.columns.assign(made.columns.begin(), made.columns.end());
  made.shape = shape;
  made.options.statistics = statistics_.get();
  made.kept.sql = SelectRows(plan_, Sqlite(), made.options);
  return made.kept;
}

KeptStatement& KeptPlan::Count() {
  if (!count_)
    count_.emplace().sql = SelectCount(plan_, Sqlite(), Lowering::kRewritten, statistics_.get());
  return *count_;
}

const Predicate& KeptPlan::InMemory() {
  if (!predicate_) predicate_.emplace(plan_);
  return *predicate_;
}

bool KeptPlan::SkipsHurried(store::Connection& connection) {
  if (hurried_skips_ == 0 || !connection.hurried()) return false;
  --hurried_skips_;
  connection.GiveUp();
  return true;
}

void KeptPlan::NoteHurried(const store::Connection& connection) {
  if (!connection.hurried()) return;
  if (connection.gave_up()) {
    hurried_skips_ = hurried_skips_next_ == 0 ? kHurriedSkips : hurried_skips_next_;
    hurried_skips_next_ = std::min(2 * hurried_skips_, kHurriedSkipsMax);
  } else {
    hurried_skips_next_ = 0;
  }
}

StatusOr<bool> Matches(const BoundPlan& bound, const RecordView& record, RowSource* rows,
                       const PredicateLimits& limits) {
  const Predicate& predicate = bound.kept->InMemory();
  const std::optional<Refill>& refill = bound.kept->refill();
  if (!refill) return predicate.Matches(record, rows, limits);
  if (predicate.TakesValues(*refill)) return predicate.Matches(record, rows, limits, bound.values);
  Plan plan = bound.plan();
  for (SlotId slot = 0; slot < plan.slots.size(); ++slot)
    plan.slots[slot].value = Value::From(bound.values.Get(slot));
  return Predicate(std::move(plan)).Matches(record, rows, limits);
}

// Of one thread and one schema.
class PlanCache {
 public:
  static PlanCache& OfThread() { return ThreadOwned<PlanCache>(); }

  PlanCacheCounts counts() const { return counts_; }

  PlanCost CostOf(const Caller& caller, const Plan& plan) {
    Follow(caller);
    return EstimateCost(plan, [&](const Collection& collection) -> const store::TableSizes& {
      Sized& sized = sizes_[&collection];
      if (!sized.known || IsOld(sized.at, caller.request.now)) {
        sized = {true, caller.request.now, store::EstimateTable(caller.connection, collection)};
      }
      return sized.sizes;
    });
  }

  StatusOr<BoundPlan> Get(const Caller& caller, const Asked& asked) {
    Follow(caller);
    const bool shaped =
        asked.filter.empty() ||
        (asked.filter.size() <= ParseLimits().text_bytes_max && TakeLiterals(asked.filter, shape_));
    if (!shaped || !MakeKey(caller, asked)) return Make(caller, asked, false);
    const SlotInputs inputs{&caller.request, asked.filter.empty() ? nullptr : &shape_, asked.row_id,
                            asked.ids};
    if (const Variants* variants = plans_.Find(key_)) {
      for (const std::shared_ptr<KeptPlan>& kept : *variants) {
        if (std::optional<SlotValues> values = kept->refill_->Fill(kept->plan_, inputs)) {
          ++counts_.hits;
          return BoundPlan{kept, *std::move(values)};
        }
      }
    }
    ++counts_.misses;
    return Make(caller, asked, true);
  }

 private:
  struct Sized {
    bool known = false;
    UnixMillis at = 0;
    store::TableSizes sizes;
  };

  void Follow(const Caller& caller) {
    if (schema_ == caller.snapshot.schema) return;
    plans_.clear();
    sizes_.clear();
    schema_ = caller.snapshot.schema;
  }

  // The latest first.
  using Variants = std::deque<std::shared_ptr<KeptPlan>>;

  // Everything that a plan depends on, but for values; false when that is too
  // long to be kept.
  bool MakeKey(const Caller& caller, const Asked& asked) {
    key_.clear();
    AppendPointer(key_, asked.collection);
    const AuthRecord* auth = caller.request.auth;
    AppendPointer(key_, auth == nullptr ? nullptr : auth->collection);
    key_ += static_cast<char>((asked.mode == BindMode::kOpen ? 1 : 0) |
                              (asked.row_id != nullptr ? 2 : 0) | (asked.ids != nullptr ? 4 : 0) |
                              (asked.rule != nullptr ? 8 : 0) | (asked.filter.empty() ? 0 : 16) |
                              (asked.virtual_row ? 32 : 0) | (caller.snapshot.strict ? 64 : 0));
    AppendPart(key_, asked.rule == nullptr ? std::string_view() : asked.rule->source());
    AppendPart(key_, asked.filter.empty() ? std::string_view() : shape_.key);
    AppendPart(key_, asked.sort);
    return key_.size() <= kKeyBytesMax;
  }

  StatusOr<BoundPlan> Make(const Caller& caller, const Asked& asked, bool keep) {
    SLUICE_ASSIGN_OR_RETURN(const Parsed parsed, Parse(asked));
    SLUICE_ASSIGN_OR_RETURN(
        Plan plan, MakePlan(caller, QueryOf(asked, parsed), asked.mode, asked.virtual_row));
    auto kept = std::make_shared<KeptPlan>(std::move(plan), caller.snapshot.statistics);
    SlotValues values(kept->plan());
    if (keep && (!parsed.filter || Fits(shape_, *parsed.filter))) {
      kept->refill_ = Refill::Of(kept->plan(), parsed.filter ? &shape_ : nullptr);
      if (kept->refill_) {
        Variants* found = plans_.Find(key_);
        Variants& variants = found != nullptr ? *found : plans_.Set(key_, {});
        variants.push_front(kept);
        if (variants.size() > kVariantsMax) variants.pop_back();
      }
    }
    return BoundPlan{std::move(kept), std::move(values)};
  }

  std::shared_ptr<const Schema> schema_;  // kept alive: plans and keys point into it
  store::RecentMap<Variants> plans_{kKeysMax};
  std::map<const Collection*, Sized> sizes_;
  FilterShape shape_;
  std::string key_;
  PlanCacheCounts counts_;
};

StatusOr<BoundPlan> PlanFor(const Caller& caller, const Asked& asked) {
  return PlanCache::OfThread().Get(caller, asked);
}

const PlanCost& KeptPlan::CostFor(const Caller& caller) {
  if (!cost_ || IsOld(cost_at_, caller.request.now)) {
    cost_ = PlanCache::OfThread().CostOf(caller, plan_);
    cost_at_ = caller.request.now;
  }
  return *cost_;
}

Status CheckCost(const Caller& caller, const BoundPlan& plan, double rows_asked) {
  const double cost_max = caller.snapshot.cost_max;
  if (cost_max <= 0 || plan.kept->CostFor(caller).For(rows_asked) <= cost_max)
    return absl::OkStatus();
  return TooCostly(cost_max);
}

Status CheckCost(const Caller& caller, const Plan& plan, double rows_asked) {
  const double cost_max = caller.snapshot.cost_max;
  if (cost_max <= 0) return absl::OkStatus();
  const PlanCost cost = PlanCache::OfThread().CostOf(caller, plan);
  return cost.For(rows_asked) <= cost_max ? absl::OkStatus() : TooCostly(cost_max);
}

PlanCacheCounts PlanCacheCountsOfThread() { return PlanCache::OfThread().counts(); }

}  // namespace sluice::records
