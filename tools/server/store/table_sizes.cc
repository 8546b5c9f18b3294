// Tested by tests/server/records_plan_cost_test.cc.
#include "tools/server/store/table_sizes.h"

#include <algorithm>
#include <cmath>

#include "tools/server/store/quoted_name.h"
#include "tools/server/store/statistics_table.h"

namespace sluice::store {
namespace {

constexpr int kSpots = 48;
constexpr int kRowsRead = 8;
// Spread over any range, and the same each time.
constexpr double kGoldenRatio = 0.6180339887498949;

struct Range {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

StatusOr<Range> RowIds(Connection& connection, const std::string& table) {
  Range range;
  for (const bool last : {false, true}) {
    SLUICE_ASSIGN_OR_RETURN(
        Statement * statement,
        connection.Prepare("SELECT _rowid_ FROM " + table + " ORDER BY _rowid_" +
                           (last ? " DESC" : "") + " LIMIT 1"));
    const StatementUse use(statement);
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (row) (last ? range.last : range.first) = use->Column(0).integer;
  }
  return range;
}

class Sampler {
 public:
  Sampler(Connection& connection, const Collection& collection)
      : connection_(connection), collection_(collection), table_(QuotedName(collection.name)) {
    // The row's head tells it: long values themselves are not read.
    for (const Field& field : collection.fields)
      columns_ +=
          (columns_.empty() ? "octet_length(" : ",octet_length(") + QuotedName(field.name) + ")";
  }

  Status Run(TableSizes& sizes) {
    SLUICE_ASSIGN_OR_RETURN(const Range range, RowIds(connection_, table_));
    // SQLite knows octet_length since 3.43.
    if (!connection_.Prepare("SELECT " + columns_ + " FROM " + table_).ok()) columns_.clear();
    const double span = static_cast<double>(range.last) - static_cast<double>(range.first) + 1;
    if (span <= 0) return absl::OkStatus();
    int found = 0;
    for (int i = 0; i < kSpots; ++i) {
      const double place = std::fmod(i * kGoldenRatio, 1.0) * span;
      const auto id = range.first + static_cast<std::int64_t>(std::floor(place));
      SLUICE_ASSIGN_OR_RETURN(const bool there, Look(id, found < kRowsRead, sizes));
      if (there) ++found;
    }
    // The first spot is the first row.
    sizes.rows = std::max(1.0, found > 1 ? span * found / kSpots : std::min(span, 1.0 * kSpots));
    const int read = std::min(found, kRowsRead);
    for (auto& [column, bytes] : sizes.bytes) bytes /= std::max(1, read);
    return absl::OkStatus();
  }

 private:
  StatusOr<bool> Look(std::int64_t id, bool read, TableSizes& sizes) {
    SLUICE_ASSIGN_OR_RETURN(
        Statement * statement,
        connection_.Prepare("SELECT " + (read && !columns_.empty() ? columns_ : "1") + " FROM " +
                            table_ + " WHERE _rowid_ = ?1"));
    const StatementUse use(statement);
    use->Bind(1, ValueView::Integer(id));
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (!row || !read) return row;
    for (int i = 0; i < use->column_count() && !columns_.empty(); ++i) {
      sizes.bytes[collection_.fields[static_cast<std::size_t>(i)].name] +=
          static_cast<double>(use->Column(i).integer);
    }
    return true;
  }

  Connection& connection_;
  const Collection& collection_;
  std::string table_;
  std::string columns_;
};

void TakeStatistics(const Statistics& statistics, const Collection& collection, TableSizes& sizes) {
  for (const Index& index : collection.indexes) {
    const auto known = statistics.RowsPerValue(collection.name, index.name);
    if (known && !index.columns.empty()) sizes.rows_per_value[index.columns[0]] = *known;
  }
}

}  // namespace

TableSizes EstimateTable(Connection& connection, const Collection& collection) {
  TableSizes sizes;
  if (collection.is_view()) return sizes;
  if (!Sampler(connection, collection).Run(sizes).ok()) return {};
  if (const auto statistics = ReadStatistics(connection, collection.name); statistics.ok())
    TakeStatistics(*statistics, collection, sizes);
  return sizes;
}

}  // namespace sluice::store
