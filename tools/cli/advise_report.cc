// Tested by tests/server/cli_advise_test.cc.
#include "tools/cli/advise_report.h"

#include <algorithm>
#include <cstdio>

#include "tools/cli/report_json.h"

namespace sluice::cli {
namespace {

constexpr std::size_t kServedShown = 5;

std::string Fixed(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string Milliseconds(double value) {
  return Fixed(value, value < 1 ? 3 : value < 100 ? 2 : 0) + " ms";
}

std::string Bytes(std::int64_t bytes) {
  if (bytes < 1 << 20) return std::to_string(bytes >> 10) + " KiB";
  return Fixed(static_cast<double>(bytes) / (1 << 20), 1) + " MiB";
}

std::string Times(const AskedRequest& request) {
  if (!request.logged) return "rule";
  return std::to_string(request.times) + (request.times == 1 ? " time" : " times");
}

void AppendAdvice(std::string& out, const AdviseReport& report, const Advice& advice) {
  for (const IndexCandidate& index : advice.indexes) out += index.create + ";\n";
  for (const IndexCandidate& index : advice.indexes) out += "  -- " + index.why + "\n";
  out += "  -- saves " + Milliseconds(advice.saved) + " of " + Milliseconds(report.advised.total) +
         " that all requests take; takes " + Bytes(advice.bytes);
  if (advice.insert_before > 0) {
    out += ", each insert " + Fixed(advice.insert_before, 1) + " -> " +
           Fixed(advice.insert_after, 1) + " us";
  }
  out += "\n";
  for (const std::string& name : advice.superseded)
    out += "  -- the index " + name + " is then needed no more\n";
  for (std::size_t i = 0; i < std::min(advice.serves.size(), kServedShown); ++i) {
    const ServedRequest& served = advice.serves[i];
    const AskedRequest& request = report.requests[served.request];
    out += "  -- " + Milliseconds(served.before) + " -> " + Milliseconds(served.after) + "  " +
           Times(request) + "  " + Describe(request) + "\n";
  }
  if (advice.serves.size() > kServedShown)
    out += "  -- and " + std::to_string(advice.serves.size() - kServedShown) + " more requests\n";
  out += "\n";
}

}  // namespace

std::string ToText(const AdviseReport& report) {
  std::string out = "-- " + std::to_string(report.requests.size()) + " kinds of requests, " +
                    std::to_string(report.advised.tried) + " indexes tried on a copy of " +
                    report.folder + "\n";
  if (report.unread > 0)
    out += "-- " + std::to_string(report.unread) + " logged requests mean nothing today\n";
  out += "\n";
  for (const Advice& advice : report.advised.advice) AppendAdvice(out, report, advice);
  for (const ServedRequest& slow : report.advised.unhelped) {
    const AskedRequest& request = report.requests[slow.request];
    out += "-- no index helps " + Milliseconds(slow.before) + "  " + Times(request) + "  " +
           Describe(request) + "\n";
  }
  if (report.advised.advice.empty()) return out + "-- no index that is missing would help\n";
  return out +
         "-- Nothing was changed. Add what you agree with to the indexes of its collection, in "
         "the\n"
         "-- dashboard or by the API: PocketBase does not know of an index that sqlite3 makes. A\n"
         "-- list that asks for no order may come in another one then.\n";
}

std::string ToJson(const AdviseReport& report) {
  JsonMembers out;
  const auto number = [&out](std::string_view key, double value) {
    out.Key(key);
    out.out += Fixed(value, 4);
  };
  const auto texts = [&out](std::string_view key, const std::vector<std::string>& items) {
    out.Key(key);
    out.out += '[';
    for (const std::string& item : items) {
      if (out.out.back() != '[') out.out += ',';
      json::AppendString(out.out, item);
    }
    out.out += ']';
  };
  const auto served = [&](const ServedRequest& one) {
    const AskedRequest& request = report.requests[one.request];
    out.Member("request", Describe(request));
    out.Member("collection", request.collection);
    out.Flag("logged", request.logged);
    out.Number("times", static_cast<std::uint64_t>(request.times));
    number("millisecondsBefore", one.before);
    number("millisecondsAfter", one.after);
  };
  out.Member("folder", report.folder);
  out.Number("requests", report.requests.size());
  out.Number("unread", static_cast<std::uint64_t>(report.unread));
  out.Flag("statistics", report.statistics);
  number("totalMilliseconds", report.advised.total);
  out.List("advice", report.advised.advice, [&](const Advice& advice) {
    std::vector<std::string> create;
    std::vector<std::string> why;
    for (const IndexCandidate& index : advice.indexes) {
      create.push_back(index.create);
      why.push_back(index.why);
    }
    texts("create", create);
    texts("why", why);
    number("savedMilliseconds", advice.saved);
    out.Number("bytes", static_cast<std::uint64_t>(std::max<std::int64_t>(advice.bytes, 0)));
    number("insertMicrosecondsBefore", advice.insert_before);
    number("insertMicrosecondsAfter", advice.insert_after);
    texts("superseded", advice.superseded);
    out.List("serves", advice.serves, served);
  });
  out.List("unhelped", report.advised.unhelped, served);
  return out.out + "}\n";
}

}  // namespace sluice::cli
