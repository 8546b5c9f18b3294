// Collections, bodies and answers as JSON texts, for the tests of
// tools/server/fields.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "gtest/gtest.h"

#include "tools/server/fields/apply.h"
#include "tools/server/fields/validate.h"
#include "tools/server/http/json_text.h"

namespace sluice::fields {

inline JsonValue FromBoost(const boost::json::value& value) {
  if (value.is_bool()) return JsonValue::Bool(value.get_bool());
  if (value.is_number()) return JsonValue::Number(value.to_number<double>());
  if (value.is_string()) return JsonValue::String(std::string(value.get_string()));
  JsonValue result;
  if (value.is_array()) {
    result.kind = JsonValue::Kind::kArray;
    for (const auto& item : value.get_array()) result.items.push_back(FromBoost(item));
  } else if (value.is_object()) {
    result.kind = JsonValue::Kind::kObject;
    for (const auto& member : value.get_object()) {
      result.members.emplace_back(std::string(member.key()), FromBoost(member.value()));
    }
  }
  return result;
}

// Reads as a request's body is read.
inline JsonValue Json(std::string_view text) {
  const auto value = http::ParseJson(text, http::JsonTail::kMustBeBlank);
  EXPECT_TRUE(value.ok()) << text;
  return value.ok() ? FromBoost(*value) : JsonValue();
}

inline Field MakeField(const boost::json::object& options) {
  const auto text = [&](const char* key) {
    const auto* value = options.if_contains(key);
    return value == nullptr ? std::string() : std::string(value->get_string());
  };
  const auto is = [&](const char* key) {
    const auto* value = options.if_contains(key);
    return value != nullptr && value->get_bool();
  };
  Field field;
  field.name = text("name");
  field.type = ParseFieldType(text("type")).value();
  field.hidden = is("hidden");
  field.primary_key = is("primaryKey");
  field.collection_id = text("collectionId");
  if (const auto* max = options.if_contains("maxSelect")) {
    field.max_select = max->to_number<std::uint32_t>();
  }
  field.options_json = boost::json::serialize(options);
  return field;
}

inline Field MakeField(std::string_view json) {
  return MakeField(boost::json::parse({json.data(), json.size()}).get_object());
}

// `fields` is a JSON array.
inline Collection MakeCollection(std::string_view fields,
                                 CollectionType type = CollectionType::kBase) {
  Collection collection;
  collection.id = "c_test";
  collection.name = "test";
  collection.type = type;
  const boost::json::value parsed = boost::json::parse({fields.data(), fields.size()});
  for (const auto& field : parsed.get_array()) {
    collection.fields.push_back(MakeField(field.get_object()));
  }
  return collection;
}

// Collections as sets of ids.
class Rows : public Lookups {
 public:
  void Add(std::string collection, std::set<std::string> ids) {
    Collection made;
    made.id = collection;
    collections_.emplace(collection, std::move(made));
    ids_[std::move(collection)] = std::move(ids);
  }
  void Fail() { failing_ = true; }

  const Collection* FindCollection(std::string_view id) override {
    const auto found = collections_.find(std::string(id));
    return found == collections_.end() ? nullptr : &found->second;
  }
  StatusOr<bool> HasAll(const Collection& collection,
                        const std::vector<std::string>& ids) override {
    if (failing_) return absl::UnavailableError("no database");
    const std::set<std::string>& there = ids_[collection.id];
    return std::all_of(ids.begin(), ids.end(),
                       [&there](const std::string& id) { return there.count(id) > 0; });
  }
  StatusOr<bool> HasIdIgnoringCase(const Collection& collection, std::string_view id) override {
    if (failing_) return absl::UnavailableError("no database");
    for (const std::string& there : ids_[collection.id]) {
      if (EqualsIgnoreCase(there, id)) return true;
    }
    return false;
  }

 private:
  std::map<std::string, Collection> collections_;
  std::map<std::string, std::set<std::string>> ids_;
  bool failing_ = false;
};

// `{"field":{"code":...}}`, as `data` of an answer holds it; empty without
// mistakes.
inline std::string ErrorText(const std::vector<http::ErrorEntry>& errors) {
  if (errors.empty()) return "";
  const std::string text = http::ToJson({.status = 400, .message = "x", .data = errors});
  const std::size_t begin = text.find(':') + 1;
  return text.substr(begin, text.rfind(R"(,"message":)") - begin);
}

// A record being written.
class Draft {
 public:
  explicit Draft(std::string_view fields, CollectionType type = CollectionType::kBase)
      : collection_(MakeCollection(fields, type)) {
    for (const Field& field : collection_.fields) values_.push_back(EmptyValue(field));
    rows_.Add(collection_.id, {});
  }

  Rows& rows() { return rows_; }
  const Collection& collection() const { return collection_; }
  std::vector<FieldValue>& values() { return values_; }
  FieldValue& value(std::string_view name) { return values_[Position(name)]; }

  // What is there now counts as stored.
  void Store() {
    before_ = values_;
    stored_ = true;
    for (FieldValue& value : before_) value.uploads.clear();
    values_ = before_;
  }

  Applied Submit(const Submission& submission, bool superuser = true) {
    ApplyOptions options;
    options.superuser = superuser;
    options.hash_password = [](std::string_view plain, int cost) -> StatusOr<std::string> {
      if (plain.size() > 72) return absl::InvalidArgumentError("too long");
      return "hash " + std::to_string(cost) + " of " + std::string(plain);
    };
    Applied applied = Apply(collection_, submission, options, values_);
    if (!stored_) Generate(collection_, values_);
    return applied;
  }
  Applied Submit(std::string_view body, bool superuser = true) {
    return Submit(Submission{.values = Json(body), .files = {}}, superuser);
  }

  std::string Errors() {
    const auto errors = Validate({collection_, values_, stored_ ? &before_ : nullptr}, rows_);
    return errors.ok() ? ErrorText(*errors) : std::string(AsStd(errors.status().message()));
  }

  // All fields in their order, as an answer shows them.
  std::string Show() const {
    std::string out = "{";
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (i > 0) out += ',';
      out += '"' + collection_.fields[i].name + "\":";
      AppendJson(out, collection_.fields[i], values_[i], false);
    }
    return out + "}";
  }

  // The mistakes, or the record.
  std::string Answer(std::string_view body, bool superuser = true) {
    Submit(body, superuser);
    const std::string errors = Errors();
    return errors.empty() ? Show() : errors;
  }

 private:
  std::size_t Position(std::string_view name) const {
    return static_cast<std::size_t>(collection_.FindField(name) - collection_.fields.data());
  }

  Collection collection_;
  std::vector<FieldValue> values_;
  std::vector<FieldValue> before_;
  bool stored_ = false;
  Rows rows_;
};

inline UploadPtr MakeUpload(std::string name, std::string bytes = "x",
                            std::string mime = "text/plain; charset=utf-8",
                            std::string original = "original.txt") {
  Upload upload;
  upload.file.filename = std::move(original);
  upload.file.content = http::FileContent(std::move(bytes));
  upload.name = std::move(name);
  upload.detected_mime = std::move(mime);
  return std::make_shared<const Upload>(std::move(upload));
}

// One field, one body: what comes of it.
struct AnswerCase {
  std::string_view field;  // of name v, without its braces and its name
  std::string_view value;  // JSON, or `-` for no value
  std::string_view want;   // the value, or its mistake from `"code"` on
};

inline std::string AnswerOf(const AnswerCase& test) {
  Draft draft("[{\"name\":\"v\"," + std::string(test.field) + "}]");
  const std::string body = test.value == "-" ? "{}" : "{\"v\":" + std::string(test.value) + "}";
  std::string answer = draft.Answer(body);
  if (answer.starts_with(R"({"v":)")) answer = answer.substr(5, answer.size() - 6);
  if (answer.starts_with(R"({"code":)")) answer = answer.substr(1, answer.size() - 2);
  return answer;
}

}  // namespace sluice::fields
