#include "tools/server/store/row_lookups.h"

#include "tools/server/store/per_collection.h"

namespace sluice::store {

RowLookups::RowLookups(const Collection& collection)
    : row(SelectRow(collection, Sqlite())),
      has_id(HasId(collection, Sqlite())),
      has_id_ignoring_case(HasIdIgnoringCase(collection, Sqlite())),
      count_ids(CountIds(collection, Sqlite())) {
  if (collection.is_auth())
    sign_in =
        SelectColumns(collection, {"tokenKey", "email", "emailVisibility", "verified"}, Sqlite());
}

const RowLookups& RowLookups::Of(const std::shared_ptr<const Schema>& schema,
                                 const Collection& collection) {
  return KeptOf<RowLookups>(schema, &collection, [&] { return RowLookups(collection); });
}

}  // namespace sluice::store
