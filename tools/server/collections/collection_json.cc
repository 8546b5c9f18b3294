// Tested by tests/conformance (`collections list`).
#include "tools/server/collections/collection_json.h"

#include <algorithm>
#include <array>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

#include "tools/server/http/json_text.h"
#include "tools/server/json/json_text.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;

// What a key shows when an older folder lacks it (S-20), as JSON.
struct Default {
  std::string_view key;
  std::string_view json;
};
struct TypeDefaults {
  FieldType type;
  std::array<Default, 8> keys;  // ends at the first empty key
};

constexpr std::array<TypeDefaults, 14> kDefaults = {{
    {FieldType::kText,
     {{{"min", "0"},
       {"max", "0"},
       {"pattern", "\"\""},
       {"autogeneratePattern", "\"\""},
       {"primaryKey", "false"}}}},
    {FieldType::kNumber, {{{"min", "null"}, {"max", "null"}, {"onlyInt", "false"}}}},
    {FieldType::kBool, {}},
    {FieldType::kEmail, {{{"exceptDomains", "null"}, {"onlyDomains", "null"}}}},
    {FieldType::kUrl, {{{"exceptDomains", "null"}, {"onlyDomains", "null"}}}},
    {FieldType::kEditor, {{{"maxSize", "0"}, {"convertURLs", "false"}}}},
    {FieldType::kDate, {{{"min", "\"\""}, {"max", "\"\""}}}},
    {FieldType::kAutodate, {{{"onCreate", "false"}, {"onUpdate", "false"}}}},
    {FieldType::kSelect, {{{"values", "null"}, {"maxSelect", "0"}}}},
    {FieldType::kJson, {{{"maxSize", "0"}}}},
    {FieldType::kRelation,
     {{{"collectionId", "\"\""},
       {"cascadeDelete", "false"},
       {"minSelect", "0"},
       {"maxSelect", "0"}}}},
    {FieldType::kFile,
     {{{"maxSelect", "0"},
       {"maxSize", "0"},
       {"mimeTypes", "null"},
       {"thumbs", "null"},
       {"protected", "false"}}}},
    {FieldType::kGeoPoint, {}},
    {FieldType::kPassword, {{{"min", "0"}, {"max", "0"}, {"pattern", "\"\""}, {"cost", "0"}}}},
}};
constexpr std::array<Default, 3> kCommon = {
    {{"system", "false"}, {"hidden", "false"}, {"presentable", "false"}}};
constexpr std::array<Default, 2> kCommonButAutodate = {{{"help", "\"\""}, {"required", "false"}}};

bj::value Parse(std::string_view text) {
  boost::system::error_code error;
  bj::parse_options options;
  options.max_depth = 100;
  options.allow_invalid_utf8 = true;
  return bj::parse({text.data(), text.size()}, error, {}, options);
}

void AppendKey(std::string& out, std::string_view key) {
  if (out.back() != '{') out += ',';
  json::AppendString(out, key);
  out += ':';
}

void AppendField(std::string& out, const Field& field) {
  const bj::value stored = Parse(field.options_json);
  std::vector<std::pair<std::string, std::string>> members;
  if (stored.is_object()) {
    for (const auto& [key, value] : stored.get_object()) {
      std::string text;
      http::AppendJsonValue(text, value);
      members.emplace_back(std::string(key), std::move(text));
    }
  }
  const auto fill = [&members](const Default& entry) {
    if (entry.key.empty()) return;
    const bool known = std::any_of(members.begin(), members.end(),
                                   [&](const auto& member) { return member.first == entry.key; });
    if (!known) members.emplace_back(std::string(entry.key), std::string(entry.json));
  };
  for (const Default& entry : kCommon) fill(entry);
  if (field.type != FieldType::kAutodate) {
    for (const Default& entry : kCommonButAutodate) fill(entry);
  }
  for (const TypeDefaults& defaults : kDefaults) {
    if (defaults.type != field.type) continue;
    for (const Default& entry : defaults.keys) fill(entry);
  }
  std::sort(members.begin(), members.end());
  out += '{';
  for (const auto& [key, value] : members) {
    AppendKey(out, key);
    out += value;
  }
  out += '}';
}

void AppendRule(std::string& out, std::string_view key, const RuleText& rule) {
  AppendKey(out, key);
  if (rule) {
    json::AppendString(out, *rule);
  } else {
    out += "null";
  }
}

// Provider objects without their secrets; no provider list at all is `[]`.
bj::value WithoutProviderSecrets(bj::value oauth2) {
  if (!oauth2.is_object()) return oauth2;
  bj::value& providers = oauth2.get_object()["providers"];
  if (!providers.is_array()) {
    providers = bj::array();
    return oauth2;
  }
  for (bj::value& provider : providers.get_array()) {
    if (provider.is_object()) provider.get_object().stable_erase("clientSecret");
  }
  return oauth2;
}

// Of a token object only the duration is shown.
bj::value WithoutTokenSecret(const bj::value& token) {
  bj::object shown;
  const bj::value* duration =
      token.is_object() ? token.get_object().if_contains("duration") : nullptr;
  shown["duration"] = duration == nullptr ? bj::value(0) : *duration;
  return shown;
}

void AppendAuthOptions(std::string& out, const Collection& collection) {
  static constexpr std::array<std::string_view, 15> kKeys = {"authRule",
                                                             "manageRule",
                                                             "authAlert",
                                                             "oauth2",
                                                             "passwordAuth",
                                                             "mfa",
                                                             "otp",
                                                             "authToken",
                                                             "passwordResetToken",
                                                             "emailChangeToken",
                                                             "verificationToken",
                                                             "fileToken",
                                                             "verificationTemplate",
                                                             "resetPasswordTemplate",
                                                             "confirmEmailChangeTemplate"};
  const bj::value options = Parse(collection.options_json);
  for (std::string_view key : kKeys) {
    AppendKey(out, key);
    const bj::value* stored =
        options.is_object() ? options.get_object().if_contains({key.data(), key.size()}) : nullptr;
    bj::value value = stored == nullptr ? bj::value(nullptr) : *stored;
    if (key == "oauth2") value = WithoutProviderSecrets(std::move(value));
    if (key.size() > 5 && key.substr(key.size() - 5) == "Token") value = WithoutTokenSecret(value);
    AppendOrdered(out, value);
  }
}

}  // namespace

void AppendOrdered(std::string& out, const bj::value& value) {
  if (value.is_object()) {
    out += '{';
    for (const auto& [key, member] : value.get_object()) {
      AppendKey(out, {key.data(), key.size()});
      AppendOrdered(out, member);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const bj::value& item : value.get_array()) {
      if (out.back() != '[') out += ',';
      AppendOrdered(out, item);
    }
    out += ']';
  } else {
    http::AppendJsonValue(out, value);
  }
}

void AppendCollection(std::string& out, const Collection& collection) {
  out += '{';
  AppendKey(out, "id");
  json::AppendString(out, collection.id);
  AppendRule(out, "listRule", collection.list_rule);
  AppendRule(out, "viewRule", collection.view_rule);
  AppendRule(out, "createRule", collection.create_rule);
  AppendRule(out, "updateRule", collection.update_rule);
  AppendRule(out, "deleteRule", collection.delete_rule);
  AppendKey(out, "name");
  json::AppendString(out, collection.name);
  AppendKey(out, "type");
  json::AppendString(out, collection.is_auth() ? "auth" : collection.is_view() ? "view" : "base");
  AppendKey(out, "fields");
  out += '[';
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    if (i > 0) out += ',';
    AppendField(out, collection.fields[i]);
  }
  out += ']';
  AppendKey(out, "indexes");
  out += '[';
  for (std::size_t i = 0; i < collection.indexes.size(); ++i) {
    if (i > 0) out += ',';
    json::AppendString(out, collection.indexes[i].sql);
  }
  out += ']';
  AppendKey(out, "created");
  json::AppendString(out, collection.created);
  AppendKey(out, "updated");
  json::AppendString(out, collection.updated);
  AppendKey(out, "system");
  out += collection.system ? "true" : "false";
  if (collection.is_auth()) AppendAuthOptions(out, collection);
  if (collection.is_view()) {
    AppendKey(out, "viewQuery");
    json::AppendString(out, collection.view_query);
  }
  out += '}';
}

}  // namespace sluice::collections
