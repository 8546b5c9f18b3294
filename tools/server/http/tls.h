// The certificate that a server shows, and the settings every TLS connection has.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "sluice/status.h"

struct ssl_ctx_st;
struct ssl_st;

namespace sluice::http {

// PEM files: the certificate with those of its issuers behind it, and its
// private key, which must not ask for a password.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

struct SslDelete {
  void operator()(ssl_st* connection) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslDelete>;

// Loads the files, and loads them again when they change. A connection keeps the
// certificate that it began with. All methods are safe from any thread.
//
// TLS 1.2 with ephemeral keys and authenticated ciphers, or 1.3; HTTP/1.1 by
// ALPN; no compression, no renegotiation, no early data.
class TlsCertificate {
 public:
  // `told` hears of every later load, OK or not; from the thread that reloads.
  // kInvalidArgument, for a person, when the files cannot be read, hold no
  // certificate and key, or hold two that do not belong together.
  static StatusOr<std::shared_ptr<TlsCertificate>> Load(
      TlsFiles files, std::function<void(const Status&)> told = nullptr);

  // Loads the files now. When that fails the old certificate stays.
  Status Reload();

  // To be called now and then: loads files that have changed since they were
  // loaded and no longer change, so that a certificate and its key can be
  // replaced one after the other.
  void ReloadIfChanged();

  // A new connection of the server's side on that socket; null when there is no
  // memory left. Does not own the socket.
  SslPtr Accept(int socket);

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;
  TlsCertificate(TlsFiles files, std::function<void(const Status&)> told);
  StatusOr<Context> LoadContext() const;
  std::string Signature() const;

  const TlsFiles files_;
  const std::function<void(const Status&)> told_;
  std::mutex mutex_;
  Context context_;            // Guarded by mutex_, as all below.
  std::string loaded_, seen_;  // What the files looked like.
};

}  // namespace sluice::http
