// A collection while it is being made or changed: everything that the API can
// set, with all keys there (S-20, S-23, S-46).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/object.hpp"
#include "boost/json/value.hpp"

#include "sluice/schema.h"
#include "sluice/status.h"
#include "sluice/strings.h"
#include "tools/server/collections/typed_json.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::collections {

struct Draft {
  std::string id;
  std::string name;
  std::string type = "base";  // perhaps none that there is; validation says so
  bool system = false;
  RuleText list_rule;
  RuleText view_rule;
  RuleText create_rule;
  RuleText update_rule;
  RuleText delete_rule;
  std::vector<boost::json::object> fields;
  std::vector<std::string> indexes;
  bool indexes_given = false;  // by the body, if only as an empty list
  std::string created;
  std::string updated;
  boost::json::value auth;  // an object with every key of S-23, used by auth collections
  std::string view_query;   // used by views

  bool is_auth() const { return type == "auth"; }
  bool is_view() const { return type == "view"; }
};

// A member that is known to be a text, a truth value or an integer.
std::string Text(const boost::json::object& object, std::string_view key);
bool Bool(const boost::json::object& object, std::string_view key);
std::int64_t Integer(const boost::json::object& object, std::string_view key);
void Set(boost::json::object& object, std::string_view key, boost::json::value value);
// A member that is known to be an object.
const boost::json::object& Part(const boost::json::value& object, std::string_view key);

// What the API starts from (S-47, S-49); of an unknown type like a base one.
// Secrets are fresh.
Draft NewDraft(std::string_view type);

// A stored collection; keys that an older folder lacks have their zero values.
StatusOr<Draft> DraftOf(const Collection& collection);

// Lays a body over the draft (S-49, S-50); `created` and `updated` are not for
// bodies. False when the body does not fit: unknown field types, values of
// another kind. The draft is then of no use.
bool Decode(Draft& draft, const boost::json::object& body, BodyKind kind);

// Fields as they are added to a list, which must not change meanwhile.
class FieldList {
 public:
  explicit FieldList(std::vector<boost::json::object>& fields);

  // Adds a field, or replaces the one of its id, or, when it has none, the one
  // of its name; gives an id to one without (S-21).
  void Add(boost::json::object field);

 private:
  std::vector<boost::json::object>& fields_;
  StringMap<std::size_t> by_id_;
  StringMap<std::size_t> by_name_;
};

// A field with nothing but type and name set.
boost::json::object NewField(FieldType type, std::string_view name);

// `pbc_` and the checksum of type and name, with a counter from 2 when `taken`
// says so (S-21).
std::string AutoId(const Draft& draft, const std::function<bool(const std::string&)>& taken);

// Puts the draft into the form in which it is stored: system fields (S-29),
// indexes on its own table (S-36) and those of auth collections, whose names
// hold `index_id` (S-35), what `_superusers` must have (S-24), mapped fields
// that are there and a new secret after a new auth rule (S-50). `before` is
// null when the collection is new.
void Complete(Draft& draft, const Draft* before, const std::string& index_id);

store::CollectionRow RowOf(const Draft& draft);

// The names of `_superusers`, whose settings are partly fixed.
inline constexpr std::string_view kSuperusers = "_superusers";

}  // namespace sluice::collections
