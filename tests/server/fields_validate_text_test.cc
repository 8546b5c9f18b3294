// Texts, ids, addresses and passwords: what is submitted, what the answer says.
// Rows name the examples of the compatibility reference (X-47 and following) or
// what the peer was recorded to answer.
#include "gtest/gtest.h"

#include "tests/server/fields_support.h"

namespace sluice::fields {
namespace {

constexpr std::string_view kBlank = R"("code":"validation_required","message":"Cannot be blank.")";
constexpr std::string_view kFormat =
    R"("code":"validation_invalid_format","message":"Invalid value format.")";
constexpr std::string_view kEmail =
    R"("code":"validation_is_email","message":"Must be a valid email address.")";
constexpr std::string_view kEmailDomain =
    R"("code":"validation_email_domain_not_allowed","message":"Email domain is not allowed.")";
constexpr std::string_view kUrl =
    R"("code":"validation_invalid_url","message":"Must be a valid url.")";
constexpr std::string_view kUrlDomain =
    R"("code":"validation_url_domain_not_allowed","message":"Url domain is not allowed.")";

constexpr std::string_view kText = R"("type":"text")";
constexpr std::string_view kLimited = R"("type":"text","min":3,"max":5,"pattern":"^[a-z]+$")";
constexpr std::string_view kRequired = R"("type":"text","required":true,"min":3)";

constexpr AnswerCase kTexts[] = {
    {kText, "12", R"("12")"},
    {kText, "1.5", R"("1.5")"},
    {kText, "1e21", R"("1000000000000000000000")"},
    {kText, "1e-7", R"("0.0000001")"},
    {kText, "-0.0", R"("-0")"},
    {kText, "true", R"("true")"},
    {kText, "null", R"("")"},
    {kText, R"(["a"])", R"("")"},
    {kText, R"({"a":1})", R"("")"},
    {kText, R"("  spaced  ")", R"("  spaced  ")"},
    {kLimited, R"("ab")",
     R"("code":"validation_min_text_constraint","message":"Must be at least 3 character(s).","params":{"min":3})"},
    {kLimited, R"("日本")",
     R"("code":"validation_min_text_constraint","message":"Must be at least 3 character(s).","params":{"min":3})"},
    {kLimited, R"("abcdef")",
     R"("code":"validation_max_text_constraint","message":"Must be no more than 5 character(s).","params":{"max":5})"},
    {kLimited, R"("ab1")", kFormat},
    {kLimited, R"("abc")", R"("abc")"},
    {kLimited, R"("")", R"("")"},
    {kRequired, R"("")", kBlank},
    {kRequired, "-", kBlank},
    {kRequired, R"("   ")", R"("   ")"},
    {R"("type":"text","pattern":"b")", R"("abc")", R"("abc")"},  // unanchored
    {R"("type":"text","pattern":"(")", R"("abc")", kFormat},
    {R"("type":"text","autogeneratePattern":"x","required":true,"min":1)", "-", R"("x")"},
    {R"("type":"text","autogeneratePattern":"x")", R"("")", R"("x")"},
    {R"("type":"text","autogeneratePattern":"x")", R"("y")", R"("y")"},
};

constexpr std::string_view kMail = R"("type":"email")";
constexpr std::string_view kMailOnly = R"("type":"email","onlyDomains":["example.com"])";
constexpr std::string_view kMailExcept =
    R"("type":"email","onlyDomains":null,"exceptDomains":["bad.com"])";

constexpr AnswerCase kEmails[] = {
    {kMail, R"("a@b")", kEmail},
    {kMail, R"("a@b.c")", R"("a@b.c")"},
    {kMail, R"("A@B.C")", R"("A@B.C")"},
    {kMail, R"("")", R"("")"},
    {kMail, R"(["a@b.c"])", R"("")"},
    {R"("type":"email","required":true)", "null", kBlank},
    {kMailOnly, R"("a@example.com")", R"("a@example.com")"},
    {kMailOnly, R"("a@b.de")", kEmailDomain},
    {kMailOnly, R"("a@EXAMPLE.com")", kEmailDomain},
    {kMailOnly, R"("a@sub.example.com")", kEmailDomain},
    {kMailOnly, R"("nope")", kEmail},
    {kMailOnly, R"("")", R"("")"},
    {kMailExcept, R"("a@bad.com")", kEmailDomain},
    {kMailExcept, R"("a@BAD.com")", R"("a@BAD.com")"},
    {kMailExcept, R"("a@sub.bad.com")", R"("a@sub.bad.com")"},
};

constexpr std::string_view kLink = R"("type":"url")";
constexpr std::string_view kLinkOnly =
    R"("type":"url","onlyDomains":["example.com","Sub.example.org"])";
constexpr std::string_view kLinkExcept = R"("type":"url","exceptDomains":["example.com"])";

constexpr AnswerCase kUrls[] = {
    {kLink, R"("abc")", kUrl},
    {kLink, R"("localhost:80")", R"("localhost:80")"},
    {kLink, R"("HTTP://A.BC")", kUrl},
    {kLink, R"("")", R"("")"},
    {R"("type":"url","required":true)", R"("")", kBlank},
    {kLinkExcept, R"("https://example.com/x")", kUrlDomain},
    {kLinkExcept, R"("https://u@example.com")", kUrlDomain},
    {kLinkExcept, R"("https://example.com:8080")", R"("https://example.com:8080")"},
    {kLinkExcept, R"("example.com")", R"("example.com")"},
    {kLinkOnly, R"("example.com")", kUrlDomain},
    {kLinkOnly, R"("http://example.com/a")", R"("http://example.com/a")"},
    {kLinkOnly, R"("https://example.com:443")", kUrlDomain},
    {kLinkOnly, R"("ftp://Sub.example.org/x")", R"("ftp://Sub.example.org/x")"},
    {kLinkOnly, R"("http://sub.example.org")", kUrlDomain},
    {kLinkOnly, R"("http://EXAMPLE.com")", kUrlDomain},
    {kLinkOnly, R"("")", R"("")"},
};

constexpr std::string_view kPassword = R"("type":"password","min":4,"max":6,"pattern":"^[a-z]+$")";
constexpr std::string_view kAnyPassword = R"("type":"password")";

constexpr AnswerCase kPasswords[] = {
    {kPassword, R"("abc")",
     R"("code":"validation_min_text_constraint","message":"Must be at least 4 character(s).")"},
    {kPassword, R"("abcdefg")",
     R"("code":"validation_max_text_constraint","message":"Must be less than 6 character(s).")"},
    {kPassword, R"("ABCD")", kFormat},
    {kPassword, R"("abcd")", R"("")"},
    {kPassword, R"("abcdef")", R"("")"},
    {kPassword, "-", R"("")"},
    {kPassword, R"("")", R"("")"},
    {R"("type":"password","required":true)", "-", kBlank},
    {R"("type":"password","required":true)", R"("")", kBlank},
    {R"("type":"password","required":true)", "5", R"("")"},
};

template <std::size_t kSize>
void CheckAll(const AnswerCase (&cases)[kSize]) {
  for (const AnswerCase& test : cases) {
    EXPECT_EQ(AnswerOf(test), test.want) << test.field << " <- " << test.value;
  }
}

TEST(FieldsValidateTextTest, Texts) { CheckAll(kTexts); }
TEST(FieldsValidateTextTest, Emails) { CheckAll(kEmails); }
TEST(FieldsValidateTextTest, Urls) { CheckAll(kUrls); }
TEST(FieldsValidateTextTest, Passwords) { CheckAll(kPasswords); }

TEST(FieldsValidateTextTest, TextsHaveAGreatestLength) {
  const std::string most = '"' + std::string(5000, 'x') + '"';
  EXPECT_EQ(AnswerOf({kText, most, ""}), most);
  EXPECT_EQ(
      AnswerOf({kText, '"' + std::string(5001, 'x') + '"', ""}),
      R"("code":"validation_max_text_constraint","message":"Must be no more than 5000 character(s).","params":{"max":5000})");
  std::string faces;
  for (int i = 0; i < 5000; ++i) faces += "😀";
  EXPECT_EQ(AnswerOf({kText, '"' + faces + '"', ""}), '"' + faces + '"');
}

TEST(FieldsValidateTextTest, PasswordsHaveAGreatestLength) {
  const auto answer = [](std::size_t size) {
    return AnswerOf({kAnyPassword, '"' + std::string(size, 'a') + '"', ""});
  };
  EXPECT_EQ(answer(71), R"("")");
  EXPECT_EQ(
      answer(72),
      R"("code":"validation_max_text_constraint","message":"Must be less than 71 character(s).")");
  // It cannot be hashed (R-97, X-133).
  EXPECT_EQ(answer(73), R"("code":"validation_invalid_value","message":"Invalid value.")");
}

TEST(FieldsValidateTextTest, AStoredPasswordIsKept) {
  Draft draft(R"([{"name":"p","type":"password","required":true,"min":8}])");
  draft.value("p").text = "hash";
  draft.Store();
  EXPECT_EQ(draft.Answer("{}"), R"({"p":""})");
  EXPECT_EQ(draft.value("p").text, "hash");
  // R-104.
  EXPECT_EQ(draft.Answer(R"({"p":""})"),
            R"({"p":{"code":"validation_required","message":"Cannot be blank."}})");
}

// ---- ids ----

constexpr std::string_view kDefaultId =
    R"([{"name":"id","type":"text","primaryKey":true,"required":true,"min":15,"max":15,"pattern":"^[a-z0-9]+$","autogeneratePattern":"[a-z0-9]{15}"}])";
// ex_pk, and one that lets everything pass.
constexpr std::string_view kLetterId =
    R"([{"name":"id","type":"text","primaryKey":true,"required":true,"min":0,"max":0,"pattern":"^[a-zA-Z.]+$","autogeneratePattern":""}])";
constexpr std::string_view kAnyId =
    R"([{"name":"id","type":"text","primaryKey":true,"required":true,"pattern":"^[\\s\\S]+$"}])";

struct IdCase {
  std::string_view fields;
  std::string_view id;    // JSON
  std::string_view want;  // behind `{"id":`
};

constexpr std::string_view kTaken =
    R"({"code":"validation_pk_invalid","message":"The record primary key is invalid or already exists."}})";

constexpr IdCase kIds[] = {
    {kDefaultId, R"("n10000000000000")", R"("n10000000000000"})"},
    {kDefaultId, "123456789012345", R"("123456789012345"})"},
    {kDefaultId, R"("short")",
     R"({"code":"validation_min_text_constraint","message":"Must be at least 15 character(s).","params":{"min":15}}})"},
    {kDefaultId, R"("abcdefghij012345")",
     R"({"code":"validation_max_text_constraint","message":"Must be no more than 15 character(s).","params":{"max":15}}})"},
    {kDefaultId, R"("UPPERCASE000000")",
     R"({"code":"validation_invalid_format","message":"Invalid value format."}})"},
    {kDefaultId, R"("abc/efghij01234")",
     R"({"code":"validation_invalid_format","message":"Invalid value format."}})"},
    {kDefaultId, "true",
     R"({"code":"validation_min_text_constraint","message":"Must be at least 15 character(s).","params":{"min":15}}})"},
    // The database tells a repeated one (X-47).
    {kDefaultId, R"("taken0000000000")", R"("taken0000000000"})"},
    {kLetterId, R"("abc")", R"("abc"})"},
    {kLetterId, R"("")", R"({"code":"validation_required","message":"Cannot be blank."}})"},
    {kLetterId, "null", R"({"code":"validation_required","message":"Cannot be blank."}})"},
    {kLetterId, R"("Taken")", kTaken},
    {kLetterId, R"("TAKEN")", kTaken},
    {kLetterId, R"("a1")",
     R"({"code":"validation_invalid_format","message":"Invalid value format."}})"},
    {kLetterId, R"("a.b")",
     R"({"code":"validation_forbidden_pk_character","message":"'.' is not a valid primary key character.","params":{"ch":"."}}})"},
    {kLetterId, R"("nul")",
     R"({"code":"validation_reserved_pk","message":"The primary key 'NUL' is reserved and cannot be used.","params":{"reserved":"NUL"}}})"},
    {kAnyId, R"("Com3")",
     R"({"code":"validation_reserved_pk","message":"The primary key 'COM3' is reserved and cannot be used.","params":{"reserved":"COM3"}}})"},
    {kAnyId, R"("nul1")", R"("nul1"})"},
    {kAnyId, R"("Ünï-code_1")", R"("Ünï-code_1"})"},
    // The first of the list, not of the id.
    {kAnyId, R"("ü<>/")",
     R"({"code":"validation_forbidden_pk_character","message":"'/' is not a valid primary key character.","params":{"ch":"/"}}})"},
    {kAnyId, R"("ü<>")",
     R"({"code":"validation_forbidden_pk_character","message":"'\u003c' is not a valid primary key character.","params":{"ch":"\u003c"}}})"},
    {kAnyId, R"("a'b")",
     R"({"code":"validation_forbidden_pk_character","message":"''' is not a valid primary key character.","params":{"ch":"'"}}})"},
    {kAnyId, R"("a\u0000b")",
     R"({"code":"validation_forbidden_pk_character","message":"'\u0000' is not a valid primary key character.","params":{"ch":"\u0000"}}})"},
    {kAnyId, R"("a b\t")",
     R"({"code":"validation_forbidden_pk_character","message":"'\t' is not a valid primary key character.","params":{"ch":"\t"}}})"},
};

TEST(FieldsValidateTextTest, NewIds) {
  for (const IdCase& test : kIds) {
    Draft draft(test.fields);
    draft.rows().Add("c_test", {"taken", "taken0000000000"});
    EXPECT_EQ(draft.Answer("{\"id\":" + std::string(test.id) + "}"),
              "{\"id\":" + std::string(test.want))
        << test.id;
  }
}

// R-60.
TEST(FieldsValidateTextTest, IdsAreMadeWhereNoneIsGiven) {
  for (const char* body : {"{}", R"({"id":""})", R"({"id":null})", R"({"id":["x"]})"}) {
    Draft draft(kDefaultId);
    const std::string answer = draft.Answer(body);
    EXPECT_EQ(answer, draft.Show()) << body;
    EXPECT_EQ(draft.value("id").text.size(), 15) << body;
  }
}

// R-62.
TEST(FieldsValidateTextTest, IdsNeverChange) {
  for (const std::string_view fields : {kDefaultId, kLetterId}) {
    for (const char* id : {R"("x")", R"("")", "null", "[]", R"("OLD ID")"}) {
      Draft draft(fields);
      draft.value("id").text = "old id";
      draft.Store();
      EXPECT_EQ(
          draft.Answer("{\"id\":" + std::string(id) + "}"),
          R"({"id":{"code":"validation_pk_change","message":"The record primary key cannot be changed."}})")
          << id;
    }
    // The same id may be sent, and is not checked again (R-56).
    Draft draft(fields);
    draft.value("id").text = "old id";
    draft.Store();
    EXPECT_EQ(draft.Answer(R"({"id":"old id"})"), R"({"id":"old id"})");
    EXPECT_EQ(draft.Answer("{}"), R"({"id":"old id"})");
  }
}

TEST(FieldsValidateTextTest, LookupsThatFailAreNoMistakes) {
  Draft draft(kLetterId);
  draft.rows().Fail();
  EXPECT_EQ(draft.Answer(R"({"id":"abc"})"), "no database");
}

}  // namespace
}  // namespace sluice::fields
