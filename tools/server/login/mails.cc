// Tested by tests/server/login_mails_test.cc.
#include "tools/server/login/mails.h"

#include <chrono>
#include <optional>

#include "sluice/value.h"
#include "tools/server/json/json_text.h"
#include "tools/server/mail/html_text.h"
#include "tools/server/mail/template.h"
#include "tools/server/store/system_tables.h"

namespace sluice::login {
namespace {

const store::MailOption& TemplateOf(const store::AuthOptions& options, MailKind kind) {
  switch (kind) {
    case MailKind::kVerification:
      return options.verification_mail;
    case MailKind::kPasswordReset:
      return options.password_reset_mail;
    case MailKind::kEmailChange:
      return options.email_change_mail;
    case MailKind::kOtp:
      return options.otp_mail;
    case MailKind::kLoginAlert:
      return options.alert_mail;
  }
  return options.verification_mail;
}

// A field's value as a mail shows it.
std::string FieldText(const Field& field, const fields::FieldValue& value) {
  switch (field.type) {
    case FieldType::kBool:
      return value.boolean ? "true" : "false";
    case FieldType::kNumber:
      return PlainDecimalText(value.number);
    case FieldType::kDate:
    case FieldType::kAutodate:
      return value.text;
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
      if (field.multiple() || value.list.empty()) return "";
      return mail::EscapedHtml(value.list.front());
    case FieldType::kGeoPoint: {
      std::string text = "{\"lon\":";
      json::AppendNumber(text, value.lon);
      text += ",\"lat\":";
      json::AppendNumber(text, value.lat);
      return mail::EscapedHtml(text + "}");
    }
    default:
      return mail::EscapedHtml(value.text);
  }
}

}  // namespace

mail::Mail MakeMail(MailKind kind, const store::Settings& settings,
                    const store::AuthOptions& options, const writes::Record& record,
                    const MailValues& values, std::string to) {
  const auto placeholders = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "APP_NAME") return settings.meta.app_name;
    if (name == "APP_URL") return settings.meta.app_url;
    for (const auto& [key, value] : values) {
      if (key == name) return value;
    }
    constexpr std::string_view kRecord = "RECORD:";
    if (!name.starts_with(kRecord)) return std::nullopt;
    const Field* field = record.collection->FindField(name.substr(kRecord.size()));
    if (field == nullptr || field->hidden) return std::nullopt;
    return FieldText(*field, record.Get(field->name));
  };
  const store::MailOption& text = TemplateOf(options, kind);
  mail::Mail mail;
  mail.from_name = settings.meta.sender_name;
  mail.from_address = settings.meta.sender_address;
  mail.to = std::move(to);
  mail.subject = mail::Filled(text.subject, placeholders);
  mail.html = mail::Page(mail::Filled(text.body, placeholders));
  return mail;
}

std::string AlertInfo(std::int64_t now_millis, std::string_view ip, std::string_view user_agent) {
  const std::chrono::system_clock::time_point now{std::chrono::milliseconds(now_millis)};
  return mail::EscapedHtml(store::StoredTime(now) + " - " + std::string(ip) + " " +
                           std::string(user_agent));
}

}  // namespace sluice::login
