// Numbers, bools, dates, points, JSON and HTML: what is submitted, what the
// answer says. Rows name the examples of the compatibility reference (X-66 and
// following) or what the peer was recorded to answer.
#include "gtest/gtest.h"

#include "tests/server/fields_support.h"

namespace sluice::fields {
namespace {

constexpr std::string_view kBlank = R"("code":"validation_required","message":"Cannot be blank.")";

constexpr std::string_view kNumber = R"("type":"number")";
constexpr std::string_view kLimited = R"("type":"number","min":5,"max":1000000,"onlyInt":true)";
constexpr std::string_view kInteger = R"("type":"number","onlyInt":true)";

constexpr AnswerCase kNumbers[] = {
    {kNumber, R"("12.5")", "12.5"},
    {kNumber, R"("1e3")", "1000"},
    {kNumber, R"(" 1")", "0"},
    {kNumber, "true", "1"},
    {kNumber, "null", "0"},
    {kNumber, "[]", "0"},
    {kNumber, R"({"a":1})", "0"},
    {kNumber, R"("0x1p4")", "16"},
    {kNumber, R"("0x10")", "0"},
    {kNumber, R"("1_000")", "1000"},
    {kNumber, R"(".5")", "0.5"},
    {kNumber, R"("5.")", "5"},
    {kNumber, R"("1e400")", "0"},
    {kNumber, R"("-1e-400")", "-0"},
    {kNumber, "-0", "-0"},
    {kNumber, "1e21", "1e+21"},
    {kNumber, "1e-7", "1e-7"},
    {kNumber, "9007199254740993", "9007199254740992"},
    // R-73.
    {kNumber, R"("NaN")",
     R"("code":"validation_not_a_number","message":"The submitted number is not properly formatted.")"},
    {kNumber, R"("-Infinity")",
     R"("code":"validation_not_a_number","message":"The submitted number is not properly formatted.")"},
    {kLimited, "0", "0"},
    {kLimited, "-", "0"},
    {kLimited, "4",
     R"("code":"validation_min_number_constraint","message":"Must be greater or equal than 5.","params":{"min":5})"},
    {kLimited, "7.5",
     R"("code":"validation_only_int_constraint","message":"Decimal numbers are not allowed.")"},
    {kLimited, "2.5",
     R"("code":"validation_only_int_constraint","message":"Decimal numbers are not allowed.")"},
    {kLimited, "1000001",
     R"("code":"validation_max_number_constraint","message":"Must be less or equal than 1e+06.","params":{"max":1000000})"},
    {kLimited, "5", "5"},
    {kLimited, "1000000", "1000000"},
    {kInteger, "9223372036854775808",
     R"("code":"validation_only_int_constraint","message":"Decimal numbers are not allowed.")"},
    {kInteger, "-9223372036854775808", "-9223372036854776000"},
    {R"("type":"number","max":1e-05)", "1",
     R"("code":"validation_max_number_constraint","message":"Must be less or equal than 1e-05.","params":{"max":0.00001})"},
    {R"("type":"number","min":1234567.5)", "1",
     R"("code":"validation_min_number_constraint","message":"Must be greater or equal than 1.2345675e+06.","params":{"min":1234567.5})"},
    {R"("type":"number","min":0)", "-0.5",
     R"("code":"validation_min_number_constraint","message":"Must be greater or equal than 0.","params":{"min":0})"},
    {R"("type":"number","min":null,"max":null)", "-1e300", "-1e+300"},
    {R"("type":"number","required":true,"min":5)", "0", kBlank},
    {R"("type":"number","required":true)", "-0", kBlank},
    {R"("type":"number","required":true)", "-1", "-1"},
};

constexpr AnswerCase kBools[] = {
    {R"("type":"bool")", R"("t")", "true"},
    {R"("type":"bool")", R"("TRUE")", "true"},
    {R"("type":"bool")", R"("tRUE")", "false"},
    {R"("type":"bool")", R"("yes")", "false"},
    {R"("type":"bool")", R"("")", "false"},
    {R"("type":"bool")", "2", "true"},
    {R"("type":"bool")", "0.5", "true"},
    {R"("type":"bool")", "0", "false"},
    {R"("type":"bool")", "null", "false"},
    {R"("type":"bool")", "[true]", "false"},
    {R"("type":"bool","required":true)", "false", kBlank},
    {R"("type":"bool","required":true)", "true", "true"},
};

constexpr std::string_view kDate = R"("type":"date")";
constexpr std::string_view kBounded =
    R"("type":"date","min":"2024-01-01 00:00:00.000Z","max":"2024-12-31 10:00:00.123Z")";

constexpr AnswerCase kDates[] = {
    {kDate, R"("2024-01-02")", R"("2024-01-02 00:00:00.000Z")"},
    {kDate, R"("2024-01-02T03:04:05+02:00")", R"("2024-01-02 01:04:05.000Z")"},
    {kDate, R"("2024-01-02 03:04:05.6789Z")", R"("2024-01-02 03:04:05.678Z")"},
    {kDate, R"("9999-12-31T23:59:59-01:00")", R"("10000-01-01 00:59:59.000Z")"},
    {kDate, "1700000000", R"("")"},
    {kDate, "2024", R"("")"},
    {kDate, "true", R"("")"},
    {kDate, R"(["2024-01-02"])", R"("")"},
    {kDate, R"("garbage")", R"("")"},
    {kDate, R"("0001-01-01 00:00:00.000Z")", R"("")"},
    {kBounded, R"("2023-12-31 23:59:59.999Z")",
     R"("code":"validation_min_greater_equal_than_required","message":"Must be no less than 2024-01-01 00:00:00 +0000 UTC.","params":{"threshold":"2024-01-01T00:00:00Z"})"},
    {kBounded, R"("2024-12-31 10:00:00.124Z")",
     R"("code":"validation_max_less_equal_than_required","message":"Must be no greater than 2024-12-31 10:00:00.123 +0000 UTC.","params":{"threshold":"2024-12-31T10:00:00.123Z"})"},
    {kBounded, R"("2024-01-01")", R"("2024-01-01 00:00:00.000Z")"},
    {kBounded, R"("2024-12-31 11:00:00.123+0100")", R"("2024-12-31 10:00:00.123Z")"},
    {kBounded, R"("nope")", R"("")"},
    // A fraction loses the zeros at its end, but no second loses its own.
    {R"("type":"date","max":"2024-01-01 00:00:10.500Z")", R"("9999-12-31T23:59:59-01:00")",
     R"("code":"validation_max_less_equal_than_required","message":"Must be no greater than 2024-01-01 00:00:10.5 +0000 UTC.","params":{"threshold":"2024-01-01T00:00:10.5Z"})"},
    // Read as dates are (S-20): what cannot be is no limit.
    {R"("type":"date","min":"2024-01-01","max":"nonsense")", R"("2023-01-01")",
     R"("code":"validation_min_greater_equal_than_required","message":"Must be no less than 2024-01-01 00:00:00 +0000 UTC.","params":{"threshold":"2024-01-01T00:00:00Z"})"},
    {R"("type":"date","max":"nonsense")", R"("2023-01-01")", R"("2023-01-01 00:00:00.000Z")"},
    {R"("type":"date","required":true)", R"("x")", kBlank},
};

constexpr std::string_view kPoint = R"("type":"geoPoint")";

constexpr AnswerCase kPoints[] = {
    {kPoint, R"({"lat":2,"lon":1})", R"({"lon":1,"lat":2})"},
    {kPoint, R"({"LON":1,"Lat":2})", R"({"lon":1,"lat":2})"},
    {kPoint, R"("{\"lon\":5}")", R"({"lon":5,"lat":0})"},
    {kPoint, "[1,2]", R"({"lon":0,"lat":0})"},
    {kPoint, "5", R"({"lon":0,"lat":0})"},
    {kPoint, R"("x")", R"({"lon":0,"lat":0})"},
    {kPoint, R"("[{\"lon\":1}]")", R"({"lon":0,"lat":0})"},
    {kPoint, R"("{\"lon\":1")", R"({"lon":0,"lat":0})"},
    {kPoint, R"({"lat":"5","lon":7})", R"({"lon":7,"lat":0})"},
    {kPoint, R"({"lat":null,"lon":7})", R"({"lon":7,"lat":0})"},
    {kPoint, R"({"lat":[3],"lon":{"lat":4}})", R"({"lon":0,"lat":0})"},
    {kPoint, R"({"x":{"lat":4},"lon":1e-7})", R"({"lon":1e-7,"lat":0})"},
    {kPoint, R"({"lat":-90,"lon":180})", R"({"lon":180,"lat":-90})"},
    {kPoint, R"({"lat":91})",
     R"("code":"validation_invalid_latitude","message":"Latitude must be between -90 and 90 degrees.")"},
    {kPoint, R"({"lon":-181})",
     R"("code":"validation_invalid_longitude","message":"Longitude must be between -180 and 180 degrees.")"},
    {kPoint, R"({"lat":-90.0001,"lon":181})",
     R"("code":"validation_invalid_latitude","message":"Latitude must be between -90 and 90 degrees.")"},
    {R"("type":"geoPoint","required":true)", R"({"lon":0,"lat":0})", kBlank},
    {R"("type":"geoPoint","required":true)", R"({"lat":1})", R"({"lon":0,"lat":1})"},
};

constexpr std::string_view kJson = R"("type":"json")";
constexpr std::string_view kSmallJson = R"("type":"json","maxSize":40,"required":true)";

constexpr AnswerCase kJsons[] = {
    {kJson, R"({"b":1,"a":"<x>&","B":[1.0,2.50,1e30,1e-7]})",
     R"({"B":[1,2.5,1e+30,1e-7],"a":"\u003cx\u003e\u0026","b":1})"},
    {kJson, "12345678901234567890", "12345678901234567000"},
    {kJson, "null", "null"},
    {kJson, "-", "null"},
    {kJson, R"("")", R"("")"},
    {kJson, R"("[1, 2]")", "[1,2]"},
    {kJson, R"("{\"z\": 1, \"a\" : [1.0, 1e5]}")", R"({"z":1,"a":[1.0,1e5]})"},
    {kJson, R"("1.0")", "1.0"},
    {kJson, R"("null")", "null"},
    {kJson, R"("true")", "true"},
    {kJson, R"("True")", R"("True")"},
    {kJson, R"(" 1")", R"(" 1")"},
    {kJson, R"("+1")", R"("+1")"},
    {kJson, R"("{bad")", R"("{bad")"},
    {kJson, R"("0001")", R"("0001")"},
    {kJson, R"("\"quoted\"")", R"("quoted")"},
    {kJson, R"("a\n\tb\\")", R"("a\n\tb\\")"},
    {kJson, "\"<\u2028\"", R"("\u003c\u2028")"},
    {kJson, R"("\u007f")",
     R"("code":"validation_invalid_json","message":"Must be a valid json value.")"},
    {kJson, R"("a\u0007")",
     R"("code":"validation_invalid_json","message":"Must be a valid json value.")"},
    // An array may hold what a text may not.
    {kJson, R"(["\u007f\u0007"])", "[\"\x7f\\u0007\"]"},
    {kSmallJson, R"("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")",
     R"("code":"validation_json_size_limit","message":"The maximum allowed JSON size is 40 bytes.","params":{"maxSize":40})"},
    // The literal counts, also where it is no JSON.
    {kSmallJson, R"("\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f")",
     R"("code":"validation_json_size_limit","message":"The maximum allowed JSON size is 40 bytes.","params":{"maxSize":40})"},
    {kSmallJson, "null", kBlank},
    {kSmallJson, R"("")", kBlank},
    {kSmallJson, "[]", kBlank},
    {kSmallJson, "{}", kBlank},
    {kSmallJson, R"("null")", kBlank},
    {kSmallJson, R"("[]")", kBlank},
    {kSmallJson, R"("{ }")", "{}"},
    {kSmallJson, R"(" ")", R"(" ")"},
    {kSmallJson, "0", "0"},
    {kSmallJson, "false", "false"},
    {kSmallJson, "[[]]", "[[]]"},
};

constexpr std::string_view kHtml = R"("type":"editor","maxSize":8)";

constexpr AnswerCase kEditors[] = {
    {kHtml, R"("123456789")",
     R"("code":"validation_content_size_limit","message":"The maximum allowed content size is 8 bytes.","params":{"maxSize":8})"},
    {kHtml, R"("éééé")", R"("éééé")"},
    {kHtml, R"("ééééé")",
     R"("code":"validation_content_size_limit","message":"The maximum allowed content size is 8 bytes.","params":{"maxSize":8})"},
    {kHtml, "12345678", R"("12345678")"},
    {R"("type":"editor","required":true)", R"("")", kBlank},
    {R"("type":"editor","required":true)", R"(" ")", R"(" ")"},
    {R"("type":"editor")", R"(["x"])", R"("")"},
};

template <std::size_t kSize>
void CheckAll(const AnswerCase (&cases)[kSize]) {
  for (const AnswerCase& test : cases) {
    EXPECT_EQ(AnswerOf(test), test.want) << test.field << " <- " << test.value;
  }
}

TEST(FieldsValidateValueTest, Numbers) { CheckAll(kNumbers); }
TEST(FieldsValidateValueTest, Bools) { CheckAll(kBools); }
TEST(FieldsValidateValueTest, Dates) { CheckAll(kDates); }
TEST(FieldsValidateValueTest, Points) { CheckAll(kPoints); }
TEST(FieldsValidateValueTest, Jsons) { CheckAll(kJsons); }
TEST(FieldsValidateValueTest, Editors) { CheckAll(kEditors); }

TEST(FieldsValidateValueTest, SizesHaveDefaults) {
  const auto errors_of = [](std::string_view type, std::size_t bytes) {
    Draft draft("[{\"name\":\"v\",\"type\":\"" + std::string(type) + "\",\"maxSize\":0}]");
    return draft.Answer("{\"v\":\"" + std::string(bytes, 'x') + "\"}").substr(0, 40);
  };
  EXPECT_EQ(errors_of("json", (1 << 20) - 1), R"({"v":{"code":"validation_json_size_limit)");
  EXPECT_EQ(errors_of("json", (1 << 20) - 2).substr(0, 8), R"({"v":"xx)");
  EXPECT_EQ(errors_of("editor", (5 << 20) + 1), R"({"v":{"code":"validation_content_size_li)");
  EXPECT_EQ(errors_of("editor", 5 << 20).substr(0, 8), R"({"v":"xx)");
}

// X-134, and every other type.
TEST(FieldsValidateValueTest, RequiredFieldsOfEveryTypeAreToldSortedByName) {
  Draft draft(R"([{"name":"t","type":"text","required":true},
                  {"name":"b","type":"bool","required":true},
                  {"name":"d","type":"date","required":true},
                  {"name":"g","type":"geoPoint","required":true},
                  {"name":"j","type":"json","required":true},
                  {"name":"Z","type":"editor","required":true},
                  {"name":"n","type":"number","required":true},
                  {"name":"p","type":"password","required":true},
                  {"name":"m","type":"email","required":true},
                  {"name":"u","type":"url","required":true},
                  {"name":"s","type":"select","required":true,"values":["a"]},
                  {"name":"r","type":"relation","required":true,"minSelect":2,"maxSelect":3},
                  {"name":"f","type":"file","required":true},
                  {"name":"a","type":"autodate","onCreate":true}])");
  const auto errors = Validate({draft.collection(), draft.values(), nullptr}, draft.rows());
  ASSERT_TRUE(errors.ok());
  std::string keys;
  for (const http::ErrorEntry& error : *errors) {
    keys += error.key;
    EXPECT_EQ(error.code, "validation_required") << error.key;
    EXPECT_EQ(error.message, "Cannot be blank.");
    EXPECT_TRUE(error.params.empty());
  }
  EXPECT_EQ(keys, "Zbdfgjmnprstu");
}

TEST(FieldsValidateValueTest, StoredValuesAreCheckedAgain) {
  Draft draft(R"([{"name":"a","type":"number","max":5},{"name":"b","type":"text"}])");
  draft.value("a").number = 9;
  draft.Store();
  EXPECT_EQ(
      draft.Answer(R"({"b":"x"})"),
      R"({"a":{"code":"validation_max_number_constraint","message":"Must be less or equal than 5.","params":{"max":5}}})");
}

TEST(FieldsValidateValueTest, FormsHaveTheirMistakes) {
  EXPECT_EQ(ErrorText({Blank("a"), Mismatch("b")}),
            R"({"a":{"code":"validation_required","message":"Cannot be blank."},)"
            R"("b":{"code":"validation_values_mismatch","message":"Values don't match."}})");
}

TEST(FieldsValidateValueTest, BodiesMayBeAsLargeAsTheirFields) {
  constexpr std::uint64_t kMiB = 1 << 20;
  EXPECT_EQ(BodyLimit(MakeCollection(R"([{"name":"t","type":"text"}])")), 32 * kMiB);
  EXPECT_EQ(BodyLimit(MakeCollection(R"([{"name":"e","type":"editor"},{"name":"j","type":"json"},
                                         {"name":"f","type":"file"},
                                         {"name":"m","type":"file","maxSelect":3}])")),
            (32 + 5 + 1 + 5 + 15) * kMiB);
  EXPECT_EQ(BodyLimit(MakeCollection(R"([{"name":"e","type":"editor","maxSize":1},
                                         {"name":"j","type":"json","maxSize":20},
                                         {"name":"m","type":"file","maxSelect":3,"maxSize":100}])")),
            32 * kMiB + 321);
  EXPECT_GT(BodyLimit(MakeCollection(R"([{"name":"m","type":"file","maxSelect":4000000000,
                                          "maxSize":9007199254740991}])")),
            std::uint64_t{1} << 62);
}

}  // namespace
}  // namespace sluice::fields
