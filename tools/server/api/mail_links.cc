// The small pages that links in mails and OAuth2 pop-ups lead to:
// one document, which reads what is wanted behind the `#`. No token reaches the
// server before a person has pressed a button, as programs open links in mails
// too. Tested by tests/server/mail_links_test.cc.
#include "tools/server/api/mail_links_page.h"
#include "tools/server/api/server_parts.h"

namespace sluice::api {
namespace {

http::Handler Serve(std::string_view type, std::string_view text) {
  return [type, text](http::Request, http::Responder responder) {
    http::Response response;
    response.headers.Add("Content-Type", type);
    // S-77, and tighter: the pages need nothing from anywhere else.
    response.headers.Add("Content-Security-Policy",
                         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src "
                         "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response.headers.Add("Referrer-Policy", "no-referrer");
    response.headers.Add("Cache-Control", "no-cache");
    response.body = std::string(text);
    responder.Send(std::move(response));
  };
}

}  // namespace

void AddMailLinkRoutes(http::Router& router) {
  router.Add("GET", "/_/", Serve("text/html; charset=utf-8", kMailLinksHtml));
  router.Add("GET", "/_/links.js", Serve("text/javascript; charset=utf-8", kMailLinksScript));
  router.Add("GET", "/_/links.css", Serve("text/css; charset=utf-8", kMailLinksStyle));
}

}  // namespace sluice::api
