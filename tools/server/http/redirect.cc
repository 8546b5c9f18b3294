// Tested by http_router_test.cc and http_tls_test.cc.
#include "tools/server/http/redirect.h"

#include <utility>

namespace sluice::http {
namespace {

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&#34;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

// Bytes that cannot stand in a header as they are.
std::string EscapeNonAscii(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
    }
  }
  return out;
}

Response RedirectTo(std::string url, int status, std::string_view phrase, const Request& head) {
  Response response;
  response.status = status;
  response.common_headers = CommonHeaders::kNone;
  if (head.method == "GET" || head.method == "HEAD") {
    response.headers.Add("Content-Type", "text/html; charset=utf-8");
    response.body.append("<a href=\"").append(EscapeHtml(url)).append("\">");
    response.body.append(phrase).append("</a>.\n\n");
  }
  response.headers.Add("Location", url);
  return response;
}

// `host` of `host:port`.
std::string_view WithoutPort(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool in_brackets = colon != std::string_view::npos && host.find(']', colon) != host.npos;
  return colon == host.npos || in_brackets ? host : host.substr(0, colon);
}

}  // namespace

Response RedirectToPath(std::string_view path, const Request& head) {
  std::string url = EscapeNonAscii(path);
  if (!head.raw_query().empty()) {
    url.append("?").append(EscapeNonAscii(head.raw_query()));
  }
  return RedirectTo(std::move(url), 307, "Temporary Redirect", head);
}

Admission HttpsRedirect::Admit(Request& head) const {
  Admission admission;
  const std::string_view host = WithoutPort(head.headers.Find("Host").value_or(""));
  const bool has_path = head.path().starts_with('/');
  if ((head.method != "GET" && head.method != "HEAD") || host.empty() || !has_path) {
    admission.answer.status = 400;
    admission.answer.common_headers = CommonHeaders::kNone;
    admission.answer.headers.Add("Content-Type", "text/plain; charset=utf-8");
    admission.answer.headers.Add("X-Content-Type-Options", "nosniff");
    admission.answer.body = "Use HTTPS\n";
    return admission;
  }
  std::string url("https://");
  url.append(EscapeNonAscii(host));
  if (port_ != 443) {
    url.append(":").append(std::to_string(port_));
  }
  url.append(EscapeNonAscii(std::string_view(head.target).substr(head.path_at)));
  admission.answer = RedirectTo(std::move(url), 302, "Found", head);
  return admission;
}

}  // namespace sluice::http
