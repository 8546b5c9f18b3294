#include "sqlgen/sql_writer.h"

#include <charconv>
#include <iterator>

namespace sluice {

SqlWriter& SqlWriter::Identifier(std::string_view name) {
  statement_.text += '"';
  for (std::size_t quote; (quote = name.find('"')) != std::string_view::npos;
       name.remove_prefix(quote + 1)) {
    statement_.text += name.substr(0, quote + 1);
    statement_.text += '"';
  }
  statement_.text += name;
  statement_.text += '"';
  return *this;
}

SqlWriter& SqlWriter::Alias(VarId var) {
  char text[16] = {'v'};
  const char* const end = std::to_chars(text + 1, std::end(text), var).ptr;
  statement_.text.append(text, static_cast<std::size_t>(end - text));
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
