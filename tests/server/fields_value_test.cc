// Columns to values (S-42), values to columns (S-41), rules and answers.
#include "gtest/gtest.h"

#include "tests/server/fields_support.h"

namespace sluice::fields {
namespace {

// Storage class and content, as `text 'a'`.
std::string Describe(const Value& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return "null";
    case StorageClass::kInteger:
      return "integer " + std::to_string(value.integer);
    case StorageClass::kReal: {
      char buffer[32];
      return "real " + std::string(SqliteRealText(value.real, buffer));
    }
    case StorageClass::kText:
      return "text '" + value.text + "'";
  }
  return "";
}

struct ColumnCase {
  std::string_view type;  // of S-42's table; `many` takes more than one value
  ValueView stored;
  std::string_view shown;
  std::string_view again;  // what the next write stores
};

const ColumnCase kColumns[] = {
    {"text", ValueView::Text("a"), R"("a")", "text 'a'"},
    {"text", ValueView::Null(), R"("")", "text ''"},
    {"text", ValueView::Integer(12), R"("12")", "text '12'"},
    {"text", ValueView::Real(1e6), R"("1e+06")", "text '1e+06'"},
    {"password", ValueView::Text("hash"), R"("")", "text 'hash'"},
    {"number", ValueView::Integer(7), "7", "real 7.0"},
    {"number", ValueView::Real(0.1), "0.1", "real 0.1"},
    {"number", ValueView::Text("1e3"), "1000", "real 1000.0"},
    {"number", ValueView::Text(" 1"), "0", "real 0.0"},
    {"number", ValueView::Null(), "0", "real 0.0"},
    {"bool", ValueView::Integer(1), "true", "integer 1"},
    {"bool", ValueView::Integer(2), "false", "integer 0"},
    {"bool", ValueView::Text("True"), "true", "integer 1"},
    {"bool", ValueView::Text("yes"), "false", "integer 0"},
    {"bool", ValueView::Null(), "false", "integer 0"},
    {"date", ValueView::Text("2024-01-02"), R"("2024-01-02 00:00:00.000Z")",
     "text '2024-01-02 00:00:00.000Z'"},
    {"date", ValueView::Text("nope"), R"("")", "text ''"},
    {"date", ValueView::Integer(2024), R"("")", "text ''"},
    {"autodate", ValueView::Text("2024-01-02 03:04:05.678Z"), R"("2024-01-02 03:04:05.678Z")",
     "text '2024-01-02 03:04:05.678Z'"},
    {"one", ValueView::Text("a"), R"("a")", "text 'a'"},
    {"one", ValueView::Text(R"(["a","b"])"), R"("b")", "text 'b'"},
    {"one", ValueView::Text("[]"), R"("")", "text ''"},
    {"one", ValueView::Null(), R"("")", "text ''"},
    {"many", ValueView::Text(R"(["a","b","a",""])"), R"(["a","b"])", R"(text '["a","b"]')"},
    {"many", ValueView::Text(""), "[]", "text '[]'"},
    {"many", ValueView::Text("a"), R"(["a"])", R"(text '["a"]')"},
    {"many", ValueView::Text("null"), R"(["null"])", R"(text '["null"]')"},
    {"many", ValueView::Integer(5), R"(["5"])", R"(text '["5"]')"},
    {"many", ValueView::Text(R"(["<a&\u2028\u00e9"])"), R"(["\u003ca\u0026\u2028é"])",
     R"(text '["\u003ca\u0026\u2028é"]')"},
    {"json", ValueView::Null(), "null", "null"},
    {"json", ValueView::Text("null"), "null", "null"},
    {"json", ValueView::Text(""), R"("")", R"(text '""')"},
    {"json", ValueView::Integer(5), "5", "text '5'"},
    {"json", ValueView::Real(1.2345678901234567e19), "1.2345678901234567e+19",
     "text '1.2345678901234567e+19'"},
    // Kept as it is, shown without blanks.
    {"json", ValueView::Text(R"({"b": "<", "a": 1.0})"), R"({"b":"\u003c","a":1.0})",
     R"(text '{"b": "<", "a": 1.0}')"},
    {"json", ValueView::Text(R"( {"a":1})"), R"(" {\"a\":1}")", R"(text '" {\"a\":1}"')"},
    {"json", ValueView::Text("plain"), R"("plain")", R"(text '"plain"')"},
    {"geoPoint", ValueView::Text(R"({"lat":2,"lon":1.5,"x":3})"), R"({"lon":1.5,"lat":2})",
     R"(text '{"lon":1.5,"lat":2}')"},
    {"geoPoint", ValueView::Null(), R"({"lon":0,"lat":0})", R"(text '{"lon":0,"lat":0}')"},
    {"geoPoint", ValueView::Text("null"), R"({"lon":0,"lat":0})", R"(text '{"lon":0,"lat":0}')"},
};

Field FieldOf(std::string_view type) {
  Field field;
  field.name = "v";
  field.max_select = type == "many" ? 2 : 1;
  field.type = ParseFieldType(type).value_or(FieldType::kSelect);
  return field;
}

TEST(FieldsValueTest, ColumnsAreLoadedShownAndStoredAgain) {
  for (const ColumnCase& test : kColumns) {
    const Field field = FieldOf(test.type);
    const FieldValue value = FromColumn(field, test.stored);
    std::string shown;
    AppendJson(shown, field, value, false);
    EXPECT_EQ(shown, test.shown) << test.type << " of " << Describe(Value::From(test.stored));
    EXPECT_EQ(Describe(ToColumn(field, value)), test.again)
        << test.type << " of " << Describe(Value::From(test.stored));
  }
}

TEST(FieldsValueTest, EmptyValuesAreTheColumnsDefaults) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"text", "text ''"},
      {"number", "real 0.0"},
      {"bool", "integer 0"},
      {"email", "text ''"},
      {"url", "text ''"},
      {"editor", "text ''"},
      {"date", "text ''"},
      {"autodate", "text ''"},
      {"password", "text ''"},
      {"one", "text ''"},
      {"many", "text '[]'"},
      {"json", "null"},
      {"geoPoint", R"(text '{"lon":0,"lat":0}')"}};
  for (const auto& [type, want] : cases) {
    const Field field = FieldOf(type);
    EXPECT_EQ(Describe(ToColumn(field, EmptyValue(field))), want) << type;
  }
}

// A point that nobody can read is no reason to fail twice.
TEST(FieldsValueTest, UnreadablePointsAreEmpty) {
  const Field field = FieldOf("geoPoint");
  EXPECT_EQ(FromColumn(field, ValueView::Text("{bad")), EmptyValue(field));
}

// R-92: what is no JSON stays none, so that its check can tell.
TEST(FieldsValueTest, StoredTextsThatCannotBeQuotedAreNoJson) {
  Draft draft(R"([{"name":"v","type":"json"}])");
  draft.value("v") = FromColumn(draft.collection().fields[0], ValueView::Text("\x7f"));
  EXPECT_EQ(draft.value("v").text, R"("\x7f")");
  EXPECT_EQ(draft.Errors(),
            R"({"v":{"code":"validation_invalid_json","message":"Must be a valid json value."}})");
}

struct BodyCase {
  std::string_view type;
  std::string_view sent;
  std::string_view seen;
};

// R-113, F-95.
constexpr BodyCase kBodies[] = {
    {R"("type":"text")", "12", R"("12")"},
    {R"("type":"number")", R"("6")", "6"},
    {R"("type":"bool")", R"("t")", "true"},
    {R"("type":"date")", R"("2024-01-02")", R"("2024-01-02 00:00:00.000Z")"},
    {R"("type":"date")", R"("bad")", R"("")"},
    {R"("type":"select")", R"(["a","b"])", R"("b")"},
    {R"("type":"select")", "null", R"("")"},
    {R"("type":"select","maxSelect":2)", R"("a")", R"(["a"])"},
    {R"("type":"select","maxSelect":2)", R"("")", "[]"},
    {R"("type":"geoPoint")", R"({"lat":2})", R"({"lat":2,"lon":0})"},
    {R"("type":"password")", "12345678", R"("12345678")"},
    {R"("type":"json")", R"({"b":[1,{"c":null}],"a":"x"})", R"({"a":"x","b":[1,{"c":null}]})"},
    {R"("type":"json")", R"("[1, 2]")", "[1,2]"},
    {R"("type":"json")", "5", R"("5")"},
    {R"("type":"json")", R"("abc")", R"("\"abc\"")"},
    {R"("type":"json")", "null", R"("null")"},
};

TEST(FieldsValueTest, RulesSeeTypedValues) {
  for (const BodyCase& test : kBodies) {
    Draft draft("[{\"name\":\"v\"," + std::string(test.type) + "}]");
    const Applied applied = draft.Submit("{\"v\":" + std::string(test.sent) + "}");
    EXPECT_EQ(ToJsonText(applied.body), "{\"v\":" + std::string(test.seen) + "}") << test.type;
  }
}

TEST(FieldsValueTest, RulesSeeUploadsAsObjects) {
  Draft draft(R"([{"name":"v","type":"file"},{"name":"m","type":"file","maxSelect":3}])");
  Submission submission;
  submission.values = Json(R"({"m":["kept.txt"]})");
  submission.files = {{"v", MakeUpload("v_1.txt", "abc", "text/plain", "V.txt")},
                      {"m", MakeUpload("m_1.txt", "", "text/plain", "M.txt")}};
  EXPECT_EQ(ToJsonText(draft.Submit(submission).body),
            R"({"m":["kept.txt",{"name":"m_1.txt","originalName":"M.txt","size":0}],)"
            R"("v":{"name":"v_1.txt","originalName":"V.txt","size":3}})");
}

// R-160 row 2.
TEST(FieldsValueTest, BatchesShowPasswords) {
  Draft draft(R"([{"name":"p","type":"password"}])");
  draft.Submit(R"({"p":"secret"})");
  std::string plain;
  AppendJson(plain, draft.collection().fields[0], draft.values()[0], true);
  EXPECT_EQ(plain, R"("secret")");
  std::string hidden;
  AppendJson(hidden, draft.collection().fields[0], draft.values()[0], false);
  EXPECT_EQ(hidden, R"("")");
}

}  // namespace
}  // namespace sluice::fields
