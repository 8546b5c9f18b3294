// One JSON object written member by member, for the reports of commands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/server/json/json_text.h"

namespace sluice::cli {

// Starts with `{`; the caller ends it.
class JsonMembers {
 public:
  std::string out = "{";

  void Key(std::string_view key) {
    if (out.back() != '{') out += ',';
    json::AppendString(out, key);
    out += ':';
  }
  void Member(std::string_view key, std::string_view text) {
    Key(key);
    json::AppendString(out, text);
  }
  void Null(std::string_view key) {
    Key(key);
    out += "null";
  }
  void Number(std::string_view key, std::uint64_t number) {
    Key(key);
    json::AppendInteger(out, static_cast<std::int64_t>(number));
  }
  void Flag(std::string_view key, bool flag) {
    Key(key);
    out += flag ? "true" : "false";
  }
  // `append` writes the members of one item, or one object.
  template <typename Items, typename Append>
  void List(std::string_view key, const Items& items, const Append& append) {
    Key(key);
    out += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) out += ',';
      first = false;
      out += '{';
      append(item);
      out += '}';
    }
    out += ']';
  }
  template <typename Append>
  void Object(std::string_view key, const Append& append) {
    Key(key);
    out += '{';
    append();
    out += '}';
  }
};

}  // namespace sluice::cli
