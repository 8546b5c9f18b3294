// Subjects and bodies with placeholders.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::mail {

// A mail as an operator wrote it.
struct Template {
  std::string subject;
  std::string body;
};

// What a placeholder such as `APP_NAME` or `RECORD:name` stands for; nothing
// leaves it as it is.
using Placeholders = std::function<std::optional<std::string>(std::string_view name)>;

// `text` with its {placeholders} replaced, in one pass: what was put in is not
// looked at again.
std::string Filled(std::string_view text, const Placeholders& placeholders);

// A whole document around the body, which is taken as it is.
std::string Page(std::string_view body);

}  // namespace sluice::mail
