// Every setting of the HTTP layer with its default and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tools/server/http/tls.h"
#include "tools/server/http/traffic.h"

namespace sluice::http {

class AnswerEditor;

struct ServerOptions {
  // An IP address, or a name that is looked up once.
  std::string address = "127.0.0.1";
  // 0 lets the system choose; Server::port() tells.
  std::uint16_t port = 8090;
  // Set: TLS with that certificate on every connection, and nothing plain.
  std::shared_ptr<TlsCertificate> tls;
  // Another process may listen there, too, and take over (Server::Stop).
  bool reuse_port = false;
  // 0: one per core, at most 4. More would only fight with the database's
  // threads: parsing and writing are a small part of a request.
  std::size_t io_threads = 0;

  // Connections beyond this are told 503 and closed. Each idle one costs about
  // 6 KiB.
  std::size_t connections_max = 16384;
  // Request line and header fields. Longer filters than the peer accepts
  // (3,500 bytes, escaped) fit many times.
  std::size_t head_bytes_max = 65536;
  // Bytes of all bodies held at one time; beyond it a request is told 503.
  // Bounds what many clients together can make the server hold.
  std::uint64_t buffered_bytes_max = std::uint64_t{1} << 30U;
  // A form (multipart/form-data) beyond this is kept in a temporary file without
  // a name in `spool_folder`, whatever its size; empty: the system's folder for
  // such files, which may itself be memory.
  std::size_t form_memory_max = 1U << 20U;
  std::string spool_folder;
  // What is read and dropped of a body nobody wants, to keep the connection.
  std::uint64_t drained_bytes_max = 262144;

  // From the connection to the end of the handshake of TLS.
  std::chrono::milliseconds handshake_timeout{10'000};
  // From the connection (of TLS: from the end of the handshake), or the first byte of a later
  // request, to the end of its head (S-72).
  std::chrono::milliseconds head_timeout{60'000};
  // From the end of the head to the end of the body (S-72).
  std::chrono::milliseconds body_timeout{300'000};
  // Writing one answer (S-72).
  std::chrono::milliseconds write_timeout{300'000};
  // Between two requests of one connection; the peer's read timeout.
  std::chrono::milliseconds idle_timeout{300'000};
  // How long a closed connection is read from so that the client still gets an
  // answer that was sent before it had finished sending.
  std::chrono::milliseconds linger_timeout{500};

  // Told of every answer once it went out, or did not; on an I/O thread, so it
  // must not block. Null: nobody asks, and nothing is kept for it.
  std::function<void(const AnswerNote&)> on_answer;

  // Null: answers go out as they were made.
  std::shared_ptr<const AnswerEditor> editor;
};

}  // namespace sluice::http
