// Settings of TLS and the files of the certificate. Tested by http_tls_test.cc.
#include "tools/server/http/tls.h"

#include <cstring>
#include <sys/stat.h>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sluice::http {
namespace {

// TLS 1.2: ephemeral keys and authenticated encryption only. 1.3 has no others.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kGroups[] = "X25519:P-256:P-384";

// Protocols of ALPN that are spoken here, the better first.
constexpr unsigned char kProtocols[] = "\x08http/1.1\x08http/1.0";

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned in_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301, 3.2
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// A key with a password would otherwise ask the terminal for it.
int NoPassword(char*, int, int, void*) { return 0; }

Status Failure(const std::string& what) {
  const unsigned long code = ERR_peek_error();
  const char* const reason =
      ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
  ERR_clear_error();
  return absl::InvalidArgumentError(reason == nullptr ? what : what + ": " + reason);
}

}  // namespace

void SslDelete::operator()(ssl_st* connection) const { SSL_free(connection); }

TlsCertificate::TlsCertificate(TlsFiles files, std::function<void(const Status&)> told)
    : files_(std::move(files)), told_(std::move(told)) {}

StatusOr<std::shared_ptr<TlsCertificate>> TlsCertificate::Load(
    TlsFiles files, std::function<void(const Status&)> told) {
  std::shared_ptr<TlsCertificate> certificate(
      new TlsCertificate(std::move(files), std::move(told)));
  // Looked at before they are read: a change in between is then seen later.
  certificate->loaded_ = certificate->seen_ = certificate->Signature();
  SLUICE_ASSIGN_OR_RETURN(certificate->context_, certificate->LoadContext());
  return certificate;
}

StatusOr<TlsCertificate::Context> TlsCertificate::LoadContext() const {
  ERR_clear_error();
  const Context context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX* const raw = context.get();
  if (raw == nullptr) {
    return Failure("TLS cannot be set up");
  }
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // A write may stop between two records and go on from another buffer; idle
  // connections hold no record; fewer system calls where much comes in.
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(raw, 1);
  // Sessions are resumed by tickets, which cost no memory here.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(raw, &NoPassword);
  SSL_CTX_set_alpn_select_cb(raw, &ChooseProtocol, nullptr);
  if (SSL_CTX_set_cipher_list(raw, kCiphers) != 1 || SSL_CTX_set1_groups_list(raw, kGroups) != 1) {
    return Failure("TLS cannot be set up");
  }
  if (SSL_CTX_use_certificate_chain_file(raw, files_.certificate.c_str()) != 1) {
    return Failure("the certificate " + files_.certificate + " cannot be used");
  }
  if (SSL_CTX_use_PrivateKey_file(raw, files_.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Failure("the key " + files_.key + " cannot be used");
  }
  return context;
}

// Changes whenever one of the files does, also where a link leads elsewhere.
std::string TlsCertificate::Signature() const {
  std::string signature;
  for (const std::string* path : {&files_.certificate, &files_.key}) {
    struct stat found {};
    if (::stat(path->c_str(), &found) == 0) {
      for (const auto part :
           {static_cast<std::int64_t>(found.st_ino), static_cast<std::int64_t>(found.st_size),
            static_cast<std::int64_t>(found.st_mtim.tv_sec),
            static_cast<std::int64_t>(found.st_mtim.tv_nsec)}) {
        signature.append(std::to_string(part)).append(" ");
      }
    }
    signature.append("/");
  }
  return signature;
}

Status TlsCertificate::Reload() {
  std::string signature = Signature();
  StatusOr<Context> loaded = LoadContext();
  {
    const std::lock_guard lock(mutex_);
    if (loaded.ok()) {
      context_ = *std::move(loaded);
    }
    loaded_ = seen_ = std::move(signature);
  }
  if (told_) {
    told_(loaded.status());
  }
  return loaded.status();
}

void TlsCertificate::ReloadIfChanged() {
  std::string signature = Signature();
  {
    const std::lock_guard lock(mutex_);
    const bool still = signature == seen_;
    seen_ = std::move(signature);
    if (!still || seen_ == loaded_) {
      return;
    }
  }
  // What came of it was told.
  Reload().IgnoreError();
}

SslPtr TlsCertificate::Accept(int socket) {
  Context context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  SslPtr connection(SSL_new(context.get()));
  if (connection != nullptr && SSL_set_fd(connection.get(), socket) != 1) {
    connection.reset();
  }
  if (connection != nullptr) {
    SSL_set_accept_state(connection.get());
  }
  ERR_clear_error();
  return connection;
}

}  // namespace sluice::http
