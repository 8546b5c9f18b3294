// Tested by tests/server/cli_audit_test.cc.
#include "tools/cli/audit_report.h"

#include <algorithm>

#include "sluice/diagnostic.h"
#include "tools/cli/report_json.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kSeverities[] = {"info", "low", "medium", "high"};

std::string Padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + ' ';
}

std::string ShowFinding(const Finding& finding) {
  std::string out =
      std::string(ToText(finding.severity)) + "  " + finding.where + "  [" + finding.code + "]\n";
  std::string body;
  if (finding.span.end > finding.span.begin && finding.span.end <= finding.rule.size()) {
    // The rule's line with the caret; the message is said below.
    Diagnostic place;
    place.span = finding.span;
    body = Render(place, finding.rule);
    body.erase(0, body.find('\n') + 1);
  } else if (!finding.rule.empty()) {
    body = finding.rule + "\n";
  }
  body += finding.why + "\n";
  if (!finding.advice.empty()) body += "What to do: " + finding.advice + "\n";
  std::size_t begin = 0;
  while (begin < body.size()) {
    const std::size_t end = body.find('\n', begin);
    out += "      " + body.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

// One letter for an access word: upper case for all, lower case for some.
char Letter(const std::map<std::string, std::string>& access, const std::string& caller,
            char letter) {
  const auto found = access.find(caller);
  if (found == access.end()) return ' ';
  if (found->second == "no") return '-';
  return found->second == "all" ? static_cast<char>(letter - 'a' + 'A') : letter;
}

std::string Letters(const FieldAccess& field, const std::string& caller) {
  return {Letter(field.read, caller, 'r'), Letter(field.filter, caller, 'f'),
          Letter(field.sort, caller, 's'), Letter(field.expand, caller, 'e'),
          Letter(field.write, caller, 'w')};
}

std::string ShowAccess(const CollectionAccess& access, const std::vector<std::string>& callers) {
  std::size_t width = 10;
  for (const FieldAccess& field : access.fields) width = std::max(width, field.field.size());
  std::string out = "\n" + access.collection + " (" + access.type + ")\n  " + Padded("", width);
  for (const std::string& caller : callers) out += Padded(caller, 5);
  out += "\n";
  const auto column = [](const std::string& caller) {
    return std::max<std::size_t>(5, caller.size());
  };
  for (const RuleAccess& rule : access.rules) {
    out += "  " + Padded(rule.name, width);
    for (const std::string& caller : callers) {
      const auto found = rule.reach.find(caller);
      out += Padded(found == rule.reach.end() ? "" : std::string(ToText(found->second)),
                    column(caller));
    }
    out += !rule.text ? "locked" : rule.text->empty() ? "open" : *rule.text;
    out += "\n";
  }
  for (const FieldAccess& field : access.fields) {
    out += "  " + Padded(field.field, width);
    for (const std::string& caller : callers) out += Padded(Letters(field, caller), column(caller));
    while (out.back() == ' ') out.pop_back();
    out += "\n";
  }
  return out;
}

class JsonReport {
 public:
  std::string Print(const AuditReport& report) {
    json_.List("findings", report.findings, [this](const Finding& finding) { Add(finding); });
    json_.List("collections", report.collections,
               [this](const CollectionAccess& access) { Add(access); });
    return json_.out + "}\n";
  }

 private:
  void Add(const Finding& finding) {
    json_.Member("severity", ToText(finding.severity));
    json_.Member("code", finding.code);
    json_.Member("where", finding.where);
    if (!finding.rule.empty()) json_.Member("rule", finding.rule);
    if (finding.span.end > finding.span.begin) {
      json_.Number("begin", finding.span.begin);
      json_.Number("end", finding.span.end);
    }
    json_.Member("why", finding.why);
    json_.Member("advice", finding.advice);
  }
  void Add(const CollectionAccess& access) {
    json_.Member("collection", access.collection);
    json_.Member("type", access.type);
    json_.List("rules", access.rules, [this](const RuleAccess& rule) {
      json_.Member("rule", rule.name);
      if (rule.text) {
        json_.Member("text", *rule.text);
      } else {
        json_.Null("text");
      }
      json_.Object("reach", [&] {
        for (const auto& [caller, reach] : rule.reach) json_.Member(caller, ToText(reach));
      });
    });
    json_.List("fields", access.fields, [this](const FieldAccess& field) {
      json_.Member("field", field.field);
      Add("read", field.read);
      Add("filter", field.filter);
      Add("sort", field.sort);
      if (!field.expand.empty()) Add("expand", field.expand);
      Add("write", field.write);
    });
  }
  void Add(std::string_view key, const std::map<std::string, std::string>& access) {
    json_.Object(key, [&] {
      for (const auto& [caller, word] : access) json_.Member(caller, word);
    });
  }

  JsonMembers json_;
};

}  // namespace

std::string_view ToText(Severity severity) {
  return kSeverities[static_cast<std::size_t>(severity)];
}

std::optional<Severity> ParseSeverity(std::string_view text) {
  for (const Severity severity :
       {Severity::kInfo, Severity::kLow, Severity::kMedium, Severity::kHigh}) {
    if (ToText(severity) == text) return severity;
  }
  return std::nullopt;
}

std::string ToText(const AuditReport& report) {
  std::string out;
  for (const Finding& finding : report.findings) out += ShowFinding(finding) + "\n";
  out += report.findings.empty() ? "Nothing found.\n"
                                 : std::to_string(report.findings.size()) + " finding(s).\n";
  out +=
      "\nWho may do what. Rules: none, some or all records. Fields: r read, f filter by, s sort "
      "by,\ne expand, w write; upper case for all records, lower case for some, - for none.\n";
  for (const CollectionAccess& access : report.collections)
    out += ShowAccess(access, report.callers);
  return out;
}

std::string ToJson(const AuditReport& report) { return JsonReport().Print(report); }

}  // namespace sluice::cli
