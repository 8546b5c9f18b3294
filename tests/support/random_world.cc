#include "tests/support/random_world.h"

#include "sluice/ddl.h"

namespace sluice {
namespace {

Field Make(std::string name, FieldType type, std::uint32_t max_select = 0) {
  Field field;
  field.id = name;
  field.name = std::move(name);
  field.type = type;
  field.max_select = max_select;
  return field;
}

std::string Quote(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

const std::vector<std::string> kTexts = {
    "",      "a",    "A",   "b",    "ab",   "0",    "0.0", "10", "10.0",
    " 1e1 ", "%",    "a_b", "a\\b", "true", "null", "[]",  "é",  "2024-01-15 10:00:00.000Z",
    "o'c",   "\"q\""};
const std::vector<std::string> kNumbers = {"0", "1", "2", "10", "-1.5", "10.25", "5"};
const std::vector<std::string> kJson = {"NULL",
                                        "'null'",
                                        "'\"\"'",
                                        "'\"0\"'",
                                        "0",
                                        "1",
                                        "'true'",
                                        "'\"a\"'",
                                        "'[]'",
                                        "'{}'",
                                        "'{\"a\":1,\"b\":{\"c\":\"x\"}}'",
                                        "'[1,\"two\",null]'",
                                        "'{broken'",
                                        "'a'",
                                        "''"};
const std::vector<std::string> kPoints = {
    "'{\"lon\":0,\"lat\":0}'", "'{\"lon\":23.3,\"lat\":42.7}'", "'{\"lon\":-122.4,\"lat\":37.7}'"};

bool IsSecret(const Collection& collection, const Field& field) {
  return field.hidden || (collection.is_auth() && field.name == "email");
}

}  // namespace

std::string RandomWorld::IdOf(std::string_view collection, std::size_t row) {
  return std::string(collection) + "_" + std::to_string(row);
}

// ---- schema ----

std::shared_ptr<Collection> RandomWorld::MakeCollection(const std::string& name,
                                                        CollectionType type) {
  using enum FieldType;
  auto collection = std::make_shared<Collection>();
  collection->id = "c_" + name;
  collection->name = name;
  collection->type = type;
  collection->fields = {Make("id", kText)};
  if (type == CollectionType::kAuth) {
    for (Field field : {Make("email", kEmail), Make("emailVisibility", kBool),
                        Make("verified", kBool), Make("tokenKey", kText)}) {
      field.hidden = field.name == "tokenKey";
      collection->fields.push_back(std::move(field));
    }
  }
  collection->fields.push_back(Make("title", kText));
  static constexpr FieldType kTypes[] = {kText, kNumber,   kBool,     kSelect,   kSelect,
                                         kDate, kEditor,   kRelation, kRelation, kRelation,
                                         kJson, kGeoPoint, kFile,     kUrl};
  for (std::size_t i = 2 + Pick(6); i > 0; --i) {
    const FieldType type_of = kTypes[Pick(std::size(kTypes))];
    const bool list = type_of == kSelect || type_of == kRelation || type_of == kFile;
    Field field = Make(std::string(ToText(type_of)) + std::to_string(i), type_of,
                       list ? (Chance(50) ? 1 : 3) : 0);
    if (type_of == kRelation) field.collection_id = "c_" + PickOf(names_);
    field.hidden = Chance(10);
    if (type_of == kRelation && !field.multiple() && Chance(25)) {
      collection->indexes.push_back(*ParseIndex("CREATE UNIQUE INDEX `u_" + name + field.name +
                                                "` ON `" + name + "` (`" + field.name + "`)"));
    }
    // Every other one that may have an index has one: statements are spelled by them.
    if (i % 2 == 0 && !field.multiple() && type_of != kJson && type_of != kGeoPoint) {
      collection->indexes.push_back(*ParseIndex("CREATE INDEX `i_" + name + field.name + "` ON `" +
                                                name + "` (`" + field.name + "`)"));
    }
    collection->fields.push_back(std::move(field));
  }
  return collection;
}

// Some fields of a collection, one that may be NULL and one that is counted.
std::shared_ptr<Collection> RandomWorld::MakeView(const Collection& source) {
  auto view = std::make_shared<Collection>();
  view->id = "c_vw";
  view->name = "vw";
  view->type = CollectionType::kView;
  std::string columns = "id";
  view->fields = {source.fields[0]};
  for (const Field& field : source.fields) {
    if (field.name == "id" || IsSecret(source, field) || Chance(40)) continue;
    view->fields.push_back(field);
    columns += ", " + field.name;
  }
  view->fields.push_back(Make("maybe", FieldType::kJson));
  view->fields.push_back(Make("n", FieldType::kNumber));
  for (std::size_t i = view->fields.size() - 2; i < view->fields.size(); ++i)
    view->fields[i].view_affinity = Affinity::kNone;
  view->view_query = "SELECT " + columns +
                     ", CASE WHEN title > 'a' THEN title ELSE NULL END AS maybe, COUNT(*) AS n "
                     "FROM " +
                     source.name + " GROUP BY id";
  return view;
}

// Of fields that everybody sees on the row itself, and of the caller.
std::string RandomWorld::OwnRule(const Collection& collection) {
  std::vector<const Field*> fields;
  for (const Field& field : collection.fields) {
    const bool plain = field.type == FieldType::kText || field.type == FieldType::kNumber ||
                       field.type == FieldType::kBool || field.type == FieldType::kSelect;
    if (plain && !IsSecret(collection, field)) fields.push_back(&field);
  }
  const Field& field = *fields[Pick(fields.size())];
  const std::string own = field.name + PickOf({" = ", " != ", " ~ ", " > "}) + Literal();
  return Chance(30) ? own + " || @request.auth.id != ''" : own;
}

RuleText RandomWorld::MakeRule(const Collection& collection) {
  if (Chance(40)) return "";
  if (options_.locked && Chance(8)) return std::nullopt;
  if (!options_.any_rules || Chance(40)) return OwnRule(collection);
  return MakeFilter(collection.name, 2, true);
}

void RandomWorld::AddRules() {
  for (const auto& collection : collections_) {
    RuleText list = MakeRule(*collection);
    RuleText view = Chance(50) ? list : MakeRule(*collection);
    collection->list_rule = std::move(list);
    collection->view_rule = std::move(view);
  }
}

std::shared_ptr<const Schema> RandomWorld::MakeSchema() {
  const std::vector<std::string> pool = {"posts", "tags", "notes", "orgs"};
  names_ = {"users"};
  for (std::size_t i = 1 + Pick(pool.size()); i > 0; --i) names_.push_back(pool[i - 1]);
  collections_.clear();
  for (const std::string& name : names_) {
    collections_.push_back(
        MakeCollection(name, name == "users" ? CollectionType::kAuth : CollectionType::kBase));
  }
  if (Chance(50)) {
    collections_.push_back(MakeView(*collections_[Pick(collections_.size())]));
    names_.push_back("vw");
  }
  const auto publish = [this] {
    schema_ = std::make_shared<const Schema>(
        std::vector<std::shared_ptr<const Collection>>(collections_.begin(), collections_.end()));
  };
  publish();
  AddRules();
  publish();
  return schema_;
}

const std::string& RandomWorld::AnyCollection() { return PickOf(names_); }

// ---- rows ----

std::string RandomWorld::TextValue() { return Quote(PickOf(kTexts)); }

// The stored form of a list: usually a JSON array, sometimes what old folders
// hold instead.
std::string RandomWorld::List(const std::string& prefix, std::size_t most) {
  if (Chance(6)) return "''";
  if (Chance(4)) return "'null'";
  if (Chance(6)) return Quote(prefix + "1");
  if (Chance(3)) return "'{broken'";
  std::string list = "[";
  for (std::size_t i = Pick(most + 1); i > 0; --i) {
    if (list.size() > 1) list += ",";
    list += "\"" + prefix + std::to_string(1 + Pick(kRowsMax)) + "\"";  // some are dangling
  }
  return Quote(list + "]");
}

std::string RandomWorld::MakeValue(const Field& field, std::size_t row) {
  switch (field.type) {
    case FieldType::kNumber:
      return PickOf(kNumbers);
    case FieldType::kBool:
      return PickOf({"0", "1"});
    case FieldType::kDate:
    case FieldType::kAutodate:
      return Chance(40) ? "''" : "'2024-0" + std::to_string(1 + Pick(9)) + "-15 10:00:00.000Z'";
    case FieldType::kJson:
      return PickOf(kJson);
    case FieldType::kGeoPoint:
      return PickOf(kPoints);
    case FieldType::kEmail:
      return Quote(PickOf({"a", "b", "c"}) + std::to_string(row) + "@x.io");
    case FieldType::kRelation: {
      const std::string prefix = field.collection_id.substr(2) + "_";
      if (field.multiple()) return List(prefix, 3);
      return Chance(25) ? "''" : Quote(prefix + std::to_string(1 + Pick(kRowsMax)));
    }
    case FieldType::kSelect:
    case FieldType::kFile:
      return field.multiple() ? List("r", 3) : TextValue();
    default:
      return TextValue();
  }
}

std::vector<std::string> RandomWorld::MakeRows() {
  std::vector<std::string> sql;
  for (const auto& collection : collections_) {
    if (collection->is_view()) {
      sql.push_back("CREATE VIEW " + collection->name + " AS SELECT * FROM (" +
                    collection->view_query + ")");
      continue;
    }
    sql.push_back(CreateTable(*collection, DdlDialect::kSqlite));
    for (const Index& index : collection->indexes) sql.push_back(index.sql);
  }
  for (std::string& insert : MakeInserts()) sql.push_back(std::move(insert));
  return sql;
}

std::vector<std::string> RandomWorld::MakeInserts() {
  std::vector<std::string> sql;
  for (const auto& collection : collections_) {
    if (collection->is_view()) continue;
    const std::size_t rows = Pick(kRowsMax);
    for (std::size_t row = 1; row <= rows; ++row) {
      std::string columns;
      std::string values;
      for (const Field& field : collection->fields) {
        const bool unique = collection->HasUniqueIndexOn(field.name);
        std::string value = field.name == "id" ? Quote(IdOf(collection->name, row))
                            : unique           ? Quote(IdOf(field.collection_id.substr(2), row))
                                               : MakeValue(field, row);
        columns += (columns.empty() ? "" : ",") + field.name;
        values += (values.empty() ? "" : ",") + std::move(value);
      }
      sql.push_back("INSERT INTO " + collection->name + " (" + columns + ") VALUES (" + values +
                    ")");
    }
  }
  return sql;
}

// ---- questions ----

// What a path can go on with. Hidden fields are rare: filters refuse them.
std::vector<RandomWorld::Hop> RandomWorld::HopsOf(const Collection& collection) const {
  std::vector<Hop> hops;
  for (const Field& field : collection.fields) {
    if (field.type == FieldType::kRelation && !field.hidden)
      hops.push_back({field.name, schema_->FindById(field.collection_id)});
  }
  for (const auto& other : schema_->collections()) {
    for (const Field& field : other->fields) {
      if (field.type == FieldType::kRelation && field.collection_id == collection.id &&
          !field.hidden)
        hops.push_back({other->name + "_via_" + field.name, other.get()});
    }
  }
  return hops;
}

std::string RandomWorld::LastSegment(const Field& field) {
  switch (field.type) {
    case FieldType::kJson:
      return field.name + PickOf({"", "", ".a", ".b.c", ".0", ":lower"});
    case FieldType::kGeoPoint:
      return field.name + PickOf({"", ".lon", ".lat"});
    case FieldType::kSelect:
    case FieldType::kFile:
    case FieldType::kRelation:
      return field.name + PickOf({"", "", ":each", ":length"});
    default:
      return field.name + PickOf({"", "", "", ":lower"});
  }
}

std::string RandomWorld::Path(const Collection& collection, int depth) {
  if (depth > 0 && Chance(55)) {
    const std::vector<Hop> hops = HopsOf(collection);
    if (!hops.empty()) {
      const Hop& hop = hops[Pick(hops.size())];
      return hop.segment + "." + Path(*hop.target, depth - 1);
    }
  }
  for (int attempts = 0; attempts < 4; ++attempts) {
    const Field& field = collection.fields[Pick(collection.fields.size())];
    if (!field.hidden || Chance(5)) return LastSegment(field);
  }
  return "id";
}

std::string RandomWorld::Literal() {
  switch (Pick(6)) {
    case 0:
      return blanks_ ? "{n}" : PickOf(kNumbers);
    case 1:
      return PickOf({"null", "true", "false"});
    case 2:
      return PickOf({"@now", "@year", "@todayStart"});
    default:
      return blanks_ ? "{t}" : TextLiteral();
  }
}

std::string RandomWorld::TextLiteral() {
  std::string text;
  for (char c : PickOf(kTexts)) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  if (Chance(30)) text = PickOf({"users_1", "posts_1", "tags_2", "r1", "r2", "%a", "a%", "_"});
  return "'" + text + "'";
}

std::string RandomWorld::Fill(const std::string& text) {
  std::string filled;
  std::size_t at = 0;
  for (std::size_t blank; (blank = text.find('{', at)) != std::string::npos; at = blank + 3) {
    filled.append(text, at, blank - at);
    filled += text[blank + 1] == 'n' ? PickOf(kNumbers) : TextLiteral();
  }
  return filled.append(text, at);
}

std::string RandomWorld::Operand(const std::string& collection, bool requests) {
  const std::size_t which = Pick(100);
  if (which < 55) return Path(Find(collection), 2);
  if (which < 60) {
    return PickOf({"strftime('%Y', title)", "strftime('%m-%d', title, '+1 month')",
                   "strftime('%Y', " + Path(Find(collection), 1) + ")",
                   "geoDistance(title, title, 23.3, 42.7)"});
  }
  if (requests && which < 72) {
    return PickOf({"@request.auth.id", "@request.auth.title", "@request.query.a",
                   "@request.query.views", "@request.method", "@request.query.a:isset",
                   "@request.headers.x_h", "@request.auth." + Path(Find("users"), 2)});
  }
  if (requests && which < 78) {
    const std::string other = AnyCollection();
    return "@collection." + other + (Chance(50) ? "." : ":x" + other + ".") + Path(Find(other), 0);
  }
  return Literal();
}

std::string RandomWorld::Comparison(const std::string& collection, bool requests) {
  const std::vector<std::string> operators = {"=",  "!=", "~",   "!~", ">",   ">=", "<",
                                              "<=", "?=", "?!=", "?~", "?!~", "?>", "?<"};
  std::string left = Chance(85) ? Path(Find(collection), 2) : Operand(collection, requests);
  return left + " " + PickOf(operators) + " " + Operand(collection, requests);
}

std::string RandomWorld::MakeFilter(const std::string& collection, int terms, bool requests) {
  std::string text = Comparison(collection, requests);
  for (std::size_t more = Pick(static_cast<std::size_t>(terms)); more > 0; --more) {
    const std::string join = Chance(55) ? " && " : " || ";
    if (Chance(25)) text = "(" + text + ")";
    text += join + (Chance(20) ? "(" + Comparison(collection, requests) + " || " +
                                     Comparison(collection, requests) + ")"
                               : Comparison(collection, requests));
  }
  return text;
}

std::string RandomWorld::MakeSort(const std::string& collection) {
  return (Chance(50) ? "-" : "") + Path(Find(collection), 1) + ",id";
}

std::string RandomWorld::MakeExpand(const std::string& collection) {
  std::string expand;
  for (std::size_t paths = 1 + Pick(2); paths > 0; --paths) {
    const Collection* at = &Find(collection);
    std::string path;
    for (std::size_t depth = 1 + Pick(3); depth > 0 && at != nullptr; --depth) {
      std::vector<Hop> hops = HopsOf(*at);
      for (const Field& field : at->fields) {
        if (field.type == FieldType::kRelation && field.hidden)
          hops.push_back({field.name, schema_->FindById(field.collection_id)});
      }
      if (hops.empty()) break;
      const Hop& hop = hops[Pick(hops.size())];
      path += (path.empty() ? "" : ".") + hop.segment;
      at = hop.target;
    }
    if (!path.empty()) expand += (expand.empty() ? "" : ",") + path;
  }
  return expand;
}

std::string RandomWorld::MakeFields(const std::string& collection) {
  std::string fields;
  for (std::size_t paths = 1 + Pick(3); paths > 0; --paths) {
    const Collection& at = Find(collection);
    const std::string& name = at.fields[Pick(at.fields.size())].name;
    fields +=
        (fields.empty() ? "" : ",") + PickOf({name, name, "*", "id", "expand.*", "expand." + name,
                                              "title:excerpt(2,true)", "expand"});
  }
  return fields;
}

}  // namespace sluice
