// The HTTP request parser: the same request in whatever pieces it comes, and a
// head that says what its bytes said.
//
// An input: a byte for the size of the pieces, then the bytes of a connection.
#include <algorithm>
#include <string>

#include "fuzz/target.h"
#include "tools/server/http/real_ip.h"
#include "tools/server/http/request_parser.h"
#include "tools/server/http/target.h"

namespace sluice::fuzz {
namespace {

using http::RequestParser;

constexpr std::size_t kHeadBytesMax = 4096;  // smaller than a server's, so that it is reached
constexpr std::uint64_t kBodyBytesMax = 2048;

// What a request came to, to compare.
struct Outcome {
  std::string text;
  std::size_t taken = 0;
};

Outcome Feed(std::string_view bytes, std::size_t piece) {
  RequestParser parser(kHeadBytesMax);
  Outcome outcome;
  bool limited = false;
  std::size_t given = 0;
  while (parser.state() != RequestParser::State::kDone &&
         parser.state() != RequestParser::State::kFailed) {
    if (parser.state() == RequestParser::State::kBody && !limited) {
      parser.LimitBody(kBodyBytesMax, false);
      limited = true;
    }
    if (outcome.taken == given) {
      if (given == bytes.size()) break;
      given = std::min(bytes.size(), given + piece);
    }
    const std::size_t took = parser.Put(bytes.substr(outcome.taken, given - outcome.taken));
    if (took > given - outcome.taken) Broken("took more than there was");
    outcome.taken += took;
    if (took == 0 && parser.state() != RequestParser::State::kDone &&
        parser.state() != RequestParser::State::kFailed) {
      // It waits for more; the session hands the same bytes in again.
      if (given == bytes.size()) break;
      given = std::min(bytes.size(), given + piece);
    }
  }
  http::Request& request = parser.request();
  outcome.text = std::to_string(static_cast<int>(parser.state())) + " ";
  if (parser.state() == RequestParser::State::kFailed) {
    // Which mistake comes first may hang on the pieces; that it is one does not.
    if (parser.failure_status() < 400 || parser.failure_status() > 599)
      Broken("a failure without a status");
    return outcome;
  }
  if (parser.state() != RequestParser::State::kDone) return outcome;
  outcome.text += request.method + "|" + request.target + "|";
  outcome.text += request.headers.wire_text();
  outcome.text += "|" + request.body;
  for (const http::Param& param : request.query)
    outcome.text += "&" + param.name + "=" + param.value;
  if (request.body.size() > kBodyBytesMax) Broken("a body beyond its limit");
  if (request.headers.wire_text().find('\0') != std::string_view::npos)
    Broken("a header with a zero byte");
  (void)http::RealIp(request, {.headers = {"X-Forwarded-For"}, .use_leftmost_ip = true});
  const std::string clean = http::CleanPath(request.path());
  if (http::CleanPath(clean) != clean) Broken("a path that cleans to an unclean one", clean);
  if ((clean + "/").find("/../") != std::string::npos) Broken("a path that leads up", clean);
  Count("requests read");
  return outcome;
}

}  // namespace

void Http(std::string_view input) {
  if (input.empty() || input.size() > 3 * kHeadBytesMax) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input[0]) % 64;
  const std::string_view bytes = input.substr(1);
  const Outcome whole = Feed(bytes, bytes.size() + 1);
  const Outcome pieces = Feed(bytes, piece);
  // Mistakes in a head without an end may be seen at once, or be waited for.
  const auto open_head = [](const Outcome& outcome) { return outcome.text == "0 "; };
  const auto failed = [](const Outcome& outcome) { return outcome.text == "3 "; };
  if ((open_head(whole) && failed(pieces)) || (failed(whole) && open_head(pieces))) return;
  if (whole.text != pieces.text)
    Broken("a request that hangs on its pieces", whole.text + "\n----\n" + pieces.text);
}

}  // namespace sluice::fuzz
