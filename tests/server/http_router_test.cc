// Routes, redirects, CORS, and what unknown paths are told.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tools/server/http/router.h"
#include "tools/server/http/target.h"

namespace sluice::http {
namespace {

class Capture : public AnswerSink {
 public:
  void Answer(Response response) override { answer = std::move(response); }
  std::optional<Response> answer;
};

Handler Say(std::string name) {
  return [name](const Request& request, Responder responder) {
    std::string text = name;
    for (const Param& param : request.path_params) {
      text += " " + param.name + "=" + param.value;
    }
    responder.Send(JsonResponse(200, text));
  };
}

class RouterTest : public ::testing::Test {
 protected:
  Request Head(std::string method, std::string target, std::string origin = "") {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    EXPECT_TRUE(ParseTarget(request));
    if (!origin.empty()) {
      request.headers.Add("Origin", origin);
    }
    return request;
  }

  Response Ask(Request request) {
    admission_ = router_.Admit(request);
    if (admission_.handler == nullptr) {
      return admission_.answer;
    }
    const auto capture = std::make_shared<Capture>();
    (*admission_.handler)(std::move(request), Responder(capture));
    return capture->answer.value_or(Response{});
  }

  std::string Body(std::string method, std::string target) {
    return Ask(Head(std::move(method), std::move(target))).body;
  }

  Router router_{CorsPolicy({"*"})};
  Admission admission_;
};

TEST_F(RouterTest, MostSpecificWins) {
  router_.Add("GET", "/api/collections/{c}/records", Say("list"));
  router_.Add("GET", "/api/collections/{c}/records/{id}", Say("view"));
  router_.Add("POST", "/api/collections/{c}/records", Say("create"));
  router_.Add("GET", "/api/collections/meta/scaffolds", Say("scaffolds"));
  router_.Add("GET", "/api/{rest...}", Say("rest"));
  EXPECT_EQ(Body("GET", "/api/collections/tags/records"), "list c=tags");
  EXPECT_EQ(Body("HEAD", "/api/collections/tags/records"), "list c=tags");
  EXPECT_EQ(Body("GET", "/api/collections/%74ags/records/a%2Fb"), "view c=tags id=a/b");
  EXPECT_EQ(Body("POST", "/api/collections/tags/records"), "create c=tags");
  EXPECT_EQ(Body("GET", "/api/collections/meta/scaffolds"), "scaffolds");
  EXPECT_EQ(Body("GET", "/api/collections/meta/records"), "list c=meta");
  EXPECT_EQ(Body("GET", "/api/collections/x/y/z"), "rest rest=collections/x/y/z");
  EXPECT_EQ(Body("GET", "/api/"), "rest rest=");
  EXPECT_EQ(Body("GET", "/api/collections/tags/records/"), "rest rest=collections/tags/records/");
}

TEST_F(RouterTest, UnknownRoutes) {
  router_.Add("GET", "/api/health", Say("health"));
  const std::string not_found =
      "{\"data\":{},\"message\":\"The requested resource wasn't found.\",\"status\":404}\n";
  const std::string no_file = "{\"data\":{},\"message\":\"File not found.\",\"status\":404}\n";
  EXPECT_EQ(Body("GET", "/api/health/"), no_file);
  EXPECT_EQ(Body("HEAD", "/nope"), no_file);
  EXPECT_EQ(Body("POST", "/api/health"), not_found);
  EXPECT_EQ(Body("TRACE", "/nope"), not_found);
  EXPECT_EQ(Body("WHATEVER", "/nope"), not_found);
  router_.SetFallback(Say("fallback"));
  EXPECT_EQ(Body("GET", "/nope"), "fallback");
  EXPECT_TRUE(admission_.discard_body);
}

TEST_F(RouterTest, UncleanPathsAreRedirectedBeforeEverything) {
  Response get = Ask(Head("GET", "/api//collections/tags/records?fields=id&x=\"<", "http://a.b"));
  EXPECT_EQ(get.status, 307);
  EXPECT_EQ(get.headers.Find("Location"), "/api/collections/tags/records?fields=id&x=\"<");
  EXPECT_EQ(get.headers.Find("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get.body,
            "<a href=\"/api/collections/tags/records?fields=id&amp;x=&#34;&lt;\">Temporary "
            "Redirect</a>.\n\n");
  EXPECT_EQ(get.common_headers, CommonHeaders::kNone);
  for (const char* method : {"OPTIONS", "POST"}) {
    const Response other = Ask(Head(method, "/a/../b/"));
    EXPECT_EQ(other.status, 307);
    EXPECT_EQ(other.headers.Find("Location"), "/b/");
    EXPECT_EQ(other.headers.Find("Content-Type"), std::nullopt);
    EXPECT_EQ(other.body, "");
  }
  EXPECT_EQ(Ask(Head("GET", "/a/./b")).headers.Find("Location"), "/a/b");
  EXPECT_EQ(Ask(Head("GET", "/\xC3\xA9//")).headers.Find("Location"), "/%c3%a9/");
  EXPECT_EQ(Ask(Head("GET", "/%2e%2e/x")).status, 404);
  EXPECT_EQ(Ask(Head("GET", "/a%2F%2Fb")).status, 404);
}

TEST_F(RouterTest, TreesGetTheirSlash) {
  router_.Add("GET", "/_/{path...}", Say("dashboard"));
  router_.Add("GET", "/{path...}", Say("static"));
  const Response redirect = Ask(Head("GET", "/_?a=1"));
  EXPECT_EQ(redirect.status, 307);
  EXPECT_EQ(redirect.headers.Find("Location"), "/_/?a=1");
  EXPECT_EQ(Body("GET", "/_/"), "dashboard path=");
  EXPECT_EQ(Body("GET", "/_/x/y"), "dashboard path=x/y");
  EXPECT_EQ(Body("GET", "/foo"), "static path=foo");
  EXPECT_EQ(Body("GET", "/"), "static path=");
}

TEST_F(RouterTest, Options) {
  const Response bare = Ask(Head("OPTIONS", "/anything"));
  EXPECT_EQ(bare.status, 204);
  EXPECT_EQ(bare.common_headers, CommonHeaders::kCorsOnly);
  EXPECT_EQ(admission_.cors_fields, "Vary: Origin\r\n");
  Request preflight = Head("OPTIONS", "/x", "http://a.b");
  preflight.headers.Add("Access-Control-Request-Headers", "x-one, x-two");
  EXPECT_EQ(Ask(std::move(preflight)).status, 204);
  EXPECT_EQ(admission_.cors_fields,
            "Access-Control-Allow-Headers: x-one, x-two\r\n"
            "Access-Control-Allow-Methods: GET,HEAD,PUT,PATCH,POST,DELETE\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Vary: Origin\r\n"
            "Vary: Access-Control-Request-Method\r\n"
            "Vary: Access-Control-Request-Headers\r\n");
  EXPECT_EQ(Ask(Head("OPTIONS", "*")).status, 200);
  EXPECT_EQ(Ask(Head("GET", "*")).status, 400);
}

TEST_F(RouterTest, LimitsComeFromTheRoute) {
  RouteOptions options;
  options.plan_body = [](const Request& request) {
    BodyPlan plan;
    plan.bytes_max = request.PathParam("c") == "big" ? 100U : 10U;
    if (request.PathParam("c") == "none") {
      plan.refusal = ApiError{.status = 404, .message = "Missing collection context."};
    }
    return plan;
  };
  options.chunked_overflow = ApiError{.status = 400};
  router_.Add("POST", "/{c}", Say("x"), std::move(options));
  Ask(Head("POST", "/big"));
  EXPECT_EQ(admission_.body_bytes_max, 100U);
  ASSERT_NE(admission_.chunked_overflow, nullptr);
  EXPECT_EQ(admission_.chunked_overflow->status, 400);
  Ask(Head("POST", "/small"));
  EXPECT_EQ(admission_.body_bytes_max, 10U);
  EXPECT_EQ(Ask(Head("POST", "/none")).status, 404);
  EXPECT_EQ(admission_.handler, nullptr);
}

TEST(Cors, Origins) {
  const CorsPolicy policy(
      {"https://exact.com", "https://*.b.com", "http://a?c:*", "http://q.*.com"});
  const std::vector<std::pair<std::string, bool>> cases = {
      {"https://exact.com", true},
      {"ftp://exact.com", false},
      {"https://x.b.com", true},
      {"https://x.y.b.com", true},
      {"https://b.com", false},
      {"https://xb.com", false},
      {"http://abc:80", true},
      {"http://aéc:80", true},
      {"http://ac:80", false},
      {"http://z.y.com", true},
      {"https://evil.com/.b.com", true},  // As at the peer: `*` stands for any text.
      {"null", false},
      {"", false},
  };
  for (const auto& [origin, allowed] : cases) {
    EXPECT_EQ(policy.AllowedOrigin(origin), allowed ? origin : "") << origin;
  }
  EXPECT_EQ(policy.AllowedOrigin("https://" + std::string(300, 'x') + ".b.com"), "");
}

TEST(Responder, AnswersOnce) {
  const auto capture = std::make_shared<Capture>();
  { const Responder lost(capture); }
  EXPECT_EQ(capture->answer.value_or(Response{}).status, 500);
  capture->answer.reset();
  {
    Responder responder(capture);
    responder.Send(NoContent());
    responder.Send(JsonResponse(200, "{}\n"));
  }
  EXPECT_EQ(capture->answer.value_or(Response{}).status, 204);
}

}  // namespace
}  // namespace sluice::http
