// Fields of views as they are stored, keys in order. Tested by
// tests/engine/view_fields_test.cc.
#include "engine/view_fields_options.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sluice {
namespace {

// A JSON string; `<`, `>` and `&` escaped as stored texts have them (S-19).
std::string JsonText(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::uint32_t Crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

// `before`, id, `between`, name, `after`: the members around those two. The id
// is the type and a checksum of the name (S-21).
Field Made(FieldType type, std::string name, const std::string& before, std::string_view between,
           std::string_view after) {
  Field field;
  field.type = type;
  field.id = std::string(ToText(type)) + std::to_string(Crc32(name));
  field.options_json =
      "{" + before + "\"help\":\"\",\"hidden\":false,\"id\":" + JsonText(field.id) + ",";
  field.options_json += between;
  field.options_json += "\"name\":" + JsonText(name) + ",";
  field.options_json += after;
  field.options_json += ",\"type\":\"" + std::string(ToText(type)) + "\"}";
  field.name = std::move(name);
  return field;
}

constexpr std::string_view kPlainEnd = R"("presentable":false,"required":false,"system":false)";

// Copies an object's members into `out`, those two replaced.
class MemberWriter {
 public:
  MemberWriter(std::string_view object, std::string_view id, std::string_view name)
      : text_(object), id_(id), name_(name) {}

  std::string Write() {
    while (at_ < text_.size() && text_[at_] != '"') out_ += text_[at_++];
    if (at_ == text_.size())
      return "{\"id\":" + JsonText(id_) + ",\"name\":" + JsonText(name_) + "}";
    while (at_ < text_.size()) Member();
    return std::move(out_);
  }

 private:
  std::size_t StringEnd(std::size_t at) const {
    for (++at; at < text_.size() && text_[at] != '"'; ++at) {
      if (text_[at] == '\\') ++at;
    }
    return std::min(at + 1, text_.size());
  }

  // The end of the value that begins at `at`: a comma or brace of the object.
  std::size_t ValueEnd(std::size_t at) const {
    std::size_t depth = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '"') {
        at = StringEnd(at);
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}')) break;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && depth > 0) --depth;
      ++at;
    }
    return at;
  }

  // From a key to the next one, or to the end.
  void Member() {
    const std::size_t key_end = StringEnd(at_);
    const std::string_view key = text_.substr(at_, key_end - at_);
    const std::size_t end = ValueEnd(key_end);
    if (key == "\"id\"" || key == "\"name\"") {
      out_ += std::string(key) + ":" + JsonText(key == "\"id\"" ? id_ : name_);
    } else {
      out_ += text_.substr(at_, end - at_);
    }
    at_ = end;
    while (at_ < text_.size() && text_[at_] != '"') out_ += text_[at_++];
  }

  std::string_view text_;
  std::string_view id_;
  std::string_view name_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

Field ViewIdField() {
  Field field = Made(
      FieldType::kText, "id", R"("autogeneratePattern":"",)", R"("max":0,"min":0,)",
      R"("pattern":"^[a-z0-9]+$","presentable":false,"primaryKey":true,"required":true,"system":true)");
  field.system = true;
  field.primary_key = true;
  field.view_affinity = Affinity::kText;
  return field;
}

Field ViewTextField(std::string name) {
  Field field = Made(
      FieldType::kText, std::move(name), R"("autogeneratePattern":"",)", R"("max":0,"min":0,)",
      R"("pattern":"","presentable":false,"primaryKey":false,"required":false,"system":false)");
  field.view_affinity = Affinity::kText;
  return field;
}

Field ViewNumberField(std::string name, bool only_int, Affinity affinity) {
  Field field =
      Made(FieldType::kNumber, std::move(name), "", R"("max":null,"min":null,)",
           (only_int ? R"("onlyInt":true,)" : R"("onlyInt":false,)") + std::string(kPlainEnd));
  field.view_affinity = affinity;
  return field;
}

Field ViewBoolField(std::string name) {
  Field field = Made(FieldType::kBool, std::move(name), "", "", kPlainEnd);
  field.view_affinity = Affinity::kNumeric;
  return field;
}

Field ViewJsonField(std::string name) {
  Field field = Made(FieldType::kJson, std::move(name), "", R"("maxSize":1,)", kPlainEnd);
  field.view_affinity = Affinity::kNone;
  return field;
}

Field ViewRelationField(std::string name, const std::string& collection_id) {
  Field field = Made(FieldType::kRelation, std::move(name),
                     R"("cascadeDelete":false,"collectionId":)" + JsonText(collection_id) + ",",
                     R"("maxSelect":1,"minSelect":0,)", kPlainEnd);
  field.collection_id = collection_id;
  field.max_select = 1;
  field.view_affinity = Affinity::kText;
  return field;
}

std::string WithIdAndName(std::string_view object, std::string_view id, std::string_view name) {
  return MemberWriter(object, id, name).Write();
}

}  // namespace sluice
