// The schemas that tests of the whole pipeline use, with their rows.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sluice/dialect.h"
#include "sluice/schema.h"

namespace sluice {

// Rules by collection name that replace those of a schema.
using ListRules = std::map<std::string, RuleText>;

// The collections of the worked examples: orgs, members, tags, vault, posts,
// comments, metas, links and the view vposts; a record's id is its collection
// id's first letters and a number. `ExampleRows` are its rows as SQLite's
// INSERT statements, to be run after `CreateTablesSql`.
std::shared_ptr<const Schema> ExampleSchema(const ListRules& list_rules = {});
std::string ExampleRows();

// A second one for what the examples have no column for: `items` and `parts`,
// with values at the edges of every comparison, and the view `totals`.
std::shared_ptr<const Schema> EdgeSchema();
std::string EdgeRows();

// CREATE statements of all tables and views, as each database keeps them
// (sqlgen/README.md).
std::string CreateTablesSql(const Schema& schema, const Dialect& dialect);

}  // namespace sluice
