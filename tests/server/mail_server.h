// A mail server on loopback for tests, one connection after the other: speaks
// SMTP without TLS, and misbehaves on request.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::mail {

struct MailServerManner {
  // Lines after `250-localhost` in the answer to EHLO; the last one ends it.
  std::vector<std::string> offers = {"8BITMIME", "SMTPUTF8"};
  std::string greeting = "220 ready\r\n";
  // Answer to a command that begins with the key, in place of the usual one.
  std::string refuse_command;
  std::string refuse_answer;
  // Accepts and says nothing.
  bool silent = false;
  // Closes in the middle of the conversation.
  bool drops_at_data = false;
};

class MailServer {
 public:
  explicit MailServer(MailServerManner manner = {});
  ~MailServer();

  std::uint16_t port() const { return port_; }
  // All that clients have sent.
  std::string said() const;
  // What came between DATA and the final dot, undone dot-stuffing apart.
  std::string data() const;

 private:
  void Serve();
  void Talk(int client);
  bool Answer(int client, const std::string& line);

  MailServerManner manner_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::string said_;
  std::string data_;
  bool in_data_ = false;
  std::thread thread_;
};

}  // namespace sluice::mail
