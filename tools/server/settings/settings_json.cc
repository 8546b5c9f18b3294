// Tested by tests/server/settings_test.cc.
#include "tools/server/settings/settings_json.h"

#include <string_view>

#include "tools/server/json/json_text.h"

namespace sluice::settings {
namespace {

class Writer {
 public:
  explicit Writer(bool secrets) : secrets_(secrets) {}

  void Write(bool value) { out_ += value ? "true" : "false"; }
  void Write(std::int64_t value) { json::AppendInteger(out_, value); }
  void Write(const std::string& value) { json::AppendString(out_, value); }

  template <typename Item>
  void Write(const std::vector<Item>& items) {
    out_ += '[';
    bool first = true;
    for (const Item& item : items) {
      if (!first) out_ += ',';
      first = false;
      Write(item);
    }
    out_ += ']';
  }

  template <typename Group>
  requires std::is_class_v<Group>
  void Write(const Group& group) {
    out_ += '{';
    bool first = true;
    store::VisitFields(group, [&](std::string_view name, const auto& field) {
      if (IsLeftOut(name, field)) return;
      if (!first) out_ += ',';
      first = false;
      json::AppendString(out_, name);
      out_ += ':';
      Write(field);
    });
    out_ += '}';
  }

  std::string Take() { return std::move(out_); }

 private:
  template <typename Field>
  bool IsLeftOut(std::string_view name, const Field& field) const {
    if constexpr (std::is_same_v<Field, std::string>) {
      if (name == "password") return !secrets_;
      if (name == "secret") return !secrets_ || field.empty();
    }
    return false;
  }

  bool secrets_;
  std::string out_;
};

std::string ToJson(const store::Settings& settings, bool secrets) {
  Writer writer(secrets);
  writer.Write(settings);
  return writer.Take();
}

}  // namespace

std::string ToStoredJson(const store::Settings& settings) { return ToJson(settings, true); }
std::string ToPublicJson(const store::Settings& settings) { return ToJson(settings, false); }

}  // namespace sluice::settings
