// A program outside of Sluice: it has tables of its own, takes a filter, and
// wants SQL. Uses the installed package only.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "sluice/plan.h"
#include "sluice/schema.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"

namespace {

sluice::Field MakeField(std::string name, sluice::FieldType type) {
  sluice::Field field;
  field.id = "f_" + name;
  field.name = std::move(name);
  field.type = type;
  return field;
}

std::shared_ptr<const sluice::Collection> MakeCollection(std::string name,
                                                         std::vector<sluice::Field> fields) {
  auto collection = std::make_shared<sluice::Collection>();
  collection->id = "c_" + name;
  collection->name = std::move(name);
  collection->fields = std::move(fields);
  collection->list_rule = "";
  return collection;
}

// Shelves hold books; a book has one shelf and many labels.
sluice::Schema MakeSchema() {
  using sluice::FieldType;
  sluice::Field id = MakeField("id", FieldType::kText);
  id.primary_key = true;
  sluice::Field shelf = MakeField("shelf", FieldType::kRelation);
  shelf.collection_id = "c_shelves";
  shelf.max_select = 1;
  sluice::Field labels = MakeField("labels", FieldType::kSelect);
  labels.max_select = 9;
  return sluice::Schema({
      MakeCollection("books", {id, MakeField("title", FieldType::kText),
                               MakeField("pages", FieldType::kNumber), shelf, labels}),
      MakeCollection("shelves", {id, MakeField("room", FieldType::kText)}),
  });
}

sluice::StatusOr<sluice::SqlStatement> Compile(const sluice::Schema& schema,
                                               const std::string& filter_text) {
  SLUICE_ASSIGN_OR_RETURN(const sluice::Ast filter, sluice::ParseFilter(filter_text));
  SLUICE_ASSIGN_OR_RETURN(const sluice::SortList sort, sluice::ParseSort("-pages,title"));
  sluice::Query query;
  query.collection = schema.Find("books");
  query.filter = &filter;
  query.sort = &sort;
  SLUICE_ASSIGN_OR_RETURN(const sluice::Plan plan, sluice::Bind(query, schema, {}));
  sluice::SelectOptions options;
  options.columns = {"id", "title"};
  options.limit = true;
  return sluice::SelectRows(sluice::Simplify(plan), sluice::Sqlite(), options);
}

}  // namespace

int main() {
  const sluice::Schema schema = MakeSchema();
  const std::string filter = "pages > 300 && shelf.room = 'attic' && labels:each ~ 'sci'";
  const sluice::StatusOr<sluice::SqlStatement> statement = Compile(schema, filter);
  if (!statement.ok()) {
    std::cerr << statement.status().message() << "\n";
    return 1;
  }
  std::cout << statement->text << "\n" << statement->params.size() << " parameters\n";
  if (statement->text.find("attic") != std::string::npos || statement->columns.size() != 2)
    return 1;

  const sluice::StatusOr<sluice::SqlStatement> mistake =
      Compile(schema, "pages > 300 && colour = 'red'");
  const auto diagnostic = sluice::GetDiagnostic(mistake.status());
  if (mistake.ok() || !diagnostic) return 1;
  std::cout << sluice::Render(*diagnostic, "pages > 300 && colour = 'red'") << "\n";
  return 0;
}
