// The error envelope and the mapping of statuses.
#include <string>

#include "gtest/gtest.h"

#include "tools/server/http/api_error.h"

namespace sluice::http {
namespace {

TEST(ApiError, DefaultMessages) {
  EXPECT_EQ(ToJson({.status = 400}),
            "{\"data\":{},\"message\":\"Something went wrong while processing your request.\","
            "\"status\":400}\n");
  EXPECT_EQ(ToJson({.status = 404}),
            "{\"data\":{},\"message\":\"The requested resource wasn't found.\",\"status\":404}\n");
  EXPECT_EQ(DefaultMessage(401), "Missing or invalid authentication.");
  EXPECT_EQ(DefaultMessage(403), "You are not allowed to perform this request.");
  EXPECT_EQ(DefaultMessage(413), "Request entity too large.");
  EXPECT_EQ(DefaultMessage(429), "Too Many Requests.");
  EXPECT_EQ(DefaultMessage(500), DefaultMessage(400));
}

TEST(ApiError, Sentences) {
  EXPECT_EQ(NormalizeSentence("  only superusers can\n"), "Only superusers can.");
  EXPECT_EQ(NormalizeSentence("why?"), "Why?");
  EXPECT_EQ(NormalizeSentence("stop!"), "Stop!");
  EXPECT_EQ(NormalizeSentence("done."), "Done.");
  EXPECT_EQ(NormalizeSentence("é"), "é.");
  EXPECT_EQ(NormalizeSentence(" "), "");
}

TEST(ApiError, ItemsAreSortedAndFilled) {
  ApiError error{.status = 400, .message = "failed to create record"};
  error.data.push_back({.key = "title",
                        .code = "validation_length_too_long",
                        .message = "the length must be no more than {{.max}}",
                        .params = {{"min", 0}, {"max", 5}}});
  error.data.push_back({.key = "Zed", .code = "validation_required", .message = "cannot be blank"});
  error.data.push_back({.key = "other", .message = "secret text"});
  EXPECT_EQ(ToJson(error),
            "{\"data\":{\"Zed\":{\"code\":\"validation_required\",\"message\":\"Cannot be "
            "blank.\"},\"other\":{\"code\":\"validation_invalid_value\",\"message\":\"Invalid "
            "value.\"},\"title\":{\"code\":\"validation_length_too_long\",\"message\":\"The length "
            "must be no more than 5.\",\"params\":{\"max\":5,\"min\":0}}},\"message\":\"Failed to "
            "create record.\",\"status\":400}\n");
}

TEST(ApiError, NestedAndRaw) {
  ApiError error{.status = 400, .message = "Batch transaction failed."};
  error.data.push_back({.key = "requests",
                        .children = {{.key = "0", .raw_json = "{\"x\":1}"},
                                     {.key = "1", .code = "c", .message = "<m>"}}});
  EXPECT_EQ(ToJson(error),
            "{\"data\":{\"requests\":{\"0\":{\"x\":1},\"1\":{\"code\":\"c\",\"message\":"
            "\"\\u003cm\\u003e.\"}}},\"message\":\"Batch transaction failed.\",\"status\":400}\n");
}

TEST(ApiError, NumbersInMessages) {
  const auto shown = [](boost::json::value value) {
    ApiError error;
    error.data.push_back(
        {.key = "k", .code = "c", .message = "v {{.v}}.", .params = {{"v", value}}});
    const std::string text = ToJson(error);
    const std::size_t at = text.find("\"V ") + 3;
    return text.substr(at, text.find(".\"", at) - at);
  };
  EXPECT_EQ(shown(1000000), "1000000");
  EXPECT_EQ(shown(100000.0), "100000");
  EXPECT_EQ(shown(1e6), "1e+06");
  EXPECT_EQ(shown(1234567.0), "1.234567e+06");
  EXPECT_EQ(shown(1e-5), "1e-05");
  EXPECT_EQ(shown(-3.5), "-3.5");
  EXPECT_EQ(shown({"a", "b"}), "[a b]");
  EXPECT_EQ(shown(boost::json::array()), "[]");
}

TEST(ApiError, UnknownPlaceholderStays) {
  ApiError error;
  error.data.push_back({.key = "k", .code = "c", .message = "{{.x}} {{.open"});
  EXPECT_NE(ToJson(error).find("\"{{.x}} {{.open.\""), std::string::npos);
}

TEST(ApiError, TravelsThroughAStatus) {
  ApiError error{.status = 403, .message = "no"};
  const Status status = MakeStatus(error);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  const Response response = ErrorResponse(status);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.body, ToJson(error));
  EXPECT_EQ(response.headers.Find("content-type"), "application/json");
}

TEST(ApiError, OtherStatusesAreGenericAndSilent) {
  EXPECT_EQ(ErrorResponse(absl::NotFoundError("no rows")).status, 404);
  EXPECT_EQ(ErrorResponse(absl::InvalidArgumentError("x")).status, 400);
  EXPECT_EQ(ErrorResponse(absl::AbortedError("x")).status, 400);
  EXPECT_EQ(ErrorResponse(absl::InternalError("x")).status, 500);
  EXPECT_EQ(ErrorResponse(absl::UnavailableError("x")).status, 503);
  EXPECT_EQ(ErrorResponse(absl::ResourceExhaustedError("x")).status, 503);  // no rate limit
  EXPECT_EQ(ErrorResponse(absl::InternalError("secret")).body.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace sluice::http
