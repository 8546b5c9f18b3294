// The interpreter of compiled predicates: three-valued conditions over values
// that are read from the record as they are needed, and a nested search over
// the variables. Nothing is allocated until a relation is crossed. Tested by
// tests/engine/predicate_test.cc.
#include "engine/predicate_eval.h"

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "engine/date_functions.h"
#include "engine/json_text.h"
#include "sluice/strings.h"
#include "sluice/thread_owned.h"

namespace sluice {
namespace {

// ---- texts that have to be written down ----

// Strings that keep their capacity from one evaluation to the next, so that
// LOWER or an unescaped JSON text costs no allocation in the long run.
struct TextPool {
  std::uint32_t used = 0;
  std::array<std::string, 16> texts;
};

constexpr std::size_t kKeptTextBytesMax = std::size_t{1} << 20;

TextPool& Pool() {
  return ThreadOwned<TextPool>();
}

// One value of an expression and the bytes that it may point into.
class Operand {
 public:
  Operand() = default;
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;
  ~Operand() {
    if (index_ >= 0) Release();
  }

  ValueView value;
  char number[32];

  std::string* Text() {
    if (text_ == nullptr) Acquire();
    return text_;
  }

 private:
  void Acquire() {
    TextPool& pool = Pool();
    const int free = std::countr_one(pool.used);
    if (free < static_cast<int>(pool.texts.size())) {
      index_ = free;
      pool.used |= 1U << free;
      text_ = &pool.texts[static_cast<std::size_t>(free)];
    } else {
      own_ = std::make_unique<std::string>();
      text_ = own_.get();
    }
  }
  void Release() {
    if (text_->capacity() > kKeptTextBytesMax) *text_ = std::string();
    Pool().used &= ~(1U << index_);
  }

  int index_ = -1;
  std::string* text_ = nullptr;
  std::unique_ptr<std::string> own_;
};

// ---- comparisons ----

bool IsEmptyValue(const ValueView& value) {
  return value.is_null() || (value.storage == StorageClass::kText && value.text.empty());
}

bool SameValue(const ValueView& a, const ValueView& b) {
  if (a.storage == StorageClass::kText && b.storage == StorageClass::kText) return a.text == b.text;
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  return *CompareValues(a, b) == std::strong_ordering::equal;
}

Truth EqualValue(const ValueView& a, const ValueView& b) {
  if (a.is_null() || b.is_null()) return Truth::kUnknown;
  return ToTruth(SameValue(a, b));
}

Truth Relate(Relation relation, const ValueView& left, const ValueView& right) {
  switch (relation) {
    case Relation::kSame:
      return ToTruth(SameValue(left, right));
    case Relation::kNotSame:
      return ToTruth(!SameValue(left, right));
    case Relation::kEqual:
      return EqualValue(left, right);
    case Relation::kGreater:
    case Relation::kGreaterEqual:
    case Relation::kLess:
    case Relation::kLessEqual:
    case Relation::kEmpty:
    case Relation::kNotEmpty:
    case Relation::kLike:
      break;
  }
  const std::optional<std::strong_ordering> order = CompareValues(left, right);
  if (!order) return Truth::kUnknown;
  if (relation == Relation::kGreater) return ToTruth(*order > 0);
  if (relation == Relation::kGreaterEqual) return ToTruth(*order >= 0);
  if (relation == Relation::kLess) return ToTruth(*order < 0);
  return ToTruth(*order <= 0);
}

// In place, when the affinity asks for another class at all.
void Convert(Affinity affinity, const ValueView** value, Operand* operand) {
  const bool is_text = (*value)->storage == StorageClass::kText;
  const bool changes =
      affinity == Affinity::kNumeric ? is_text : affinity == Affinity::kText && !is_text;
  if (!changes) return;
  operand->value = ApplyAffinity(**value, affinity, operand->number);
  *value = &operand->value;
}

Truth NegatedIf(bool negated, bool value) { return ToTruth(value != negated); }

// ---- geoDistance (F-106, F-107) ----

std::optional<double> ToReal(const ValueView& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return std::nullopt;
    case StorageClass::kInteger:
      return static_cast<double>(value.integer);
    case StorageClass::kReal:
      return value.real;
    case StorageClass::kText:
      break;
  }
  const std::optional<ValueView> number = ParseNumericText(value.text);
  return number ? ToReal(*number) : std::nullopt;
}

// The operations in the order of the SQL text, each rounded for itself (hence
// volatile, where a compiler might fuse two of them): near points turn on the
// last bit, which decides between 0 and NULL.
double Radians(double degrees) {
  const volatile double radians = degrees * (3.14159265358979323846 / 180.0);
  return radians;
}

std::optional<double> GeoDistance(const std::array<double, 4>& degrees) {
  const double lon_a = Radians(degrees[0]);
  const double lat_a = Radians(degrees[1]);
  const double lon_b = Radians(degrees[2]);
  const double lat_b = Radians(degrees[3]);
  volatile double along = std::cos(lat_a) * std::cos(lat_b);
  along = along * std::cos(lon_b - lon_a);
  volatile double across = std::sin(lat_a) * std::sin(lat_b);
  const double distance = 6371 * std::acos(along + across);
  if (std::isnan(distance)) return std::nullopt;
  return distance;
}

std::int64_t SystemNow() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

// ---- the evaluator ----

// What a variable stands for at the moment. No row and no element: the
// all-NULL row.
struct Binding {
  const RecordView* row = nullptr;
  ValueView element;
};

class Evaluator final : public Assignment {
 public:
  Evaluator(const PredicateProgram& program, const RecordView& record, RowSource* rows,
            const PredicateLimits& limits, const ValueView* slots)
      : program_(program),
        slots_(slots),
        rows_(rows),
        assignments_left_(limits.assignments_max),
        now_(limits.now) {
    if (program.variables.size() > 1) {
      many_.resize(program.variables.size());
      bindings_ = many_.data();
    }
    bindings_[kBaseVar].row = &record;
  }

  StatusOr<bool> Run() {
    const bool matches = Search(program_.scopes[program_.root_scope]);
    if (!status_.ok()) return status_;
    return matches;
  }
  StatusOr<bool> RunWith(Observer observer) {
    observer_ = &observer;
    return Run();
  }

  Truth TruthOf(CondId cond) override { return Evaluate(cond); }
  Value ValueOf(ExprId expr) override {
    Operand operand;
    return Value::From(*Load(expr, &operand));
  }
  const RecordView* RowOf(VarId var) const override { return bindings_[var].row; }
  Value ElementOf(VarId var) const override { return Value::From(bindings_[var].element); }

 private:
  // Values.
  const ValueView* Load(ExprId id, Operand* operand);
  void LoadJson(const ExprNode& node, Operand* operand);
  void LoadLower(const ExprNode& node, Operand* operand);
  void LoadStrftime(const ExprNode& node, Operand* operand);
  void LoadGeoDistance(const ExprNode& node, Operand* operand);
  const ValueView& ConstantOf(const ExprNode& node) const {
    return slots_ == nullptr || node.slot == 0 ? node.constant : slots_[node.slot - 1];
  }
  const ValueView& SlotOf(const VariableNode& variable) const {
    return slots_ == nullptr ? variable.slot : slots_[variable.slot_id];
  }
  ValueView Column(VarId var, const Field* field) const {
    const RecordView* row = bindings_[var].row;
    return row == nullptr ? ValueView::Null() : row->Get(*field);
  }
  std::int64_t Now() {
    if (!now_) now_ = SystemNow();
    return *now_;
  }

  // Conditions.
  Truth Evaluate(CondId id);
  Truth Compare(const CondNode& node);
  Truth Like(const CondNode& node);
  Truth LikeKept(const CondNode& node);
  Truth Junction(const CondNode& node, Truth absorbing);
  Truth InList(const CondNode& node);
  Truth Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
    return Truth::kUnknown;
  }

  // Variables.
  bool Search(const Scope& scope) { return SearchFrom(scope, 0); }
  bool SearchFrom(const Scope& scope, std::size_t level);
  bool TryBinding(const Scope& scope, std::size_t level, const Binding& binding);
  bool SearchElements(const Scope& scope, std::size_t level, const ValueView& list);
  bool SearchRows(const Scope& scope, std::size_t level, const VariableNode& variable);
  StatusOr<RowSource::Rows> RowsOf(const VariableNode& variable);
  StatusOr<RowSource::Rows> RelatedRows(const VariableNode& variable);
  StatusOr<RowSource::Rows> SlotRows(const VariableNode& variable);

  const PredicateProgram& program_;
  const ValueView* slots_;
  RowSource* rows_;
  std::uint64_t assignments_left_;
  std::optional<std::int64_t> now_;
  Status status_;
  Observer* observer_ = nullptr;
  // By variable; without relations there is only the base, and no vector.
  Binding base_;
  std::vector<Binding> many_;
  Binding* bindings_ = &base_;
  // Rows of domains that no other variable decides, by variable.
  std::vector<std::optional<RowSource::Rows>> fixed_rows_;
};

// ---- values ----

const ValueView* Evaluator::Load(ExprId id, Operand* operand) {
  const ExprNode& node = program_.exprs[id];
  switch (node.op) {
    case ExprOp::kConstant:
      return &ConstantOf(node);
    case ExprOp::kColumn:
      if (const RecordView* row = bindings_[node.var].row) {
        // Written where it is used: a copy would wait for the very bytes that
        // the call has just stored, which costs more than the call.
        new (&operand->value) ValueView(row->Get(*node.field));
      } else {
        operand->value = ValueView::Null();
      }
      break;
    case ExprOp::kJson:
      LoadJson(node, operand);
      break;
    case ExprOp::kLength:
      operand->value = ValueView::Integer(JsonLength(Column(node.var, node.field)));
      break;
    case ExprOp::kElement:
      operand->value = bindings_[node.var].element;
      break;
    case ExprOp::kLower:
      LoadLower(node, operand);
      break;
    case ExprOp::kStrftime:
      LoadStrftime(node, operand);
      break;
    case ExprOp::kGeoDistance:
      LoadGeoDistance(node, operand);
      break;
    case ExprOp::kCondition: {
      const Truth truth = Evaluate(node.first);
      operand->value =
          truth == Truth::kUnknown ? ValueView::Null() : ValueView::Bool(truth == Truth::kTrue);
      break;
    }
  }
  return &operand->value;
}

void Evaluator::LoadJson(const ExprNode& node, Operand* operand) {
  StatusOr<ValueView> value =
      ReadJson(Column(node.var, node.field), node.constant.text, operand->Text());
  if (!value.ok()) {
    Fail(std::move(value).status());
    operand->value = ValueView::Null();
    return;
  }
  operand->value = *value;
}

void Evaluator::LoadLower(const ExprNode& node, Operand* operand) {
  Operand argument;
  const std::optional<std::string_view> text =
      TextOf(*Load(node.first, &argument), argument.number);
  operand->value = ValueView::Null();
  if (!text) return;
  std::string* lower = operand->Text();
  lower->assign(*text);
  for (char& c : *lower) c = LowerAscii(c);
  operand->value = ValueView::Text(*lower);
}

void Evaluator::LoadStrftime(const ExprNode& node, Operand* operand) {
  // The binder allows ten arguments (F-26); most calls have two.
  absl::InlinedVector<std::unique_ptr<Operand>, 2> operands;
  absl::InlinedVector<ValueView, 10> values;
  for (std::uint32_t i = 0; i < node.count; ++i) {
    const ExprNode& argument = program_.exprs[program_.arguments[node.first + i]];
    if (argument.op == ExprOp::kConstant) {
      values.push_back(ConstantOf(argument));
    } else if (argument.op == ExprOp::kColumn) {
      values.push_back(Column(argument.var, argument.field));
    } else {
      operands.push_back(std::make_unique<Operand>());
      values.push_back(*Load(program_.arguments[node.first + i], operands.back().get()));
    }
  }
  const bool has_value = Strftime(values, Now(), operand->Text());
  operand->value = has_value ? ValueView::Text(*operand->Text()) : ValueView::Null();
}

void Evaluator::LoadGeoDistance(const ExprNode& node, Operand* operand) {
  operand->value = ValueView::Null();
  std::array<double, 4> degrees;
  for (std::uint32_t i = 0; i < 4; ++i) {
    Operand argument;
    const std::optional<double> real = ToReal(*Load(program_.arguments[node.first + i], &argument));
    if (!real) return;
    degrees[i] = *real;
  }
  if (const std::optional<double> distance = GeoDistance(degrees))
    operand->value = ValueView::Real(*distance);
}

// ---- conditions ----

Truth Evaluator::Evaluate(CondId id) {
  const CondNode& node = program_.conds[id];
  switch (node.op) {
    case CondOp::kConstant:
      return node.constant;
    case CondOp::kCompare:
      return Compare(node);
    case CondOp::kLikePattern:
      return LikeKept(node);
    case CondOp::kAnd:
      return Junction(node, Truth::kFalse);
    case CondOp::kOr:
      return Junction(node, Truth::kTrue);
    case CondOp::kScope:
      return NegatedIf(node.negated, Search(program_.scopes[node.first]));
    case CondOp::kInList:
      return InList(node);
    case CondOp::kObserve:
      return (*observer_)(node.first, *this);
  }
  return Truth::kUnknown;
}

Truth Evaluator::Junction(const CondNode& node, Truth absorbing) {
  Truth result = Not(absorbing);
  for (std::uint32_t i = 0; i < node.count; ++i) {
    const Truth term = Evaluate(program_.terms[node.first + i]);
    if (term == absorbing || !status_.ok()) return term;
    if (term == Truth::kUnknown) result = term;
  }
  return result;
}

Truth Evaluator::Compare(const CondNode& node) {
  if (node.relation == Relation::kLike) return Like(node);
  Operand left_operand;
  const ValueView* left = Load(node.left, &left_operand);
  if (node.relation == Relation::kEmpty) return ToTruth(IsEmptyValue(*left));
  if (node.relation == Relation::kNotEmpty) return ToTruth(!IsEmptyValue(*left));
  Operand right_operand;
  const ValueView* right = Load(node.right, &right_operand);
  if (node.coalesce) {
    static const ValueView kEmptyText = ValueView::Text("");
    if (left->is_null()) left = &kEmptyText;
    if (right->is_null()) right = &kEmptyText;
  } else if (node.affinity != Affinity::kNone) {
    Convert(node.affinity, &left, &left_operand);
    Convert(node.affinity, &right, &right_operand);
  }
  return Relate(node.relation, *left, *right);
}

Status PatternTooLong() { return absl::InternalError("LIKE or GLOB pattern too complex"); }

Truth Evaluator::LikeKept(const CondNode& node) {
  if (program_.pattern_too_long[node.first]) return Fail(PatternTooLong());
  Operand operand;
  const std::optional<std::string_view> text = TextOf(*Load(node.left, &operand), operand.number);
  if (!text) return Truth::kUnknown;
  return NegatedIf(node.negated, program_.patterns[node.first].Matches(*text));
}

Truth Evaluator::Like(const CondNode& node) {
  Operand left;
  Operand right;
  const std::optional<std::string_view> text = TextOf(*Load(node.left, &left), left.number);
  const std::optional<std::string_view> pattern = TextOf(*Load(node.right, &right), right.number);
  if (!pattern) return Truth::kUnknown;
  if (pattern->size() + (node.contains ? 2 : 0) > kLikePatternBytesMax)
    return Fail(PatternTooLong());
  if (!text) return Truth::kUnknown;
  if (!node.contains) return NegatedIf(node.negated, LikeMatches(*text, *pattern));
  if (IsPlainLikeText(*pattern))
    return NegatedIf(node.negated, LikeContains(*text, *pattern, nullptr));
  Operand whole;
  return NegatedIf(node.negated, LikeContains(*text, *pattern, whole.Text()));
}

Truth Evaluator::InList(const CondNode& node) {
  const IdList& list = program_.lists[node.first];
  if (list.values.empty()) return Truth::kFalse;
  Operand operand;
  const ValueView* left = Load(node.left, &operand);
  if (left->is_null()) return Truth::kUnknown;
  if (node.affinity == Affinity::kNone) {
    return ToTruth(left->storage == StorageClass::kText && list.texts.contains(left->text));
  }
  Convert(node.affinity, &left, &operand);
  for (const Value& value : list.values) {
    char buffer[32];
    if (SameValue(*left, ApplyAffinity(value.view(), node.affinity, buffer))) return Truth::kTrue;
  }
  return Truth::kFalse;
}

// ---- variables ----

bool Evaluator::SearchFrom(const Scope& scope, std::size_t level) {
  for (const CondId term : scope.levels[level]) {
    const Truth truth = Evaluate(term);
    if (truth != scope.wanted || !status_.ok()) return false;
  }
  if (level == scope.variables.size()) return true;
  const VariableNode& variable = program_.variables[scope.variables[level]];
  switch (variable.domain) {
    case Domain::kElements:
      return SearchElements(scope, level, Column(variable.parent, variable.column));
    case Domain::kSlotElements:
      return SearchElements(scope, level, SlotOf(variable));
    case Domain::kBase:
    case Domain::kSameId:
    case Domain::kRelation:
    case Domain::kBack:
    case Domain::kBackElements:
    case Domain::kCollection:
    case Domain::kAuth:
    case Domain::kSlotRows:
      break;
  }
  return SearchRows(scope, level, variable);
}

bool Evaluator::TryBinding(const Scope& scope, std::size_t level, const Binding& binding) {
  if (assignments_left_ == 0) {
    Fail(absl::ResourceExhaustedError("too many combinations of related rows"));
    return false;
  }
  --assignments_left_;
  bindings_[scope.variables[level]] = binding;
  return SearchFrom(scope, level + 1);
}

bool Evaluator::SearchElements(const Scope& scope, std::size_t level, const ValueView& list) {
  JsonElements elements(list);
  Operand operand;
  Binding binding;
  bool any = false;
  while (status_.ok() && elements.Next(&binding.element, operand.Text())) {
    any = true;
    if (TryBinding(scope, level, binding)) return true;
  }
  return !any && status_.ok() && TryBinding(scope, level, Binding{});
}

bool Evaluator::SearchRows(const Scope& scope, std::size_t level, const VariableNode& variable) {
  const bool own_row = variable.domain == Domain::kBase ||
                       (variable.domain == Domain::kSameId && !variable.collection->is_view());
  if (own_row) return TryBinding(scope, level, bindings_[variable.parent]);
  const bool is_fixed = variable.domain == Domain::kCollection ||
                        variable.domain == Domain::kAuth || variable.domain == Domain::kSlotRows;
  const VarId var = scope.variables[level];
  if (is_fixed && fixed_rows_.empty()) fixed_rows_.resize(program_.variables.size());
  RowSource::Rows found;
  if (!is_fixed || !fixed_rows_[var]) {
    StatusOr<RowSource::Rows> rows = RowsOf(variable);
    if (!rows.ok()) {
      Fail(std::move(rows).status());
      return false;
    }
    found = *std::move(rows);
    if (is_fixed) fixed_rows_[var] = std::move(found);
  }
  const RowSource::Rows& rows = is_fixed ? *fixed_rows_[var] : found;
  for (const std::shared_ptr<const RecordView>& row : rows) {
    if (TryBinding(scope, level, Binding{row.get(), {}})) return true;
    if (!status_.ok()) return false;
  }
  return rows.empty() && TryBinding(scope, level, Binding{});
}

StatusOr<RowSource::Rows> Evaluator::RowsOf(const VariableNode& variable) {
  if (rows_ == nullptr)
    return absl::InternalError("a relation is crossed without a source of rows");
  switch (variable.domain) {
    case Domain::kCollection:
      return rows_->All(*variable.collection);
    case Domain::kAuth:
      if (SlotOf(variable).storage != StorageClass::kText) return RowSource::Rows{};
      return rows_->FindById(*variable.collection, SlotOf(variable).text);
    case Domain::kSlotRows:
      return SlotRows(variable);
    case Domain::kRelation:
      return RelatedRows(variable);
    case Domain::kSameId:
    case Domain::kBack:
    case Domain::kBackElements:
    case Domain::kBase:
    case Domain::kElements:
    case Domain::kSlotElements:
      break;
  }
  const ValueView id = Column(variable.parent, variable.parent_id);
  if (id.storage != StorageClass::kText) return RowSource::Rows{};
  if (variable.domain == Domain::kSameId) return rows_->FindById(*variable.collection, id.text);
  if (variable.domain == Domain::kBack)
    return rows_->FindByField(*variable.collection, *variable.column, id.text);
  return rows_->FindByElement(*variable.collection, *variable.column, id.text);
}

StatusOr<RowSource::Rows> Evaluator::RelatedRows(const VariableNode& variable) {
  const ValueView id = variable.parent_is_elements ? bindings_[variable.parent].element
                                                   : Column(variable.parent, variable.column);
  if (id.storage == StorageClass::kText) return rows_->FindById(*variable.collection, id.text);
  char buffer[32];
  // The id column is TEXT: a number meets it as text only when it comes
  // without an affinity of its own.
  if (id.is_null() || !variable.number_matches) return RowSource::Rows{};
  return rows_->FindById(*variable.collection, *TextOf(id, buffer));
}

StatusOr<RowSource::Rows> Evaluator::SlotRows(const VariableNode& variable) {
  RowSource::Rows all;
  if (SlotOf(variable).is_null()) return all;
  JsonElements elements(SlotOf(variable));
  std::string storage;
  ValueView id;
  while (elements.Next(&id, &storage)) {
    if (id.storage != StorageClass::kText) continue;
    SLUICE_ASSIGN_OR_RETURN(RowSource::Rows rows, rows_->FindById(*variable.collection, id.text));
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace

StatusOr<bool> RunPredicate(const PredicateProgram& program, const RecordView& record,
                            RowSource* rows, const PredicateLimits& limits,
                            const ValueView* slots) {
  return Evaluator(program, record, rows, limits, slots).Run();
}

StatusOr<bool> RunObserved(const PredicateProgram& program, const RecordView& record,
                           RowSource* rows, const PredicateLimits& limits, Observer observer) {
  return Evaluator(program, record, rows, limits, nullptr).RunWith(observer);
}

StatusOr<RowSource::Rows> RowSource::FindByElement(const Collection& collection, const Field& field,
                                                   std::string_view value) {
  SLUICE_ASSIGN_OR_RETURN(Rows rows, All(collection));
  Rows holding;
  std::string storage;
  for (std::shared_ptr<const RecordView>& row : rows) {
    JsonElements elements(row->Get(field));
    ValueView element;
    bool found = false;
    while (!found && elements.Next(&element, &storage)) {
      found = element.storage == StorageClass::kText && element.text == value;
    }
    if (found) holding.push_back(std::move(row));
  }
  return holding;
}

}  // namespace sluice
