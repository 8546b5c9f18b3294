// Tested by tests/server/mail_template_test.cc.
#include "tools/server/mail/template.h"

#include <algorithm>

namespace sluice::mail {
namespace {

constexpr std::string_view kPageBegin =
    "<!DOCTYPE html>\n"
    "<html>\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    "body { margin: 0; padding: 24px; background: #f4f5f7; color: #1c2430; font: 16px/1.5 "
    "sans-serif; }\n"
    ".page { max-width: 560px; margin: 0 auto; padding: 24px; background: #fff; border-radius: "
    "6px; }\n"
    "p { margin: 0 0 16px; }\n"
    ".btn { display: inline-block; padding: 10px 24px; background: #1c2430; color: #fff "
    "!important; border-radius: 4px; text-decoration: none; font-weight: bold; }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<div class=\"page\">\n";
constexpr std::string_view kPageEnd = "\n</div>\n</body>\n</html>\n";

// Placeholders are short; this keeps a text full of `{` linear.
constexpr std::size_t kNameMax = 256;

}  // namespace

std::string Filled(std::string_view text, const Placeholders& placeholders) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.substr(0, kNameMax).find_first_of("{}", 1);
    std::optional<std::string> value;
    if (close != text.npos && text[close] == '}') value = placeholders(text.substr(1, close - 1));
    if (value) {
      out += *value;
      text.remove_prefix(close + 1);
    } else {
      out += '{';
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string Page(std::string_view body) {
  std::string out(kPageBegin);
  out += body;
  out += kPageEnd;
  return out;
}

}  // namespace sluice::mail
