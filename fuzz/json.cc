// JSON bodies, form bodies and their values: what was read, written, reads the
// same; and the picker of `fields` on them.
//
// An input: JSON; behind \x1f, a `fields` list.
#include <string>

#include "fuzz/target.h"
#include "sluice/parser.h"
#include "tools/server/http/body.h"
#include "tools/server/http/json_text.h"
#include "tools/server/http/target.h"
#include "tools/server/records/json_check.h"
#include "tools/server/records/pick_fields.h"

namespace sluice::fuzz {
namespace {

// Larger ones only nest more of the same.
constexpr std::size_t kInputBytesMax = 16384;

std::string Write(const boost::json::value& value) {
  std::string out;
  http::AppendJsonValue(out, value);
  return out;
}

void CheckForm(std::string_view text) {
  http::Request request;
  request.method = "POST";
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  request.has_body = true;
  request.body = std::string(text);
  (void)http::ReadBody(request);
  (void)http::InferFormValue(text);
}

}  // namespace

void Json(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  const std::size_t cut = input.find('\x1f');
  const std::string_view text = input.substr(0, cut);
  CheckForm(text.substr(0, 256));
  const StatusOr<boost::json::value> value = http::ParseJson(text, http::JsonTail::kMustBeBlank);
  if (!value.ok()) return;
  Count("values read");
  const std::string written = Write(*value);
  const StatusOr<boost::json::value> again = http::ParseJson(written, http::JsonTail::kMustBeBlank);
  if (!again.ok() || Write(*again) != written) Broken("a value is written as another", written);
  if (cut == std::string_view::npos) return;
  const StatusOr<FieldList> fields = ParseFields(input.substr(cut + 1));
  if (!fields.ok()) return;
  const StatusOr<std::string> picked = records::PickFields(written, *fields, false);
  if (!picked.ok()) return;
  Count("values picked");
  if (!http::ParseJson(*picked, http::JsonTail::kMustBeBlank).ok())
    Broken("what was picked is no JSON", *picked);
}

}  // namespace sluice::fuzz
