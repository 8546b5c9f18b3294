// The small forms of the auth endpoints: plain values by name, and the mistakes
// found in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"

#include "sluice/status.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/message.h"

namespace sluice::login {

//
Status LoadError();

// A body whose values are asked for by name, without case in JSON.
class Form {
 public:
  // Fails with the load error, or `Unsupported Content-Type.`
  static StatusOr<Form> Read(const http::Request& request);

  // Empty when it is missing or null; the load error for any other kind. Of
  // several the last one counts, but a null changes nothing.
  StatusOr<std::string> Text(std::string_view key) const;
  // 0 when it is missing or null; the load error for what is no whole number.
  StatusOr<std::int64_t> Integer(std::string_view key) const;
  // Empty when it is missing or null; the load error for what is no object.
  StatusOr<boost::json::object> Object(std::string_view key) const;

 private:
  std::vector<const boost::json::value*> Find(std::string_view key) const;

  boost::json::array values_;  // objects: all of a form, or one for each member
  bool json_ = true;
};

// At most one mistake for each key: the first that is found.
class Mistakes {
 public:
  void Add(std::string_view key, std::string_view code, std::string_view message,
           boost::json::object params = {});
  bool Has(std::string_view key) const;

  // The rules of A-10. All but Required pass an empty value.
  void Required(std::string_view key, std::string_view value);
  void Length(std::string_view key, std::string_view value, std::size_t min, std::size_t max);
  void ExactLength(std::string_view key, std::string_view value, std::size_t size);
  void Email(std::string_view key, std::string_view value);

  // The validation error with all of them, or OK.
  Status ToStatus() const;
  // The same under another message.
  Status ToStatus(std::string message) const;

 private:
  std::vector<http::ErrorEntry> entries_;
};

// The answer to a record that was not saved, under the message of the endpoint:
// what was wrong with which field stays.
http::Response SaveError(const Status& status, std::string_view message);

}  // namespace sluice::login
