// What the tests of the writer give it to do.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "tools/server/store/connection.h"
#include "tools/server/store/writer.h"

namespace sluice::store {

// Inserts one row into `t`, whose values are unique.
inline Writer::Job Insert(const std::string& value) {
  return [value](Connection& connection) -> Status {
    SLUICE_ASSIGN_OR_RETURN(Statement * statement,
                            connection.Prepare("INSERT INTO t (v) VALUES (?1)"));
    const StatementUse use(statement);
    use->Bind(1, ValueView::Text(value));
    return use->Step().status();
  };
}

inline std::vector<std::string> ValuesIn(Connection& connection) {
  std::vector<std::string> values;
  const StatusOr<Statement*> statement = connection.Prepare("SELECT v FROM t ORDER BY id");
  EXPECT_TRUE(statement.ok()) << statement.status();
  const StatementUse use(*statement);
  for (StatusOr<bool> row = use->Step(); row.ok() && *row; row = use->Step())
    values.emplace_back(use->Column(0).text);
  return values;
}

// What another connection sees.
inline std::vector<std::string> Values(const std::string& path) {
  const auto connection = Connection::Open(path, {});
  EXPECT_TRUE(connection.ok()) << connection.status();
  return ValuesIn(**connection);
}

// A job that holds the writer until it is let go.
class Gate {
 public:
  Writer::Job Job() {
    return [this](Connection&) {
      std::unique_lock lock(mutex_);
      entered_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      return absl::OkStatus();
    };
  }
  void AwaitEntered() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return entered_; });
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool entered_ = false;
  bool open_ = false;
};

// The outcomes of jobs by number, in the order in which they came.
class Answers {
 public:
  Writer::Done Of(int number) {
    return [this, number](const Status& status) {
      const std::lock_guard lock(mutex_);
      EXPECT_TRUE(statuses_.emplace(number, status).second) << number << " was answered twice";
      order_.push_back(number);
      changed_.notify_all();
    };
  }
  void Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return order_.size() >= count; });
  }
  Status status(int number) {
    const std::lock_guard lock(mutex_);
    return statuses_.at(number);
  }
  std::vector<int> order() {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Status> statuses_;
  std::vector<int> order_;
};

}  // namespace sluice::store
