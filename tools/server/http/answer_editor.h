// A last look at answers.
#pragma once

#include "tools/server/http/message.h"

namespace sluice::http {

// Changes answers on their way out, whoever made them: handlers, the router, or
// the session itself. Called on I/O threads, from all of them at once.
class AnswerEditor {
 public:
  virtual ~AnswerEditor() = default;
  // What Edit is to know of a request, asked when its head is there. An answer
  // to something that never became a request comes with 0.
  virtual int Note(const Request& head) const = 0;
  virtual void Edit(int note, Response& answer) const = 0;
};

}  // namespace sluice::http
