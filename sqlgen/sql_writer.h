// The only place where SQL text, identifiers and placeholders are appended.
#pragma once

#include <string>
#include <string_view>

#include "sluice/sql.h"

namespace sluice {

struct SpellingChoices;

class SqlWriter {
 public:
  explicit SqlWriter(const Dialect& dialect) : dialect_(dialect) { statement_.text.reserve(1024); }

  // Fixed text of ours; never anything that came from outside.
  SqlWriter& operator<<(std::string_view fixed) {
    statement_.text += fixed;
    return *this;
  }

  // A name from the schema, quoted. Both dialects quote with `"`, doubled.
  SqlWriter& Identifier(std::string_view name);
  // The alias of a row variable, `v3`.
  SqlWriter& Alias(VarId var);
  // `v3."name"`.
  SqlWriter& Column(VarId var, std::string_view name) {
    Alias(var);
    statement_.text += '.';
    return Identifier(name);
  }
  // A placeholder for the slot; one slot has one number.
  SqlWriter& Slot(SlotId slot) { return Placeholder({ParamKind::kSlot, slot}); }
  SqlWriter& Placeholder(Param param);

  const Dialect& dialect() const { return dialect_; }

  // How conditions of the statement are spelled (exists_choice.h); it outlives
  // the writer. None: as EXISTS.
  void set_choices(const SpellingChoices* choices) { choices_ = choices; }
  const SpellingChoices* choices() const { return choices_; }
  SqlStatement Take() && { return std::move(statement_); }

 private:
  const Dialect& dialect_;
  const SpellingChoices* choices_ = nullptr;
  SqlStatement statement_;
};

}  // namespace sluice
