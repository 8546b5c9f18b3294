// What the files of the DDL share.
#pragma once

#include <string>
#include <string_view>

#include "sluice/ddl.h"

namespace sluice {

// The one place where names of tables, columns and indexes are quoted.
std::string QuoteName(std::string_view name, DdlDialect dialect);

}  // namespace sluice
