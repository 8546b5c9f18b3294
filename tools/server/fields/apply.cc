// Each key of a body becomes a step: a field and what to do with it. Steps run
// from the shortest key on, which puts plain names before their modifiers.
// Tested by tests/server/fields_apply_test.cc.
#include "tools/server/fields/apply.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "tools/server/fields/casts.h"
#include "tools/server/fields/field_rules.h"
#include "tools/server/fields/generate.h"

namespace sluice::fields {
namespace {

constexpr std::string_view kAutogenerate = ":autogenerate";

//
enum class Action : std::uint8_t { kSet, kAdd, kSubtract, kAppend, kPrepend, kRemove, kGenerate };

struct Target {
  std::size_t field = 0;
  Action action = Action::kSet;
};

struct Step {
  std::string_view key;
  Target target;
  const JsonValue* value = nullptr;  // null: uploads only
  std::vector<UploadPtr> uploads;
};

bool IsList(FieldType type) {
  return type == FieldType::kSelect || type == FieldType::kRelation || type == FieldType::kFile;
}

// The action of a modifier, if the type has it.
std::optional<Action> ModifierOf(FieldType type, std::string_view prefix, std::string_view suffix) {
  if (type == FieldType::kNumber && prefix.empty()) {
    if (suffix == "+") return Action::kAdd;
    if (suffix == "-") return Action::kSubtract;
  }
  if (IsList(type)) {
    if (!prefix.empty()) return Action::kPrepend;
    if (suffix == "+") return Action::kAppend;
    if (suffix == "-") return Action::kRemove;
  }
  if (type == FieldType::kText && suffix == kAutogenerate) return Action::kGenerate;
  return std::nullopt;
}

std::optional<Target> TargetOf(const Collection& collection, std::string_view key) {
  const auto position = [&](const Field* field) {
    return static_cast<std::size_t>(field - collection.fields.data());
  };
  if (const Field* field = collection.FindField(key)) return Target{position(field)};
  std::string_view prefix;
  std::string_view suffix;
  std::string_view name = key;
  if (key.starts_with('+')) {
    prefix = key.substr(0, 1);
  } else if (key.ends_with('+') || key.ends_with('-')) {
    suffix = key.substr(key.size() - 1);
  } else if (key.ends_with(kAutogenerate)) {
    suffix = kAutogenerate;
  } else {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  name.remove_suffix(suffix.size());
  const Field* field = collection.FindField(name);
  if (field == nullptr) return std::nullopt;
  const std::optional<Action> action = ModifierOf(field->type, prefix, suffix);
  if (!action) return std::nullopt;
  return Target{position(field), *action};
}

class Applier {
 public:
  Applier(const Collection& collection, const ApplyOptions& options,
          std::vector<FieldValue>& values)
      : collection_(collection), options_(options), values_(values) {}

  Applied Run(const Submission& submission) {
    applied_.touched.resize(collection_.fields.size());
    CollectValues(submission.values);
    CollectFiles(submission);
    std::stable_sort(steps_.begin(), steps_.end(),
                     [](const Step& a, const Step& b) { return a.key.size() < b.key.size(); });
    std::vector<bool> sent(collection_.fields.size());
    for (const Step& step : steps_) {
      sent[step.target.field] = true;
      RunStep(step);
    }
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (!sent[i]) continue;
      const Field& field = collection_.fields[i];
      Settle(field, values_[i]);
      applied_.body.members.emplace_back(field.name, ToBodyValue(field, values_[i]));
      // R-54; a rule still sees that the key was there.
      applied_.touched[i] = field.type != FieldType::kAutodate;
    }
    return std::move(applied_);
  }

 private:
  //
  bool IsRefused(const Field& field) const {
    const bool password =
        collection_.is_auth() && field.type == FieldType::kPassword && field.name == "password";
    return field.hidden && !options_.superuser && !password;
  }

  void CollectValues(const JsonValue& values) {
    for (const auto& [key, value] : values.members) {
      const std::optional<Target> target = TargetOf(collection_, key);
      if (!target) {
        applied_.body.members.emplace_back(key, value);
      } else if (!IsRefused(collection_.fields[target->field])) {
        steps_.push_back({key, *target, &value, {}});
      }
    }
  }

  void CollectFiles(const Submission& submission) {
    for (const auto& [key, upload] : submission.files) {
      const std::optional<Target> target = TargetOf(collection_, key);
      if (!target || target->action == Action::kRemove) continue;
      const Field& field = collection_.fields[target->field];
      if (field.type != FieldType::kFile || IsRefused(field)) continue;
      auto step = std::find_if(steps_.begin(), steps_.end(),
                               [&key = key](const Step& other) { return other.key == key; });
      if (step == steps_.end()) step = steps_.insert(step, {key, *target, nullptr, {}});
      step->uploads.push_back(upload);
    }
  }

  void RunStep(const Step& step) {
    const Field& field = collection_.fields[step.target.field];
    FieldValue& value = values_[step.target.field];
    if (IsList(field.type)) {
      RunListStep(step, field, value);
    } else if (step.value != nullptr) {
      RunScalarStep(step, field, value);
    }
  }

  void RunScalarStep(const Step& step, const Field& field, FieldValue& value) {
    switch (step.target.action) {
      case Action::kSet:
        return Set(step, field, value);
      case Action::kAdd:
        value.number += NumberOf(*step.value);
        return;
      case Action::kSubtract:
        value.number -= NumberOf(*step.value);
        return;
      case Action::kGenerate:
        value.text = TextOf(*step.value) + GenerateText(Options(step));
        return;
      case Action::kAppend:
      case Action::kPrepend:
      case Action::kRemove:
        return;
    }
  }

  void Set(const Step& step, const Field& field, FieldValue& value) {
    switch (field.type) {
      case FieldType::kText:
      case FieldType::kEmail:
      case FieldType::kUrl:
      case FieldType::kEditor:
        value.text = TextOf(*step.value);
        return;
      case FieldType::kNumber:
        value.number = NumberOf(*step.value);
        return;
      case FieldType::kBool:
        value.boolean = BoolOf(*step.value);
        return;
      case FieldType::kDate:
        value.text = DateOf(*step.value);
        return;
      case FieldType::kJson:
        value.text = JsonTextOf(*step.value);
        return;
      case FieldType::kGeoPoint: {
        const records::GeoPoint point = PointOf(*step.value);
        value.lon = point.lon;
        value.lat = point.lat;
        return;
      }
      case FieldType::kPassword:
        return SetPassword(TextOf(*step.value), Options(step).cost, value);
      case FieldType::kAutodate:
      case FieldType::kSelect:
      case FieldType::kRelation:
      case FieldType::kFile:
        return;
    }
  }

  void SetPassword(std::string plain, int cost, FieldValue& value) const {
    value.has_plain = true;
    value.plain = std::move(plain);
    value.text.clear();
    value.hash_failed = false;
    if (value.plain.empty()) return;
    StatusOr<std::string> hash = options_.hash_password(value.plain, cost);
    value.hash_failed = !hash.ok();
    if (hash.ok()) value.text = *std::move(hash);
  }

  // texts come before the uploads of the same key.
  void RunListStep(const Step& step, const Field& field, FieldValue& value) {
    std::vector<std::string> names;
    if (step.value != nullptr) {
      names = field.type == FieldType::kFile ? FileNamesOf(*step.value) : ListOf(*step.value);
    }
    for (const UploadPtr& upload : step.uploads) {
      names.push_back(upload->name);
      value.uploads.push_back(upload);
    }
    Combine(step.target.action, std::move(names), value.list);
    MakeDistinct(value.list);
    KeepLast(field, value);
  }

  static void Combine(Action action, std::vector<std::string> names,
                      std::vector<std::string>& list) {
    switch (action) {
      case Action::kAppend:
        list.insert(list.end(), names.begin(), names.end());
        return;
      case Action::kPrepend:
        list.insert(list.begin(), names.begin(), names.end());
        return;
      case Action::kRemove:
        std::erase_if(list, [&names](const std::string& text) {
          return std::find(names.begin(), names.end(), text) != names.end();
        });
        return;
      default:
        list = std::move(names);
    }
  }

  static void KeepLast(const Field& field, FieldValue& value) {
    if (!field.multiple() && value.list.size() > 1) {
      value.list.erase(value.list.begin(), value.list.end() - 1);
    }
    std::erase_if(value.uploads, [&value](const UploadPtr& upload) {
      return std::find(value.list.begin(), value.list.end(), upload->name) == value.list.end();
    });
  }

  // The second pass of R-55: a single value is loaded as a text again, which
  // may look like a list.
  static void Settle(const Field& field, FieldValue& value) {
    if (!IsList(field.type) || field.multiple() || value.list.empty()) return;
    const std::string& text = value.list.back();
    if (text.find('[') == std::string::npos) return;
    const JsonValue again = JsonValue::String(text);
    value.list = field.type == FieldType::kFile ? FileNamesOf(again) : ListOf(again);
    KeepLast(field, value);
  }

  const FieldOptions& Options(const Step& step) {
    if (rules_ == nullptr) rules_ = FieldRules::Of(collection_);
    return rules_->options(step.target.field);
  }

  const Collection& collection_;
  const ApplyOptions& options_;
  std::vector<FieldValue>& values_;
  std::shared_ptr<const FieldRules> rules_;
  std::vector<Step> steps_;
  Applied applied_;
};

}  // namespace

Applied Apply(const Collection& collection, const Submission& submission,
              const ApplyOptions& options, std::vector<FieldValue>& values) {
  return Applier(collection, options, values).Run(submission);
}

}  // namespace sluice::fields
