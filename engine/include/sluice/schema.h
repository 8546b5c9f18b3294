// Collections and their fields, as the engine sees them.
//
// A Schema is an immutable snapshot: it is built once, shared by
// shared_ptr<const Schema>, and replaced whole when collections change. It is
// safe to read from several threads. Source of the format: S-16 to S-24.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/strings.h"

namespace sluice {

enum class FieldType : std::uint8_t {
  kText,
  kNumber,
  kBool,
  kEmail,
  kUrl,
  kEditor,
  kDate,
  kAutodate,
  kSelect,
  kJson,
  kRelation,
  kFile,
  kGeoPoint,
  kPassword,
};

// `geoPoint` for kGeoPoint: the name that `_collections.fields` uses.
std::string_view ToText(FieldType type);
std::optional<FieldType> ParseFieldType(std::string_view name);

// How SQLite compares a column (F-35, F-36). kNone is an expression without
// affinity; kBlob is a column declared without a type, as json_each.value is:
// unlike kNone it keeps a text column from converting a number.
enum class Affinity : std::uint8_t { kNone, kBlob, kText, kNumeric };

// One field of a collection. Only what the language and the rendering need;
// the validation options of writes stay in `options_json`.
struct Field {
  std::string id;
  std::string name;
  FieldType type = FieldType::kText;
  bool system = false;
  bool hidden = false;
  std::string collection_id;     // kRelation: the target collection's id
  std::uint32_t max_select = 0;  // kSelect, kRelation, kFile
  bool primary_key = false;
  std::string options_json;  // the field's object as stored, sorted keys
  // The column's affinity where it is not that of the type: a view's column
  // that is no direct reference to a table's column (F-36).
  std::optional<Affinity> view_affinity;

  // More than one value is allowed, so the column holds a JSON array (S-20).
  bool multiple() const {
    return max_select > 1 &&
           (type == FieldType::kSelect || type == FieldType::kRelation || type == FieldType::kFile);
  }
  Affinity affinity() const;
};

enum class CollectionType : std::uint8_t { kBase, kAuth, kView };

// One index as far as the language and `explain` need it.
struct Index {
  std::string name;
  bool unique = false;
  std::vector<std::string> columns;  // an expression is kept as its text
  std::vector<bool> descending;
  std::string where;  // text after WHERE, or empty
  std::string sql;    // as stored
};

// An API rule as stored: absent (superusers only), empty (everyone) or a text.
using RuleText = std::optional<std::string>;

struct Collection {
  std::string id;
  std::string name;
  CollectionType type = CollectionType::kBase;
  bool system = false;
  std::vector<Field> fields;  // in the order of `_collections.fields`
  std::vector<Index> indexes;
  RuleText list_rule;
  RuleText view_rule;
  RuleText create_rule;
  RuleText update_rule;
  RuleText delete_rule;
  RuleText auth_rule;        // auth collections
  RuleText manage_rule;      // auth collections
  std::string options_json;  // as stored (S-23)
  std::string view_query;    // views
  std::string created;
  std::string updated;

  bool is_auth() const { return type == CollectionType::kAuth; }
  bool is_view() const { return type == CollectionType::kView; }

  // The field of that exact name, or null (F-70).
  const Field* FindField(std::string_view name) const;
  // The field with that id, or null.
  const Field* FindFieldById(std::string_view id) const;
  // True when a UNIQUE index has exactly this one column, by F-89: the name is
  // compared without case, a WHERE clause is ignored.
  bool HasUniqueIndexOn(std::string_view column) const;
};

// A snapshot of all collections.
class Schema {
 public:
  Schema() = default;
  // Keeps `collections` in the given order, which is the peer's look-up order.
  explicit Schema(std::vector<std::shared_ptr<const Collection>> collections);

  // By exact id, or by name without case (F-70, R-2, S-18); null when unknown.
  const Collection* Find(std::string_view id_or_name) const;
  // By exact id only.
  const Collection* FindById(std::string_view id) const;

  const std::vector<std::shared_ptr<const Collection>>& collections() const { return collections_; }

 private:
  std::vector<std::shared_ptr<const Collection>> collections_;
  StringMap<const Collection*> by_id_;
  StringMap<const Collection*> by_lower_name_;
};

// Parses one string of `_collections.indexes` (S-36); nothing when it is none.
std::optional<Index> ParseIndex(std::string_view sql);

}  // namespace sluice
