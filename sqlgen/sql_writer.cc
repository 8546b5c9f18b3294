#include "sqlgen/sql_writer.h"

namespace sluice {

SqlWriter& SqlWriter::Identifier(std::string_view name) {
  statement_.text += '"';
  for (char c : name) {
    if (c == '"') statement_.text += '"';
    statement_.text += c;
  }
  statement_.text += '"';
  return *this;
}

SqlWriter& SqlWriter::Alias(VarId var) {
  statement_.text += 'v';
  statement_.text += std::to_string(var);
  return *this;
}

SqlWriter& SqlWriter::Placeholder(Param param) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < statement_.params.size() && number == 0; ++i) {
    const Param& known = statement_.params[i];
    if (known.kind == param.kind && known.slot == param.slot) number = i + 1;
  }
  if (number == 0) {
    statement_.params.push_back(param);
    number = statement_.params.size();
  }
  dialect_.AppendPlaceholder(statement_.text, number);
  return *this;
}

}  // namespace sluice
