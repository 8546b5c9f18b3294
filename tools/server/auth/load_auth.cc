#include "tools/server/auth/load_auth.h"

#include <utility>

#include "tools/server/auth/known_tokens.h"
#include "tools/server/auth/token.h"
#include "tools/server/store/row_lookups.h"

namespace sluice::auth {
namespace {

constexpr std::string_view kSuperusers = "_superusers";

bool IsTrue(const ValueView& value) {
  return value.storage == StorageClass::kInteger && value.integer == 1;
}

// Reads the record by id; its token key goes no further than `key`.
StatusOr<std::optional<LoadedAuth>> ReadRecord(const Collection& collection, const std::string& id,
                                               const std::shared_ptr<const Schema>& schema,
                                               store::Connection& connection, std::string& key) {
  SLUICE_ASSIGN_OR_RETURN(
      store::Statement* const prepared,
      connection.Prepare(store::RowLookups::Of(schema, collection).sign_in.text));
  const store::StatementUse use(prepared);
  use->Bind(1, ValueView::Text(id));
  SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
  if (!row) return std::nullopt;
  LoadedAuth loaded;
  key = std::string(use->Column(0).text);
  loaded.record.collection = &collection;
  loaded.record.id = id;
  loaded.record.email = std::string(use->Column(1).text);
  loaded.record.email_visibility = IsTrue(use->Column(2));
  loaded.record.verified = IsTrue(use->Column(3));
  return loaded;
}

}  // namespace

StatusOr<std::optional<LoadedAuth>> LoadAuth(std::string_view authorization, double now,
                                             const store::Snapshot& snapshot,
                                             store::Connection& connection) {
  if (authorization.empty()) return std::nullopt;
  const std::string_view token = TokenOf(authorization);
  KnownTokens& known_tokens = KnownTokens::OfThread();
  const KnownTokens::Token* known = known_tokens.Find(token);
  std::optional<Claims> parsed;
  if (known == nullptr) parsed = ParseClaims(token);
  const Claims* claims = known != nullptr ? &known->claims : parsed ? &*parsed : nullptr;
  if (claims == nullptr || claims->type != "auth" || !HoldsAt(*claims, now)) return std::nullopt;
  const Collection* collection = snapshot.schema->Find(claims->collection_id);
  if (collection == nullptr || !collection->is_auth()) return std::nullopt;
  const auto secret = snapshot.auth_token_secrets.find(collection->id);
  if (secret == snapshot.auth_token_secrets.end()) return std::nullopt;
  std::string key;
  SLUICE_ASSIGN_OR_RETURN(std::optional<LoadedAuth> loaded,
                          ReadRecord(*collection, claims->id, snapshot.schema, connection, key));
  if (!loaded || key.empty()) return std::nullopt;
  key += secret->second;
  if (known == nullptr || known->key != key) {
    if (!VerifySignature(token, key)) return std::nullopt;
    known_tokens.Add(token, *claims, std::move(key));
  }
  Principal& principal = loaded->principal;
  principal.superuser = collection->name == kSuperusers;
  principal.collection_id = collection->id;
  principal.collection_name = collection->name;
  principal.record_id = loaded->record.id;
  principal.email = loaded->record.email;
  principal.email_visibility = loaded->record.email_visibility;
  principal.verified = loaded->record.verified;
  return loaded;
}

}  // namespace sluice::auth
