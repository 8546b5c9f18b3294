// PUT /api/collections/import (S-56).
#include <algorithm>
#include <list>
#include <set>

#include "tools/server/collections/body.h"
#include "tools/server/collections/change.h"
#include "tools/server/collections/changer.h"
#include "tools/server/collections/run_change.h"
#include "tools/server/http/api_error.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/date_text.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;

// One collection of the list.
struct Item {
  Draft draft;
  std::optional<Draft> before;  // what it was; none: it is new

  const Draft* old() const { return before ? &*before : nullptr; }
};

Status Failure(std::string message) {
  FieldErrors errors;
  errors.Add({"collections"}, {"validation_collections_import_failure", std::move(message)});
  return http::MakeStatus(
      {.status = 400, .message = "Failed to import collections.", .data = errors.Take()});
}

Status RawFailure(std::string_view text) {
  return Failure("Failed to import the collections configuration. Raw error:\n" +
                 std::string(text));
}

std::string Quoted(std::string_view name) {
  std::string text;
  json::AppendString(text, name);
  return text;
}

// True when the field is among those of a list, by its id.
bool Lists(const std::vector<bj::object>& fields, const bj::object& field) {
  return std::any_of(fields.begin(), fields.end(), [&field](const bj::object& other) {
    return Text(other, "id") == Text(field, "id");
  });
}

// The list of fields in a body gets the ids of fields that are there already,
// by name and type.
void FillFieldIds(bj::object& body, const Draft& before) {
  for (auto& member : body) {
    if (!EqualsIgnoreCase({member.key().data(), member.key().size()}, "fields") ||
        !member.value().is_array())
      continue;
    for (bj::value& item : member.value().get_array()) {
      if (!item.is_object()) continue;
      const auto text = [&item](std::string_view key) {
        const bj::value* value = FindKey(item.get_object(), key);
        return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                      : std::string();
      };
      if (!text("id").empty()) continue;
      for (const bj::object& field : before.fields) {
        if (Text(field, "name") == text("name") && Text(field, "type") == text("type"))
          item.get_object()["id"] = field.at("id");
      }
    }
  }
}

// The field of that name and type, which the body lists as another one.
bj::object* Namesake(std::vector<bj::object>& fields, const bj::object& field) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&field](const bj::object& other) {
    return Text(other, "name") == Text(field, "name") && Text(other, "type") == Text(field, "type");
  });
  return found == fields.end() ? nullptr : &*found;
}

// S-56, 2: fields that the body does not list. One that it lists by its name
// with an id that is not there stays as it is, in the place of the listed one:
// so the peer did when its fixture was imported over a new folder's `users`.
void KeepFields(Draft& draft, const Draft& before, bool fields_given, bool delete_missing) {
  if (draft.is_view()) return;
  if (!fields_given) {
    if (!delete_missing) return;
    draft.fields.clear();
  }
  for (const bj::object& field : before.fields) {
    if (delete_missing && !Bool(field, "system")) continue;
    if (Lists(draft.fields, field)) continue;
    if (bj::object* listed = Namesake(draft.fields, field)) {
      *listed = field;
    } else {
      draft.fields.push_back(field);
    }
  }
}

class Import {
 public:
  Import(store::Connection& connection, const Schema& schema)
      : changer_(connection, schema), schema_(schema) {}

  Status Run(const bj::array& bodies, bool delete_missing) {
    for (const bj::value& body : bodies) {
      SLUICE_RETURN_IF_ERROR(
          Add(body.is_object() ? body.get_object() : bj::object(), delete_missing));
    }
    items_.sort([](const Item& a, const Item& b) {
      if (a.draft.is_view() != b.draft.is_view()) return b.draft.is_view();
      return std::pair(a.draft.created, a.draft.updated) <
             std::pair(b.draft.created, b.draft.updated);
    });
    if (delete_missing) SLUICE_RETURN_IF_ERROR(DeleteMissing());
    for (Item& item : items_) SLUICE_RETURN_IF_ERROR(Save(item));
    changer_.UpdateViews();
    for (const Item& item : items_) SLUICE_RETURN_IF_ERROR(Check(item));
    return absl::OkStatus();
  }

 private:
  const Collection* Match(const bj::object& body) const {
    const auto text = [&body](std::string_view key) {
      const bj::value* value = FindKey(body, key);
      return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                    : std::string();
    };
    const Collection* found = text("id").empty() ? nullptr : schema_.FindById(text("id"));
    if (found == nullptr && !text("name").empty()) found = schema_.Find(text("name"));
    return found;
  }

  Status Add(bj::object body, bool delete_missing) {
    Item item;
    const Collection* existing = Match(body);
    if (existing != nullptr) {
      SLUICE_ASSIGN_OR_RETURN(item.before, DraftOf(*existing));
      item.draft = *item.before;
      FillFieldIds(body, *item.before);
    } else {
      const bj::value* type = FindKey(body, "type");
      const bool typed = type != nullptr && type->is_string() && !type->get_string().empty();
      item.draft = NewDraft(
          typed ? std::string_view(type->get_string().data(), type->get_string().size()) : "base");
    }
    if (!Decode(item.draft, body, BodyKind::kJson))
      return RawFailure("failed to load the data of a collection: its values are of another kind");
    if (item.before) {
      // Matched by name, its id is what it is.
      item.draft.id = item.before->id;
      KeepFields(item.draft, *item.before, FindKey(body, "fields") != nullptr, delete_missing);
      if (const bj::value* created = FindKey(body, "created");
          created != nullptr && created->is_string()) {
        std::string date;
        records::NormalizeDate({created->get_string().data(), created->get_string().size()}, date);
        if (!date.empty()) item.draft.created = date;
      }
    }
    items_.push_back(std::move(item));
    return absl::OkStatus();
  }

  Status DeleteMissing() {
    std::set<std::string> listed;
    for (const Item& item : items_) listed.insert(item.draft.id);
    // Views first: what they read from may go with them.
    for (const bool views : {true, false}) {
      for (const auto& collection : schema_.collections()) {
        if (collection->is_view() != views || collection->system || listed.contains(collection->id))
          continue;
        const Status status = changer_.Delete(*collection);
        if (absl::IsFailedPrecondition(status)) {
          return RawFailure("failed to delete collection " + Quoted(collection->name) + ": " +
                            std::string(AsStd(status.message())));
        }
        SLUICE_RETURN_IF_ERROR(status);
      }
    }
    return absl::OkStatus();
  }

  Status Save(Item& item) {
    SLUICE_RETURN_IF_ERROR(changer_.Prepare(item.draft, item.old()));
    const store::TableResult result = changer_.Save(item.draft, item.old());
    if (result.status.ok()) return absl::OkStatus();
    if (!absl::IsFailedPrecondition(result.status) && !absl::IsInvalidArgument(result.status))
      return result.status;
    if (result.failed_index >= 0)
      return IndexFailure(result, item.draft, "Failed to import collections.");
    return RawFailure("failed to save collection " + Quoted(item.draft.name) + ": " +
                      std::string(AsStd(result.status.message())));
  }

  Status Check(const Item& item) {
    const FieldErrors errors = changer_.Check(item.draft, item.old(), true);
    if (errors.empty()) return absl::OkStatus();
    return Failure("Data validations failed for collection " + Quoted(item.draft.name) + " (" +
                   item.draft.id + "):\n" + errors.ToIndentedJson());
  }

  Changer changer_;
  const Schema& schema_;
  std::list<Item> items_;
};

}  // namespace

Status ImportCollections(const Workplace& place, const http::Request& request) {
  const auto load_failure = [] {
    return http::MakeStatus(
        {.status = 400, .message = "An error occurred while loading the submitted data."});
  };
  const StatusOr<Body> body = ReadTypedBody(request);
  if (!body.ok()) return load_failure();
  const bj::value* collections = FindKey(body->values, "collections");
  bj::value delete_missing = false;
  if (const bj::value* given = FindKey(body->values, "deleteMissing");
      given != nullptr &&
      !MergeTyped(delete_missing, *given, {.kind = ShapeKind::kBool}, body->kind)) {
    return load_failure();
  }
  bj::array list;
  if (collections != nullptr && !collections->is_null()) {
    if (!collections->is_array()) return load_failure();
    list = collections->get_array();
  }
  const auto fits = [](const bj::value& item) { return item.is_object() || item.is_null(); };
  if (!std::all_of(list.begin(), list.end(), fits)) return load_failure();
  if (list.empty()) {
    FieldErrors errors;
    errors.Add({"collections"}, Required());
    return http::MakeStatus({.status = 400,
                             .message = "An error occurred while validating the submitted data.",
                             .data = errors.Take()});
  }
  return RunChange(place, [&](store::Connection& connection, const Schema& schema) {
    return Import(connection, schema).Run(list, delete_missing.get_bool());
  });
}

}  // namespace sluice::collections
