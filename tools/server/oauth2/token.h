// Codes for tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "boost/json/value.hpp"

#include "sluice/status.h"
#include "tools/server/oauth2/providers.h"
#include "tools/server/oauth2/web_client.h"

namespace sluice::oauth2 {

struct Token {
  std::string access;
  std::string type;  // as it came
  std::string refresh;
  std::optional<std::int64_t> expires;  // milliseconds since 1970
  boost::json::value document;          // the whole answer, an object

  // `Bearer abc`.
  std::string Authorization() const;
};

// What the client brought back from the provider.
struct Grant {
  std::string code;
  std::string code_verifier;
  std::string redirect_url;
};

// The answer of a token endpoint. Fails where it is no token: an error, a status
// that is not 2xx, members of a wrong type.
StatusOr<Token> ReadToken(const WebAnswer& answer, std::int64_t now_millis);

// Asks one provider for tokens.
class TokenSource {
 public:
  // All outlive it.
  TokenSource(const Provider& provider, WebClient& client, const Budget& budget)
      : provider_(provider), client_(client), budget_(budget) {}

  StatusOr<Token> Exchange(const Grant& grant);
  // The token, or a fresh one where it is about to expire.
  StatusOr<Token> Fresh(const Token& token);

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  StatusOr<Token> Ask(Pairs form);
  StatusOr<Token> AskOnce(Pairs form, bool secret_in_form);

  const Provider& provider_;
  WebClient& client_;
  const Budget& budget_;
  bool secret_in_form_ = false;  // found out by the first request
};

// Milliseconds since 1970.
std::int64_t NowMillis();

}  // namespace sluice::oauth2
