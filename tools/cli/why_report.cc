// Tested by tests/server/cli_why_test.cc.
#include "tools/cli/why_report.h"

#include "tools/cli/report_json.h"

namespace sluice::cli {
namespace {

constexpr std::size_t kShownBytesMax = 200;

std::string ShowValue(const Value& value) {
  char buffer[32];
  const std::optional<std::string_view> text = sluice::TextOf(value.view(), buffer);
  if (!text) return "NULL";
  if (value.storage != StorageClass::kText) return std::string(*text);
  if (text->size() <= kShownBytesMax) return "'" + std::string(*text) + "'";
  return "'" + std::string(text->substr(0, kShownBytesMax)) + "' and " +
         std::to_string(text->size() - kShownBytesMax) + " bytes more";
}

std::string ShowSide(const ClauseSide& side) {
  return side.text + " is " + (side.secret ? "(secret)" : ShowValue(side.value));
}

// What says itself.
bool IsLiteral(std::string_view text) {
  if (text.empty() || text == "true" || text == "false" || text == "null") return true;
  return text[0] == '"' || text[0] == '\'' || text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
}

std::string ShowRow(const ClauseRow& row) {
  if (row.none) return row.path + " is nothing";
  return row.path + " is " + (row.record.empty() ? ShowValue(row.element) : row.record);
}

std::string_view Mark(const Clause& clause) {
  if (!clause.seen) return "[ - ] ";
  return clause.truth == Truth::kTrue    ? "[yes] "
         : clause.truth == Truth::kFalse ? "[no ] "
                                         : "[ ? ] ";
}

std::string Title(const Clause& clause) {
  switch (clause.kind) {
    case ClauseKind::kAll:
      return "all of:";
    case ClauseKind::kAny:
      return "one of:";
    case ClauseKind::kComparison:
      return clause.text;
    case ClauseKind::kEveryValue:
      return clause.rows.empty() ? "no other value objects" : "another value objects:";
    case ClauseKind::kEmailVisible:
      return "hidden addresses do not count (emailVisibility)";
    case ClauseKind::kListRule:
      return "the caller may list " + clause.text + " (" + clause.source + "):";
    case ClauseKind::kNoRow:
      return "or there is no such row";
  }
  return "";
}

class TextPrinter {
 public:
  void Print(const Clause& clause, const std::string& indent, bool many) {
    out += indent;
    out += Mark(clause);
    out += Title(clause) + "\n";
    const std::string below = indent + "      ";
    for (const ClauseRow& row : clause.rows) out += below + ShowRow(row) + "\n";
    if (clause.has_sides) {
      out += below + ShowSide(clause.left) + "\n";
      if (!IsLiteral(clause.right.text)) out += below + ShowSide(clause.right) + "\n";
      if (clause.truth == Truth::kUnknown && clause.seen)
        out += below + "NULL compares with nothing: neither true nor false\n";
    }
    const std::uint64_t tried = clause.counts[0] + clause.counts[1] + clause.counts[2];
    if (many && clause.kind == ClauseKind::kComparison && tried > 1) {
      out += below + "true for " + std::to_string(clause.counts[1]) + " of " +
             std::to_string(tried) + " combinations\n";
    }
    for (const Clause& term : clause.terms) Print(term, indent + "  ", many);
  }

  std::string out;
};

class JsonPrinter : public JsonMembers {
 public:
  using JsonMembers::Member;
  void Member(std::string_view key, const Value& value) {
    Key(key);
    switch (value.storage) {
      case StorageClass::kNull:
        out += "null";
        break;
      case StorageClass::kInteger:
        json::AppendInteger(out, value.integer);
        break;
      case StorageClass::kReal:
        json::AppendNumber(out, value.real);
        break;
      case StorageClass::kText:
        json::AppendString(out, value.text);
        break;
    }
  }
  void Rows(std::string_view key, const std::vector<ClauseRow>& rows) {
    List(key, rows, [this](const ClauseRow& row) {
      Member("path", row.path);
      if (row.none) {
        Key("record");
        out += "null";
      } else if (row.record.empty()) {
        Member("element", row.element);
      } else {
        Member("record", row.record);
      }
    });
  }
  void Side(std::string_view key, const ClauseSide& side) {
    Key(key);
    out += '{';
    Member("text", side.text);
    if (side.secret) {
      Flag("secret", true);
    } else {
      Member("value", side.value);
    }
    out += '}';
  }
  void Fields(std::string_view key, const std::vector<WhyField>& fields) {
    List(key, fields, [this](const WhyField& field) {
      Member("field", field.field);
      Member("why", field.why);
    });
  }

  void Members(const Clause& clause) {
    Member("kind", KindText(clause.kind));
    if (!clause.source.empty()) Member("source", clause.source);
    if (!clause.text.empty()) Member("text", clause.text);
    if (clause.span.end > clause.span.begin) {
      Number("begin", clause.span.begin);
      Number("end", clause.span.end);
    }
    Member("truth", !clause.seen                    ? "not asked"
                    : clause.truth == Truth::kTrue  ? "true"
                    : clause.truth == Truth::kFalse ? "false"
                                                    : "unknown");
    if (clause.has_sides) {
      Side("left", clause.left);
      Side("right", clause.right);
    }
    Number("trueFor", clause.counts[1]);
    Number("falseFor", clause.counts[0]);
    Number("unknownFor", clause.counts[2]);
    if (clause.kind == ClauseKind::kEveryValue) Rows("objection", clause.rows);
    List("terms", clause.terms, [this](const Clause& term) { Members(term); });
  }

 private:
  static std::string_view KindText(ClauseKind kind) {
    switch (kind) {
      case ClauseKind::kAll:
        return "all";
      case ClauseKind::kAny:
        return "any";
      case ClauseKind::kComparison:
        return "comparison";
      case ClauseKind::kEveryValue:
        return "everyValue";
      case ClauseKind::kEmailVisible:
        return "emailVisible";
      case ClauseKind::kListRule:
        return "listRule";
      case ClauseKind::kNoRow:
        return "noRow";
    }
    return "";
  }
};

void PrintRule(std::string& out, const WhyRule& rule) {
  if (!rule.rule.empty()) out += "\n" + rule.name + ": " + rule.rule + "\n";
  if (!rule.filter.empty())
    out += (rule.rule.empty() ? "\n" : "") + std::string("filter: ") + rule.filter + "\n";
  TextPrinter printer;
  const bool many = rule.combinations > 1;
  printer.Print(rule.clauses, "", many && !rule.holds);
  out += "\n" + printer.out;
  if (rule.rows.empty()) return;
  out += "\n";
  if (rule.holds) {
    out += "It holds with these related rows:\n";
  } else if (many) {
    out += "No combination of related rows makes it true (" + std::to_string(rule.combinations) +
           (rule.complete ? "" : " or more") + " tried); shown is the nearest:\n";
  } else {
    out += "Looked at with these related rows:\n";
  }
  for (const ClauseRow& row : rule.rows) out += "  " + ShowRow(row) + "\n";
}

}  // namespace

std::string ToText(const WhyReport& report) {
  std::string out = report.caller + (report.allowed ? " may " : " may not ") + report.action + " " +
                    report.record + ": " + report.because + "\n";
  if (!report.allowed) out += "The answer is " + std::to_string(report.status) + ".\n";
  if (report.rule) PrintRule(out, *report.rule);
  if (!report.mistakes.empty()) {
    out += "\nRefused by the checks behind the rule:\n";
    for (const WhyField& mistake : report.mistakes)
      out += "  " + mistake.field + (mistake.field.empty() ? "" : ": ") + mistake.why + "\n";
  }
  if (!report.not_shown.empty()) {
    out += "\nNot in the answer:\n";
    for (const WhyField& field : report.not_shown)
      out += "  " + field.field + ": " + field.why + "\n";
  }
  return out;
}

std::string ToJson(const WhyReport& report) {
  JsonPrinter printer;
  printer.Member("caller", report.caller);
  printer.Member("action", report.action);
  printer.Member("record", report.record);
  printer.Flag("allowed", report.allowed);
  printer.Number("status", static_cast<std::uint64_t>(report.status));
  printer.Member("because", report.because);
  if (report.rule) {
    const WhyRule& rule = *report.rule;
    printer.Key("rule");
    printer.out += '{';
    printer.Member("name", rule.name);
    printer.Member("text", rule.rule);
    if (!rule.filter.empty()) printer.Member("filter", rule.filter);
    printer.Flag("holds", rule.holds);
    printer.Number("combinations", rule.combinations);
    printer.Flag("complete", rule.complete);
    printer.Rows("rows", rule.rows);
    printer.Key("clauses");
    printer.out += '{';
    printer.Members(rule.clauses);
    printer.out += "}}";
  }
  printer.Fields("mistakes", report.mistakes);
  printer.Fields("notShown", report.not_shown);
  return printer.out + "}\n";
}

}  // namespace sluice::cli
