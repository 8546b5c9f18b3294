// Collections and fields.
// Tested by tests/engine/schema_test.cc.
#include "sluice/schema.h"

#include <array>

namespace sluice {
namespace {

struct TypeName {
  FieldType type;
  std::string_view name;
};
constexpr std::array<TypeName, 14> kTypeNames = {{
    {FieldType::kText, "text"},
    {FieldType::kNumber, "number"},
    {FieldType::kBool, "bool"},
    {FieldType::kEmail, "email"},
    {FieldType::kUrl, "url"},
    {FieldType::kEditor, "editor"},
    {FieldType::kDate, "date"},
    {FieldType::kAutodate, "autodate"},
    {FieldType::kSelect, "select"},
    {FieldType::kJson, "json"},
    {FieldType::kRelation, "relation"},
    {FieldType::kFile, "file"},
    {FieldType::kGeoPoint, "geoPoint"},
    {FieldType::kPassword, "password"},
}};

}  // namespace

std::string_view ToText(FieldType type) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.type == type) return entry.name;
  }
  return "";
}

std::optional<FieldType> ParseFieldType(std::string_view name) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.name == name) return entry.type;
  }
  return std::nullopt;
}

Affinity Field::affinity() const {
  if (view_affinity) return *view_affinity;
  if (multiple()) return Affinity::kNumeric;
  switch (type) {
    case FieldType::kNumber:
    case FieldType::kBool:
    case FieldType::kJson:
    case FieldType::kGeoPoint:
      return Affinity::kNumeric;
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kDate:
    case FieldType::kAutodate:
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
    case FieldType::kPassword:
      return Affinity::kText;
  }
  return Affinity::kText;
}

const Field* Collection::FindField(std::string_view field_name) const {
  for (const Field& field : fields) {
    if (field.name == field_name) return &field;
  }
  return nullptr;
}

const Field* Collection::FindFieldById(std::string_view field_id) const {
  for (const Field& field : fields) {
    if (field.id == field_id) return &field;
  }
  return nullptr;
}

bool Collection::HasUniqueIndexOn(std::string_view column) const {
  for (const Index& index : indexes) {
    if (index.unique && index.columns.size() == 1 && EqualsIgnoreCase(index.columns[0], column))
      return true;
  }
  return false;
}

Schema::Schema(std::vector<std::shared_ptr<const Collection>> collections)
    : collections_(std::move(collections)) {
  for (const auto& collection : collections_) {
    by_id_.try_emplace(collection->id, collection.get());
    by_lower_name_.try_emplace(LowerAscii(collection->name), collection.get());
  }
}

const Collection* Schema::Find(std::string_view id_or_name) const {
  if (const Collection* collection = FindById(id_or_name)) return collection;
  const auto found = by_lower_name_.find(LowerAscii(id_or_name));
  return found == by_lower_name_.end() ? nullptr : found->second;
}

const Collection* Schema::FindById(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

}  // namespace sluice
