// Names, modifiers, hidden fields, uploads, generated values (R-49 to R-66).
#include <set>

#include "gtest/gtest.h"

#include "tests/server/fields_support.h"
#include "tools/server/text/pattern.h"

namespace sluice::fields {
namespace {

constexpr std::string_view kNote =
    R"([{"name":"t","type":"text"},{"name":"n","type":"number"},
        {"name":"sm","type":"select","values":["a","b","c"],"maxSelect":3},
        {"name":"one","type":"select","values":["a","b","c"]},
        {"name":"hid","type":"text","hidden":true}])";

// X-55 to X-60 and their kin, one after the other on one record.
TEST(FieldsApplyTest, Modifiers) {
  const std::pair<std::string_view, std::string_view> steps[] = {
      {R"({"t":"one","n":1})", R"({"t":"one","n":1,"sm":[],"one":"","hid":""})"},
      {R"({"n+":5,"sm":["a"]})", R"({"t":"one","n":6,"sm":["a"],"one":"","hid":""})"},
      {R"({"n-":7,"n+":2,"n":1})", R"({"t":"one","n":-4,"sm":["a"],"one":"","hid":""})"},
      {R"({"sm+":["b","a"]})", R"({"t":"one","n":-4,"sm":["a","b"],"one":"","hid":""})"},
      {R"({"+sm":"c"})", R"({"t":"one","n":-4,"sm":["c","a","b"],"one":"","hid":""})"},
      {R"({"sm-":["a","zzz"]})", R"({"t":"one","n":-4,"sm":["c","b"],"one":"","hid":""})"},
      {R"({"+sm":["b"]})", R"({"t":"one","n":-4,"sm":["b","c"],"one":"","hid":""})"},
      {R"({"sm-":"[\"b\"]","sm+":{"a":1}})", R"({"t":"one","n":-4,"sm":["c"],"one":"","hid":""})"},
      {R"({"sm":"a","sm+":"b","+sm":"c"})",
       R"({"t":"one","n":-4,"sm":["c","a","b"],"one":"","hid":""})"},
      // R-63: not of these types, or not there.
      {R"({"t+":"x","+t":"x","t-":"x","+n":1,"n*":1,"nope+":1,"T":"x"})",
       R"({"t":"one","n":-4,"sm":["c","a","b"],"one":"","hid":""})"},
      {R"({"n+":"x","n-":null})", R"({"t":"one","n":-4,"sm":["c","a","b"],"one":"","hid":""})"},
      {R"({"t:autogenerate":"p-"})", R"({"t":"p-","n":-4,"sm":["c","a","b"],"one":"","hid":""})"},
      // R-64.
      {R"({"+one":"a"})", R"({"t":"p-","n":-4,"sm":["c","a","b"],"one":"a","hid":""})"},
      {R"({"+one":"b"})", R"({"t":"p-","n":-4,"sm":["c","a","b"],"one":"a","hid":""})"},
      {R"({"one+":"c"})", R"({"t":"p-","n":-4,"sm":["c","a","b"],"one":"c","hid":""})"},
      {R"({"one-":"a"})", R"({"t":"p-","n":-4,"sm":["c","a","b"],"one":"c","hid":""})"},
      {R"({"one-":"c"})", R"({"t":"p-","n":-4,"sm":["c","a","b"],"one":"","hid":""})"},
  };
  Draft draft(kNote);
  for (const auto& [body, want] : steps) {
    draft.Store();
    EXPECT_EQ(draft.Answer(body), want) << body;
  }
}

TEST(FieldsApplyTest, RulesSeeResolvedNamesAndUnknownKeys) {
  Draft draft(kNote);
  draft.value("n").number = 3;
  draft.Store();
  const Applied applied =
      draft.Submit(R"({"n+":2,"t+":"x","nope":[1,{"b":null}],"collectionId":"c"})");
  EXPECT_EQ(ToJsonText(applied.body),
            R"({"collectionId":"c","n":5,"nope":[1,{"b":null}],"t+":"x"})");
  EXPECT_EQ(applied.touched, (std::vector<bool>{false, true, false, false, false}));
}

// R-53.
TEST(FieldsApplyTest, HiddenFieldsAreForSuperusers) {
  for (const std::string_view body :
       {R"({"hid":"guest","t":"x"})", R"({"hid:autogenerate":"guest","t":"x"})"}) {
    Draft draft(kNote);
    draft.value("hid").text = "secret";
    draft.Store();
    const Applied guest = draft.Submit(body, false);
    EXPECT_EQ(ToJsonText(guest.body), R"({"t":"x"})");
    EXPECT_FALSE(guest.touched[4]);
    EXPECT_EQ(draft.value("hid").text, "secret");
    draft.Submit(body, true);
    EXPECT_EQ(draft.value("hid").text, "guest");
  }
}

constexpr std::string_view kAuth =
    R"([{"name":"password","type":"password","hidden":true,"cost":0},
        {"name":"tokenKey","type":"text","hidden":true,"autogeneratePattern":"[a-zA-Z0-9]{50}"},
        {"name":"pin","type":"password","hidden":true,"cost":5}])";

TEST(FieldsApplyTest, AnyoneMaySetThePasswordOfAnAuthRecord) {
  constexpr std::string_view kBody = R"({"password":12345678,"tokenKey":"mine","pin":"1"})";
  Draft auth(kAuth, CollectionType::kAuth);
  EXPECT_EQ(ToJsonText(auth.Submit(kBody, false).body), R"({"password":"12345678"})");
  EXPECT_EQ(auth.value("password").text, "hash 10 of 12345678");
  EXPECT_EQ(auth.value("pin").text, "");
  EXPECT_EQ(auth.value("tokenKey").text.size(), 50);
  Draft base(kAuth, CollectionType::kBase);
  EXPECT_EQ(ToJsonText(base.Submit(kBody, false).body), "{}");
  EXPECT_FALSE(base.value("password").has_plain);
}

TEST(FieldsApplyTest, PasswordsAreHashedAtTheirCost) {
  Draft draft(kAuth, CollectionType::kAuth);
  draft.Submit(R"({"pin":"1234"})");
  EXPECT_EQ(draft.value("pin").text, "hash 5 of 1234");
  EXPECT_EQ(draft.value("pin").plain, "1234");
  EXPECT_FALSE(draft.value("password").has_plain);
  draft.Submit(R"({"pin":null})");
  EXPECT_EQ(draft.value("pin").text, "");
  EXPECT_TRUE(draft.value("pin").has_plain);
  EXPECT_FALSE(draft.value("pin").hash_failed);
  draft.Submit("{\"pin\":\"" + std::string(73, 'a') + "\"}");
  EXPECT_TRUE(draft.value("pin").hash_failed);
  EXPECT_EQ(draft.value("pin").text, "");
}

// R-54.
TEST(FieldsApplyTest, AutodatesAreNotForSubmission) {
  Draft draft(R"([{"name":"made","type":"autodate","onCreate":true}])");
  draft.value("made").text = "2024-01-02 00:00:00.000Z";
  draft.Store();
  const Applied applied = draft.Submit(R"({"made":"2001-01-01"})");
  EXPECT_EQ(draft.value("made").text, "2024-01-02 00:00:00.000Z");
  EXPECT_EQ(applied.touched, std::vector<bool>{false});
  EXPECT_EQ(ToJsonText(applied.body), R"({"made":"2024-01-02 00:00:00.000Z"})");
}

// ---- files ----

constexpr std::string_view kFiles =
    R"([{"name":"v","type":"file"},{"name":"m","type":"file","maxSelect":9},
        {"name":"h","type":"file","hidden":true},{"name":"t","type":"text"}])";

struct FileCase {
  std::string_view body;
  std::vector<std::pair<std::string, std::string>> uploads;  // key, name
  std::string_view want;                                     // of m
};

TEST(FieldsApplyTest, FilesMerge) {
  const FileCase cases[] = {
      {"{}", {}, R"(["a","b"])"},
      {"{}", {{"m", "1"}, {"m", "2"}}, R"(["1","2"])"},
      {R"({"m":["b","a"]})", {{"m", "1"}}, R"(["b","a","1"])"},
      {R"({"m":"b"})", {{"m", "1"}}, R"(["b","1"])"},
      {"{}", {{"m+", "1"}, {"m+", "2"}}, R"(["a","b","1","2"])"},
      {"{}", {{"+m", "1"}, {"+m", "2"}}, R"(["1","2","a","b"])"},
      {R"({"m-":"a"})", {{"m+", "1"}}, R"(["b","1"])"},
      {R"({"m+":"c"})", {{"m+", "1"}}, R"(["a","b","c","1"])"},
      {R"({"m":[],"m+":"a"})", {}, R"(["a"])"},
      {R"({"m-":["b","nope"]})", {{"m-", "1"}}, R"(["a"])"},
      {R"({"m":null})", {}, "[]"},
      {R"({"m":{"a":1}})", {}, "[]"},
      // R-85: element by element.
      {R"({"m":["b",["a"],["x","y"],{"z":1},null,7]})", {}, R"(["b","a","7"])"},
      {R"({"m":"[\"a.txt\",1]"})", {}, R"(["a.txt"])"},
      {R"({"m":"[\"a\",\"b\"]"})", {}, R"(["a","b"])"},
  };
  for (const FileCase& test : cases) {
    Draft draft(kFiles);
    draft.value("m").list = {"a", "b"};
    draft.Store();
    Submission submission;
    submission.values = Json(test.body);
    for (const auto& [key, name] : test.uploads) {
      submission.files.emplace_back(key, MakeUpload(name));
    }
    draft.Submit(submission);
    std::string list;
    AppendJson(list, draft.collection().fields[1], draft.value("m"), false);
    EXPECT_EQ(list, test.want) << test.body;
    for (const UploadPtr& upload : draft.value("m").uploads) {
      EXPECT_NE(list.find(upload->name), list.npos) << test.body;
    }
  }
}

TEST(FieldsApplyTest, SingleFilesKeepTheLast) {
  Draft draft(kFiles);
  draft.Submit(Submission{.files = {{"v", MakeUpload("1")}, {"v", MakeUpload("2")}}});
  EXPECT_EQ(draft.value("v").list, std::vector<std::string>{"2"});
  ASSERT_EQ(draft.value("v").uploads.size(), 1);
  EXPECT_EQ(draft.value("v").uploads[0]->name, "2");
  draft.Store();
  draft.Submit(Submission{.files = {{"+v", MakeUpload("3")}}});
  EXPECT_EQ(draft.value("v").list, std::vector<std::string>{"2"});
  EXPECT_TRUE(draft.value("v").uploads.empty()) << "nothing to store";
  draft.Submit(Submission{.files = {{"v+", MakeUpload("4")}}});
  EXPECT_EQ(draft.value("v").list, std::vector<std::string>{"4"});
  EXPECT_EQ(draft.value("v").uploads.size(), 1);
  draft.Submit(R"({"v":""})");
  EXPECT_TRUE(draft.value("v").list.empty());
  EXPECT_TRUE(draft.value("v").uploads.empty());
}

// R-47, R-53.
TEST(FieldsApplyTest, FilesForOtherKeysAreIgnored) {
  Draft draft(kFiles);
  const Applied applied = draft.Submit(Submission{.files = {{"t", MakeUpload("1")},
                                                            {"nope", MakeUpload("2")},
                                                            {"v-", MakeUpload("3")},
                                                            {"h", MakeUpload("4")}}},
                                       false);
  EXPECT_EQ(ToJsonText(applied.body), "{}");
  EXPECT_EQ(draft.Show(), R"({"v":"","m":[],"h":"","t":""})");
}

// ---- generated values ----

// R-63, R-72.
TEST(FieldsApplyTest, TextsAreMadeByTheirPattern) {
  constexpr std::string_view kFields =
      R"([{"name":"fixed","type":"text","autogeneratePattern":"made"},
          {"name":"r","type":"text","autogeneratePattern":"[a-f]{6}-[0-9]{2}"},
          {"name":"p","type":"text"}])";
  const auto shape = text::Pattern::Parse("^[a-f]{6}-[0-9]{2}$");
  ASSERT_TRUE(shape.ok());
  Draft draft(kFields);
  draft.Submit(R"({"fixed":["x"],"p":""})");
  EXPECT_EQ(draft.value("fixed").text, "made");
  EXPECT_TRUE(shape->Matches(draft.value("r").text)) << draft.value("r").text;
  EXPECT_EQ(draft.value("p").text, "");

  draft.Store();
  draft.Submit(R"({"fixed":"","p:autogenerate":"plain","r:autogenerate":5})");
  EXPECT_EQ(draft.value("fixed").text, "") << "on create only";
  EXPECT_EQ(draft.value("p").text, "plain");
  EXPECT_EQ(draft.value("r").text[0], '5');
  EXPECT_TRUE(shape->Matches(draft.value("r").text.substr(1)));
}

TEST(FieldsApplyTest, GeneratedTextsDiffer) {
  const Field field =
      MakeField(R"({"name":"id","type":"text","autogeneratePattern":"[a-z0-9]{15}"})");
  std::set<std::string> texts;
  std::set<char> characters;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = GenerateText(field);
    ASSERT_EQ(text.size(), 15);
    texts.insert(text);
    characters.insert(text.begin(), text.end());
  }
  EXPECT_EQ(texts.size(), 1000);
  EXPECT_EQ(characters.size(), 36) << "each has its chance";
  EXPECT_EQ(GenerateText(MakeField(R"({"name":"t","type":"text"})")), "");
}

// R-49, for form inputs that are no fields.
TEST(FieldsApplyTest, TextsOfValues) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"12345678", "12345678"},
                                                                 {"1e21", "1000000000000000000000"},
                                                                 {"true", "true"},
                                                                 {R"("x")", "x"},
                                                                 {"null", ""},
                                                                 {R"(["x"])", ""},
                                                                 {R"({"x":1})", ""}};
  for (const auto& [json, want] : cases) EXPECT_EQ(TextOf(Json(json)), want) << json;
}

}  // namespace
}  // namespace sluice::fields
