// Tested by tests/server/records_field_json_test.cc.
#include "tools/server/records/plain_json.h"

#include "tools/server/json/json_text.h"

namespace sluice::records {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string_view TakeDigits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

// Decimals of up to 15 digits are the shortest that read as their double. Below
// a millionth they would be spelled with an exponent.
bool TakePlainNumber(std::string_view& text) {
  constexpr std::size_t kExactDigits = 15;
  const bool negative = Take(text, "-");
  const std::string_view whole = TakeDigits(text);
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return false;
  if (!Take(text, ".")) return whole.size() <= kExactDigits && (!negative || whole != "0");
  const std::string_view fraction = TakeDigits(text);
  return !fraction.empty() && fraction.back() != '0' &&
         whole.size() + fraction.size() <= kExactDigits && !fraction.starts_with("00000");
}

}  // namespace

bool IsPlainPoint(std::string_view text) {
  return Take(text, R"({"lon":)") && TakePlainNumber(text) && Take(text, R"(,"lat":)") &&
         TakePlainNumber(text) && text == "}";
}

bool ReadPlainList(std::string_view text, absl::InlinedVector<std::string_view, 8>& values) {
  values.clear();
  if (text.size() < 4 || !text.starts_with("[\"") || !text.ends_with("\"]")) return false;
  std::string_view rest = text.substr(2, text.size() - 4);
  while (true) {
    const std::size_t end = rest.find('"');
    const std::string_view value = rest.substr(0, end);
    if (value.empty() || !json::IsPlain(value)) break;
    values.push_back(value);
    if (end == std::string_view::npos) return true;
    rest.remove_prefix(end);
    if (!Take(rest, R"(",)")) break;
    Take(rest, " ");
    if (!Take(rest, "\"")) break;
  }
  values.clear();
  return false;
}

}  // namespace sluice::records
