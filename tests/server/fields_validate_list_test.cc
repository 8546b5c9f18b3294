// Selects, relations and files: what is submitted, what the answer says.
#include "gtest/gtest.h"

#include "tests/server/fields_support.h"

namespace sluice::fields {
namespace {

constexpr std::string_view kBlank = R"("code":"validation_required","message":"Cannot be blank.")";
constexpr std::string_view kOne = R"("type":"select","values":["a","b","1","true"])";
constexpr std::string_view kTwo =
    R"("type":"select","maxSelect":2,"values":["a","b","c","1","true"])";

constexpr AnswerCase kSelects[] = {
    {kOne, R"(["a","b"])", R"("b")"},
    {kOne, R"("[broken")",
     R"("code":"validation_invalid_value","message":"Invalid value [broken.","params":{"value":"[broken"})"},
    {kOne, "true", R"("true")"},
    {kOne, "1", R"("1")"},
    {kOne, R"("zzz")",
     R"("code":"validation_invalid_value","message":"Invalid value zzz.","params":{"value":"zzz"})"},
    {kOne, R"("A")",
     R"("code":"validation_invalid_value","message":"Invalid value A.","params":{"value":"A"})"},
    {kOne, R"("[\"a\",\"b\"]")", R"("b")"},
    {kOne, R"(["a",""])", R"("a")"},
    {kOne, R"(["a",null])", R"("a")"},
    {kOne, R"("[1]")",
     R"("code":"validation_invalid_value","message":"Invalid value [1].","params":{"value":"[1]"})"},
    // The second pass of R-55.
    {kOne, R"(["[\"a\"]"])", R"("a")"},
    {kOne, R"("")", R"("")"},
    {kTwo, R"(["a","b","c"])",
     R"("code":"validation_too_many_values","message":"Select no more than 2.","params":{"maxSelect":2})"},
    {kTwo, R"(["b","b"])", R"(["b"])"},
    {kTwo, R"(["a",["b"]])", "[]"},
    {kTwo, R"(["a",{"b":1}])", "[]"},
    {kTwo, R"(["a","x"])",
     R"("code":"validation_invalid_value","message":"Invalid value x.","params":{"value":"x"})"},
    // Too many comes before unknown.
    {kTwo, R"(["x","y","z"])",
     R"("code":"validation_too_many_values","message":"Select no more than 2.","params":{"maxSelect":2})"},
    {kTwo, R"("[\"a\",null,\"\"]")", R"(["a"])"},
    {kTwo, R"("[\"a\",1]")",
     R"("code":"validation_invalid_value","message":"Invalid value [\"a\",1].","params":{"value":"[\"a\",1]"})"},
    {kTwo, R"(["",null,"a"])", R"(["a"])"},
    {kTwo, R"([true,1])", R"(["true","1"])"},
    {kTwo, R"({"a":1})", "[]"},
    {kTwo, "null", "[]"},
    {R"("type":"select","required":true,"values":["a"])", R"("")", kBlank},
    {R"("type":"select","required":true,"maxSelect":2,"values":["a"])", R"({"a":1})", kBlank},
};

TEST(FieldsValidateListTest, Selects) {
  for (const AnswerCase& test : kSelects) {
    EXPECT_EQ(AnswerOf(test), test.want) << test.field << " <- " << test.value;
  }
}

struct RelationCase {
  std::string_view body;
  std::string_view want;
};

constexpr RelationCase kRelations[] = {
    {R"({"v":"missing"})",
     R"({"v":{"code":"validation_missing_rel_records","message":"Failed to find all relation records with the provided ids."}})"},
    {R"({"v":"T1"})",
     R"({"v":{"code":"validation_missing_rel_records","message":"Failed to find all relation records with the provided ids."}})"},
    {R"({"m":["t1"]})",
     R"({"m":{"code":"validation_not_enough_values","message":"Select at least 2.","params":{"minSelect":2}}})"},
    {R"({"v":["t2","t1"],"m":["t2","t1"]})", R"({"v":"t1","m":["t2","t1"],"gone":""})"},
    {R"({"m":["t2","t1","t2","gone"]})",
     R"({"m":{"code":"validation_missing_rel_records","message":"Failed to find all relation records with the provided ids."}})"},
    // Counts come before rows.
    {R"({"m":["w","x","y","z"]})",
     R"({"m":{"code":"validation_too_many_values","message":"Select no more than 3.","params":{"maxSelect":3}}})"},
    // Of an empty list nothing is asked.
    {R"({"m":[],"v":null})", R"({"v":"","m":[],"gone":""})"},
    {R"({"gone":"t1"})",
     R"({"gone":{"code":"validation_missing_rel_collection","message":"Relation connection is missing or cannot be accessed."}})"},
};

TEST(FieldsValidateListTest, Relations) {
  for (const RelationCase& test : kRelations) {
    Draft draft(R"([{"name":"v","type":"relation","collectionId":"c_tag"},
                    {"name":"m","type":"relation","collectionId":"c_tag","minSelect":2,"maxSelect":3},
                    {"name":"gone","type":"relation","collectionId":"c_gone"}])");
    draft.rows().Add("c_tag", {"t1", "t2", "t3"});
    EXPECT_EQ(draft.Answer(test.body), test.want) << test.body;
  }
}

TEST(FieldsValidateListTest, LookupsThatFailAreNoMistakes) {
  Draft draft(R"([{"name":"v","type":"relation","collectionId":"c_tag"}])");
  draft.rows().Add("c_tag", {"t1"});
  draft.rows().Fail();
  EXPECT_EQ(draft.Answer(R"({"v":"t1"})"), "no database");
}

// ---- files ----

constexpr std::string_view kFiles =
    R"([{"name":"v","type":"file","maxSize":5,"mimeTypes":["text/plain","image/png"]},
        {"name":"m","type":"file","maxSelect":3}])";

std::string AnswerWithFiles(std::string_view body,
                            std::vector<std::pair<std::string, UploadPtr>> files) {
  Draft draft(kFiles);
  draft.value("v").list = {"old.txt"};
  draft.value("m").list = {"a.txt", "b.txt"};
  draft.Store();
  draft.Submit(Submission{.values = Json(body), .files = std::move(files)});
  const std::string errors = draft.Errors();
  return errors.empty() ? draft.Show() : errors;
}

TEST(FieldsValidateListTest, FilesAreThereOrCome) {
  EXPECT_EQ(AnswerWithFiles("{}", {}), R"({"v":"old.txt","m":["a.txt","b.txt"]})");
  EXPECT_EQ(AnswerWithFiles(R"({"m":["b.txt"]})", {{"v", MakeUpload("new.txt")}}),
            R"({"v":"new.txt","m":["b.txt"]})");
  EXPECT_EQ(
      AnswerWithFiles(R"({"v":"made-up.txt","m":["c.txt","a.txt","d.txt"]})", {}),
      R"({"m":{"code":"validation_invalid_file","message":"Invalid new files: [c.txt d.txt].","params":{"invalidFiles":["c.txt","d.txt"]}},)"
      R"("v":{"code":"validation_invalid_file","message":"Invalid new files: [made-up.txt].","params":{"invalidFiles":["made-up.txt"]}}})");
  const std::string cut(250, 'n');
  EXPECT_EQ(AnswerWithFiles("{\"v\":\"" + cut + "nnnn.png\"}", {}),
            R"({"v":{"code":"validation_invalid_file","message":"Invalid new files: [)" + cut +
                R"(].","params":{"invalidFiles":[")" + cut + R"("]}}})");
}

TEST(FieldsValidateListTest, FilesHaveANumber) {
  const std::string too_many =
      R"({"m":{"code":"validation_too_many_files","message":"The maximum allowed files is 3.","params":{"maxSelect":3}}})";
  EXPECT_EQ(AnswerWithFiles("{}", {{"m+", MakeUpload("c.txt")}, {"m+", MakeUpload("d.txt")}}),
            too_many);
  EXPECT_EQ(AnswerWithFiles("{}", {{"+m", MakeUpload("c.txt")}}),
            R"({"v":"old.txt","m":["c.txt","a.txt","b.txt"]})");
  // Unknown names come before the number.
  EXPECT_EQ(
      AnswerWithFiles(R"({"m+":["c","d"]})", {}),
      R"({"m":{"code":"validation_invalid_file","message":"Invalid new files: [c d].","params":{"invalidFiles":["c","d"]}}})");
}

TEST(FieldsValidateListTest, FilesHaveASize) {
  EXPECT_EQ(AnswerWithFiles("{}", {{"v", MakeUpload("n.txt", "12345")}}),
            R"({"v":"n.txt","m":["a.txt","b.txt"]})");
  EXPECT_EQ(AnswerWithFiles("{}", {{"v", MakeUpload("n.txt", "")}}),
            R"({"v":"n.txt","m":["a.txt","b.txt"]})");
  EXPECT_EQ(
      AnswerWithFiles("{}", {{"v", MakeUpload("n.txt", "123456", "text/plain", "big.txt")}}),
      R"({"v":{"code":"validation_file_size_limit","message":"Failed to upload big.txt - the maximum allowed file size is 5 bytes.","params":{"file":"big.txt","maxSize":5}}})");
  const std::string cut(300, 'o');
  EXPECT_EQ(AnswerWithFiles("{}", {{"v", MakeUpload("n.txt", "123456", "x", cut + ".txt")}}),
            R"({"v":{"code":"validation_file_size_limit","message":"Failed to upload )" + cut +
                R"(... - the maximum allowed file size is 5 bytes.","params":{"file":")" + cut +
                R"(...","maxSize":5}}})");
  EXPECT_EQ(AnswerWithFiles("{}", {{"m", MakeUpload("n", std::string((5 << 20) + 1, 'x'))}})
                .substr(0, 40),
            R"({"m":{"code":"validation_file_size_limit)");
  EXPECT_EQ(AnswerWithFiles("{}", {{"m", MakeUpload("n", std::string(5 << 20, 'x'))}}),
            R"({"v":"old.txt","m":["n"]})");
}

// R-87: by content, without parameters.
TEST(FieldsValidateListTest, FilesHaveAType) {
  for (const char* mime : {"text/plain", "text/plain; charset=utf-8", "image/png"}) {
    EXPECT_EQ(AnswerWithFiles("{}", {{"v", MakeUpload("n.txt", "x", mime)}}),
              R"({"v":"n.txt","m":["a.txt","b.txt"]})")
        << mime;
  }
  for (const char* mime : {"text/html", "text/plain2", "text", ""}) {
    EXPECT_EQ(
        AnswerWithFiles("{}", {{"v", MakeUpload("n_x.txt", "x", mime)}}),
        R"({"v":{"code":"validation_invalid_mime_type","message":"\"n_x.txt\" mime type must be one of: text/plain, image/png."}})")
        << mime;
  }
  EXPECT_EQ(AnswerWithFiles("{}", {{"m", MakeUpload("n", "x", "any/thing")}}),
            R"({"v":"old.txt","m":["n"]})");
}

// R-56: of stored files only the names are looked at.
TEST(FieldsValidateListTest, StoredFilesMayHaveAnyType) {
  EXPECT_EQ(AnswerWithFiles(R"({"v":"old.txt"})", {}), R"({"v":"old.txt","m":["a.txt","b.txt"]})");
}

}  // namespace
}  // namespace sluice::fields
