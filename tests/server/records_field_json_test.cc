#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/server/records/field_json.h"
#include "tools/server/records/put_field.h"

namespace sluice::records {
namespace {

using ::testing::ElementsAre;
using V = StoredValue;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// By the fast half, if it takes the value; the memory is no longer than asked for.
std::optional<std::string> RenderPlain(const Field& field, const StoredValue& value) {
  ValueView view;
  switch (value.kind) {
    case V::Kind::kNull:
      break;
    case V::Kind::kInteger:
      view = ValueView::Integer(value.integer);
      break;
    case V::Kind::kReal:
      view = ValueView::Real(value.real);
      break;
    case V::Kind::kText:
    case V::Kind::kBlob:
      view = ValueView::Text(value.text);
  }
  const auto room = std::make_unique<char[]>(PlainFieldRoom(view));
  const char* const end = PutPlainField(room.get(), field, view);
  return end == nullptr ? std::nullopt
                        : std::optional(std::string(static_cast<const char*>(room.get()), end));
}

std::string Render(FieldType type, const StoredValue& value, std::uint32_t max_select = 1) {
  Field field;
  field.type = type;
  field.max_select = max_select;
  std::string out = "before ";
  const Status status = AppendFieldJson(out, field, value);
  EXPECT_EQ(out.substr(0, 7), "before ");
  EXPECT_TRUE(status.ok() || out == "before ");
  if (const std::optional<std::string> plain = RenderPlain(field, value)) {
    EXPECT_TRUE(status.ok());
    EXPECT_EQ(*plain, out.substr(7));
  }
  return status.ok() ? out.substr(7) : std::string(absl::StatusCodeToString(status.code()));
}

struct Case {
  FieldType type;
  StoredValue value;
  std::string_view want;
};

// S-42's rows, X-79 to X-88, R-24's empty values.
TEST(FieldJson, DecodesSingleValues) {
  const Case kCases[] = {
      {FieldType::kText, V::Null(), R"("")"},
      {FieldType::kText, V::Text("a<b"), R"("a\u003cb")"},
      {FieldType::kText, V::Blob("\xff\xfe"), R"("\ufffd\ufffd")"},
      {FieldType::kText, V::Integer(-7), R"("-7")"},
      {FieldType::kText, V::Real(1.5), R"("1.5")"},
      {FieldType::kEmail, V::Text("a@b.de"), R"("a@b.de")"},
      {FieldType::kUrl, V::Text("http://a.bc/?a&b"), R"("http://a.bc/?a\u0026b")"},
      {FieldType::kEditor, V::Text("<p>"), R"("\u003cp\u003e")"},
      {FieldType::kPassword, V::Text("$2a$10$x"), R"("")"},
      {FieldType::kNumber, V::Null(), "0"},
      {FieldType::kNumber, V::Text("abc"), "0"},
      {FieldType::kNumber, V::Text("12.50"), "12.5"},
      {FieldType::kNumber, V::Text(" 12"), "0"},
      {FieldType::kNumber, V::Blob("12"), "12"},
      {FieldType::kNumber, V::Integer(9007199254740993), "9007199254740992"},
      {FieldType::kNumber, V::Real(1e21), "1e+21"},
      {FieldType::kNumber, V::Real(1e-7), "1e-7"},
      {FieldType::kNumber, V::Real(kInfinity), "OUT_OF_RANGE"},
      {FieldType::kNumber, V::Text("-inf"), "OUT_OF_RANGE"},
      {FieldType::kNumber, V::Text("nan"), "OUT_OF_RANGE"},
      {FieldType::kNumber, V::Text("1e400"), "0"},
      {FieldType::kBool, V::Null(), "false"},
      {FieldType::kBool, V::Integer(1), "true"},
      {FieldType::kBool, V::Integer(2), "false"},
      {FieldType::kBool, V::Real(1), "true"},
      {FieldType::kBool, V::Text("true"), "true"},
      {FieldType::kBool, V::Text("T"), "true"},
      {FieldType::kBool, V::Text("tRUE"), "false"},
      {FieldType::kBool, V::Text("yes"), "false"},
      {FieldType::kDate, V::Null(), R"("")"},
      {FieldType::kDate, V::Integer(1700000000), R"("")"},
      {FieldType::kDate, V::Text("2024-01-02"), R"("2024-01-02 00:00:00.000Z")"},
      {FieldType::kAutodate, V::Text("2026-01-01 00:00:00.000Z"), R"("2026-01-01 00:00:00.000Z")"},
      {FieldType::kAutodate, V::Text("soon"), R"("")"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Render(c.type, c.value), c.want);
  }
}

TEST(FieldJson, DecodesJson) {
  const struct {
    StoredValue value;
    std::string_view want;
  } kCases[] = {
      {V::Null(), "null"},
      {V::Text(""), R"("")"},
      {V::Text("null"), "null"},
      {V::Text("true"), "true"},
      {V::Text("True"), R"("True")"},
      {V::Text("abc"), R"("abc")"},
      {V::Text("{broken"), R"("{broken")"},
      {V::Text("  {\"b\":1,\r\n \"a\": 2}  "), R"("  {\"b\":1,\r\n \"a\": 2}  ")"},  // X-81
      {V::Text("{\"b\":1,\r\n \"a\": 2}  "), R"({"b":1,"a":2})"},
      {V::Text(R"({"big":12345678901234567890,"f":1.0,"e":1e5})"),
       R"({"big":12345678901234567890,"f":1.0,"e":1e5})"},  // X-83
      {V::Blob(R"({"a":1})"), R"({"a":1})"},                // X-85
      {V::Text(R"(["<&>"])"), R"(["\u003c\u0026\u003e"])"},
      {V::Text(R"("x")"), R"("x")"},
      {V::Text("+1"), R"("+1")"},
      {V::Integer(42), "42"},
      {V::Real(1.5), "1.5"},
      {V::Real(1234567.5), "1.2345675e+06"},
      {V::Real(12345678901234567890.0), "1.2345678901234567e+19"},  // R-94
      {V::Real(kInfinity), R"("+Inf")"},
      // Strings by R-92's quoting, with R-21's escapes on top.
      {V::Text("a<\u00a0b"), R"("a\u003c\u00a0b")"},
      {V::Text("\a<"), R"("\u0007\u003c")"},
      {V::Text("x\xff"), R"("x\ufffd")"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Render(FieldType::kJson, c.value), c.want);
  }
  const std::string deep = std::string(10001, '[') + std::string(10001, ']');
  EXPECT_EQ(Render(FieldType::kJson, V::Text(deep)), '"' + deep + '"');
}

TEST(FieldJson, DecodesLists) {
  const struct {
    StoredValue value;
    std::string_view single;
    std::string_view multiple;
  } kCases[] = {
      {V::Null(), R"("")", "[]"},
      {V::Text(""), R"("")", "[]"},
      {V::Text("[]"), R"("")", "[]"},
      {V::Text("plain"), R"("plain")", R"(["plain"])"},
      {V::Text("single.txt"), R"("single.txt")", R"(["single.txt"])"},  // X-85
      {V::Text("null"), R"("null")", R"(["null"])"},
      {V::Text(R"(["x","y"])"), R"("y")", R"(["x","y"])"},  // X-79
      {V::Text(R"(["x","x",""])"), R"("x")", R"(["x"])"},   // X-84
      {V::Text(R"(["x","y","x"])"), R"("y")", R"(["x","y"])"},
      {V::Text(R"( [ "x" , null ] )"), R"("x")", R"(["x"])"},
      {V::Text(R"([null])"), R"("")", "[]"},
      {V::Text("[1,2]"), R"("[1,2]")", R"(["[1,2]"])"},   // X-80
      {V::Text(R"("x")"), R"("\"x\"")", R"(["\"x\""])"},  // X-81
      {V::Text(R"({"a":1})"), R"("{\"a\":1}")", R"(["{\"a\":1}"])"},
      {V::Text(R"({"a":[1]})"), R"("{\"a\":[1]}")", R"(["{\"a\":[1]}"])"},
      {V::Text("[bad"), R"("[bad")", R"(["[bad"])"},  // X-83
      {V::Text(R"(["a",1,"b"])"), R"("[\"a\",1,\"b\"]")",
       R"(["a","b","[\"a\",1,\"b\"]"])"},  // R-51
      {V::Text(R"([["a"],"b"])"), R"("[[\"a\"],\"b\"]")", R"(["b","[[\"a\"],\"b\"]"])"},
      {V::Text(R"(["\u0041","A","\ud83d"])"), "\"\ufffd\"", "[\"A\",\"\ufffd\"]"},
      {V::Text(R"(["<\u003c"])"), R"("\u003c\u003c")", R"(["\u003c\u003c"])"},
      {V::Integer(5), R"("5")", R"(["5"])"},
  };
  for (const auto& c : kCases) {
    for (const FieldType type : {FieldType::kSelect, FieldType::kRelation, FieldType::kFile}) {
      EXPECT_EQ(Render(type, c.value, 1), c.single);
      EXPECT_EQ(Render(type, c.value, 3), c.multiple);
    }
  }
}

TEST(FieldJson, DecodesGeoPoints) {
  const struct {
    StoredValue value;
    std::string_view want;
  } kCases[] = {
      {V::Null(), R"({"lon":0,"lat":0})"},
      {V::Text(""), R"({"lon":0,"lat":0})"},
      {V::Text("null"), R"({"lon":0,"lat":0})"},
      {V::Text(" {} "), R"({"lon":0,"lat":0})"},
      {V::Text(R"({"lat":1,"lon":2})"), R"({"lon":2,"lat":1})"},  // X-86
      {V::Text(R"({"lon":1e3,"lat":5,"x":1})"), R"({"lon":1000,"lat":5})"},
      {V::Blob(R"({"LON":1,"Lat":2.50})"), R"({"lon":1,"lat":2.5})"},
      {V::Text(R"({"lon":1,"LON":2,"l\u006fn":3})"), R"({"lon":3,"lat":0})"},
      {V::Text(R"({"lon":1,"lon":null})"), R"({"lon":1,"lat":0})"},
      {V::Text(R"({"x":{"lon":"5"},"y":["a",true],"lat":7})"), R"({"lon":0,"lat":7})"},
      {V::Text(R"({"lon":1e-400})"), R"({"lon":0,"lat":0})"},
      {V::Text(R"({"lat":"x"})"), "DATA_LOSS"},  // X-87
      {V::Text(R"({"lon":true})"), "DATA_LOSS"},
      {V::Text(R"({"lon":[1]})"), "DATA_LOSS"},
      {V::Text(R"({"lon":{}})"), "DATA_LOSS"},
      {V::Text(R"({"lon":1e400})"), "DATA_LOSS"},
      {V::Text("[1,2]"), "DATA_LOSS"},
      {V::Text("7"), "DATA_LOSS"},
      {V::Integer(7), "DATA_LOSS"},
      {V::Text("true"), "DATA_LOSS"},
      {V::Text(R"("x")"), "DATA_LOSS"},
      {V::Text("{"), "DATA_LOSS"},
      {V::Text(" "), "DATA_LOSS"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Render(FieldType::kGeoPoint, c.value), c.want);
  }
}

TEST(ValueList, KeepsOrderInLongListsAndForgetsTheLastText) {
  ValueList list;
  std::string text = "[";
  for (int i = 0; i < 1000; ++i) {
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i % 300) + "\\n\"";
  }
  list.Assign(text + "]");
  ASSERT_EQ(list.values().size(), 300U);
  EXPECT_EQ(list.values()[299], "299\n");
  list.Assign(R"(["a","b"])");
  EXPECT_THAT(list.values(), ElementsAre("a", "b"));
  list.Assign("");
  EXPECT_THAT(list.values(), ElementsAre());
  EXPECT_EQ(list.last(), "");
}

// What is taken as it is stored comes out as what was read and written anew: a
// space in front keeps a text from being taken.
TEST(FieldJson, PlainTextsAreTheirOwnJson) {
  std::mt19937 random(20261122);
  const std::vector<std::string> numbers = {"0",
                                            "-0",
                                            "1",
                                            "-7",
                                            "01",
                                            "1.5",
                                            "1.50",
                                            "-0.25",
                                            "0.00001",
                                            "0.000001",
                                            "1e3",
                                            "0.1234567",
                                            "0.00000123456",
                                            "999999999999999",
                                            "1234567890123456789",
                                            "179.999999999999",
                                            "0.1000000000000000055",
                                            "12345678.12345678",
                                            "0.0"};
  const std::vector<std::string> words = {"a",      "abcdefghijklmno",
                                          "b\\\"c", "\\u0041",
                                          "<x>",    "x&y",
                                          "ä",      "",
                                          "a b",    "tab\\tx",
                                          "[",      ",",
                                          "z9",     "0123456789012345678901234567890"};
  const auto pick = [&random](const auto& from) { return from[random() % from.size()]; };
  for (int i = 0; i < 20000; ++i) {
    const std::string point = R"({"lon":)" + pick(numbers) + R"(,"lat":)" + pick(numbers) + "}";
    EXPECT_EQ(Render(FieldType::kGeoPoint, V::Text(point)),
              Render(FieldType::kGeoPoint, V::Text(" " + point)))
        << point;
    std::string list = "[";
    for (std::size_t values = random() % 5; values-- > 0;) {
      list += (list.size() > 1 ? ",\"" : "\"") + pick(words) + '"';
    }
    list += ']';
    for (const std::uint32_t max_select : {1U, 3U}) {
      EXPECT_EQ(Render(FieldType::kSelect, V::Text(list), max_select),
                Render(FieldType::kSelect, V::Text(" " + list), max_select))
          << list;
    }
  }
}

// What nearly all rows hold is written without a string's growing.
TEST(FieldJson, PlainValuesAreTakenByTheFastHalf) {
  const std::pair<FieldType, StoredValue> kPlain[] = {
      {FieldType::kText, V::Text("a<b")},
      {FieldType::kEditor, V::Null()},
      {FieldType::kNumber, V::Real(-3.27)},
      {FieldType::kNumber, V::Integer(12)},
      {FieldType::kNumber, V::Null()},
      {FieldType::kBool, V::Integer(0)},
      {FieldType::kBool, V::Integer(1)},
      {FieldType::kBool, V::Integer(2)},
      {FieldType::kDate, V::Text("")},
      {FieldType::kAutodate, V::Text("2024-02-29 23:59:59.999Z")},
      {FieldType::kRelation, V::Text("abcdefghijklmno")},
      {FieldType::kSelect, V::Text(R"(["a","b"])")},
      {FieldType::kFile, V::Text("[]")},
      {FieldType::kGeoPoint, V::Text(R"({"lon":1.5,"lat":-2})")},
  };
  for (const auto& [type, value] : kPlain) {
    Field field;
    field.type = type;
    field.max_select = 2;
    EXPECT_TRUE(RenderPlain(field, value)) << value.text;
    Render(type, value, 2);
  }
  const std::string_view kDates[] = {"2023-02-29 00:00:00.000Z",
                                     "2024-13-01 00:00:00.000Z",
                                     "2024-01-01 24:00:00.000Z",
                                     "2024-01-01 00:00:00.0000",
                                     "0001-01-01 00:00:00.000Z",
                                     "2024-01-0: 00:00:00.000Z",
                                     "2024-01-01T00:00:00.000Z",
                                     "\xb2"
                                     "024-01-01 00:00:00.000Z",
                                     "2024-01-01 00:00:00.000z",
                                     "/024-01-01 00:00:00.000Z"};
  Field date;
  date.type = FieldType::kDate;
  for (const std::string_view text : kDates) {
    EXPECT_FALSE(RenderPlain(date, V::Text(text))) << text;
  }
}

TEST(FieldJson, SurvivesRandomBytes) {
  std::mt19937 random(20261121);
  constexpr std::string_view kBytes("\"\\[]{},: 0-1e.lonat\x01u\xff\xe2\x80\xa8", 26);
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (std::size_t length = random() % 40; length-- > 0;) {
      text += kBytes[random() % kBytes.size()];
    }
    text.shrink_to_fit();
    for (const FieldType type : {FieldType::kText, FieldType::kNumber, FieldType::kJson,
                                 FieldType::kSelect, FieldType::kGeoPoint, FieldType::kDate}) {
      Render(type, V::Text(text), 2);
    }
  }
}

}  // namespace
}  // namespace sluice::records
