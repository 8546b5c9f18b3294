// Tested by tests/conformance (`records`).
#include "tools/server/writes/auth_form.h"

#include <vector>

#include "tools/server/fields/validate.h"
#include "tools/server/writes/failures.h"

namespace sluice::writes {
namespace {

std::string Input(const fields::Submission& submission, std::string_view key) {
  const JsonValue* value = submission.values.Find(key);
  return value == nullptr ? std::string() : fields::TextOf(*value);
}

}  // namespace

Status CheckAuthForm(const Record& record, const fields::Submission& submission, bool manager,
                     PasswordWork& passwords) {
  const bool is_new = record.is_new();
  const std::string password = Input(submission, "password");
  const std::string confirm = Input(submission, "passwordConfirm");
  const std::string old = Input(submission, "oldPassword");
  std::vector<http::ErrorEntry> errors;
  if (!is_new && !manager && record.Get("email").text != record.Before("email").text)
    errors.push_back(fields::Mismatch("email"));
  if (!manager && record.Get("verified").boolean != record.Before("verified").boolean)
    errors.push_back(fields::Mismatch("verified"));
  if ((is_new || !confirm.empty() || !old.empty()) && password.empty())
    errors.push_back(fields::Blank("password"));
  if ((is_new || !password.empty() || !old.empty()) && confirm.empty()) {
    errors.push_back(fields::Blank("passwordConfirm"));
  } else if (confirm != password) {
    errors.push_back(fields::Mismatch("passwordConfirm"));
  }
  if (!is_new && !manager && (!password.empty() || !confirm.empty())) {
    if (old.empty()) {
      errors.push_back(fields::Blank("oldPassword"));
    } else if (!passwords.Verify(old, record.Before("password").text)) {
      errors.push_back(Mistake("oldPassword", "validation_invalid_old_password",
                               "Missing or invalid old password."));
    }
  }
  return errors.empty() ? absl::OkStatus() : SaveFailure(is_new, std::move(errors));
}

}  // namespace sluice::writes
