// multipart/form-data, read as it arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/status.h"

namespace sluice::http {

// What a part says about itself. A part is a file exactly when `filename` is
// not empty; the name is cut to what follows its last '/'.
struct PartHead {
  std::string name;
  std::string filename;
  std::string content_type;
};

// Takes the parts one after the other: Begin, Data any number of times, End. A
// status that is not OK stops the parser and is what its caller gets.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual Status Begin(const PartHead& head) = 0;
  virtual Status Data(std::string_view bytes) = 0;
  virtual Status End() = 0;
};

// The boundary of a Content-Type value. kInvalidArgument when there is none, or
// an empty one (S-84).
StatusOr<std::string> MultipartBoundary(std::string_view content_type);

// Pushes the parts of a form into a sink while the bytes come in, so that files
// can go to disk without the form ever being in memory: it holds back no more
// than one part head (64 KiB) or one boundary.
//
// LF line ends, a preamble and an epilogue are read. Parts without a name are
// skipped. Any mistake is kInvalidArgument without a Diagnostic.
class MultipartParser {
 public:
  // `sink` must outlive the parser.
  MultipartParser(std::string_view boundary, PartSink& sink);

  Status Feed(std::string_view bytes);

  // Inside PartSink::Data: how many bytes of the form were fed before these. The
  // bytes of one part follow each other without a gap.
  std::uint64_t data_offset() const { return dropped_ + data_at_; }

  // Must be called after the last byte: fails when the closing boundary did not
  // come.
  Status Finish();

 private:
  enum class State { kPreamble, kDelimiter, kHead, kBody, kDone };

  // Each takes what it is sure of from the front of rest(), and says in
  // `moved` whether it did.
  Status Step(bool& moved);
  Status StepPreamble(bool& moved);
  Status StepDelimiter(bool& moved);
  Status StepHead(bool& moved);
  Status StepBody(bool& moved);

  Status BeginPart(std::string_view head);
  Status EmitBody(std::size_t size);
  std::string_view rest() const { return std::string_view(pending_).substr(taken_); }

  PartSink& sink_;
  std::string line_delimiter_;  // "\r\n--boundary"; a view of it is "--boundary".
  std::string pending_;         // Bytes fed; those before `taken_` are done with.
  std::size_t taken_ = 0;
  std::uint64_t dropped_ = 0;  // Bytes fed that are no longer in pending_.
  std::size_t data_at_ = 0;
  State state_ = State::kPreamble;
  bool lf_lines_ = false;
  bool at_body_start_ = false;
  bool skipping_part_ = false;
  std::size_t parts_ = 0;
};

}  // namespace sluice::http
