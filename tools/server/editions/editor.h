// Errors in the words of another edition of the API (README.md has the table).
#pragma once

#include <string_view>

#include "tools/server/editions/edition.h"
#include "tools/server/http/answer_editor.h"

namespace sluice::editions {

// The documented message of a 400 that the caller's filter is to blame for.
// Given to the error where it is made, which alone knows.
inline constexpr std::string_view kUnusableFilter =
    "Something went wrong while processing your request. Invalid filter.";

// Rewrites error envelopes on their way out; every other answer passes. Never
// made for Edition::kPeer, so that its answers cost nothing. Safe from all
// threads.
class Editor : public http::AnswerEditor {
 public:
  explicit Editor(Edition edition) : edition_(edition) {}

  // The place in the documentation that a request belongs to.
  int Note(const http::Request& head) const override;
  void Edit(int note, http::Response& answer) const override;

 private:
  const Edition edition_;
};

}  // namespace sluice::editions
