// geoDistance and strftime (F-106 to F-110). Entry: Binder::BindCall.
#include "engine/binder_impl.h"

namespace sluice {
namespace {

constexpr std::size_t kStrftimeArgumentsMax = 10;

std::string_view StatusText(const Status& status) { return AsStd(status.message()); }

}  // namespace

// Calls drop what keeps an address hidden (F-110).
Status Binder::CheckArgument(const Operand& operand, const Scope& scope) const {
  if (!IsStrict(scope) || !operand.email) return absl::OkStatus();
  return BindError("addresses are no argument of a call: some may be hidden");
}

StatusOr<Operand> Binder::BindCall(const Ast& ast, const Node& node, const Scope& scope) {
  const Call& call = std::get<Call>(node.kind);
  const std::string_view name = ast.Text(call.name);
  if (name == "geoDistance") return BindGeoDistance(ast, call, scope);
  if (name == "strftime") return BindStrftime(ast, call, scope);
  return BindError("unknown function " + Quoted(name));
}

StatusOr<Operand> Binder::BindGeoDistance(const Ast& ast, const Call& call, const Scope& scope) {
  if (call.arguments.size() != 4) {
    return BindError("[geoDistance] expected 4 arguments, got " +
                     std::to_string(call.arguments.size()));
  }
  GeoDistanceExpr geo;
  Operand result;
  result.mode = NullMode::kOff;
  for (std::size_t i = 0; i < 4; ++i) {
    const Node& argument = ast.node(call.arguments[i]);
    if (const auto* number = std::get_if<NumberLiteral>(&argument.kind)) {
      geo.arguments[i] = LiteralOperand(Value::Real(number->value), argument, scope).expr;
      ++result.parameters;
    } else if (std::holds_alternative<Identifier>(argument.kind)) {
      StatusOr<Operand> operand = BindIdentifier(ast.Text(argument.span), scope);
      if (!operand.ok()) {
        return BindError("[geoDistance] failed to resolve argument " + std::to_string(i) + ": " +
                         std::string(StatusText(operand.status())));
      }
      SLUICE_RETURN_IF_ERROR(CheckArgument(*operand, scope));
      geo.arguments[i] = operand->expr;
      result.parameters += operand->parameters;
      result.empty_parameter |= operand->empty_parameter;
    } else {
      return BindError("[geoDistance] argument " + std::to_string(i) +
                       " must be an identifier or number");
    }
  }
  result.expr = Add(geo);
  return result;
}

StatusOr<Operand> Binder::BindStrftime(const Ast& ast, const Call& call, const Scope& scope) {
  if (call.arguments.empty()) return BindError("[strftime] expected at least 1 arguments, got 0");
  if (call.arguments.size() > kStrftimeArgumentsMax) {
    return BindError("[strftime] too many arguments (max allowed 10, got " +
                     std::to_string(call.arguments.size()) + ")");
  }
  StrftimeExpr strftime;
  Operand result;
  result.mode = NullMode::kForced;
  const auto add_text = [&](const TextLiteral& text, const Node& argument) {
    strftime.arguments.push_back(LiteralOperand(Value::Text(text.value), argument, scope).expr);
    ++result.parameters;
    result.empty_parameter |= text.value.empty();
  };
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const Node& argument = ast.node(call.arguments[i]);
    if (const auto* text = std::get_if<TextLiteral>(&argument.kind)) {
      add_text(*text, argument);
    } else if (i == 0) {
      return BindError("[strftime] expects the first argument to be a format string");
    } else if (i > 1) {
      return BindError("[strftime] invalid modifier argument " + std::to_string(i - 2) +
                       " - can be only string");
    } else if (const auto* number = std::get_if<NumberLiteral>(&argument.kind)) {
      strftime.arguments.push_back(
          LiteralOperand(Value::Real(number->value), argument, scope).expr);
      ++result.parameters;
    } else if (std::holds_alternative<Identifier>(argument.kind)) {
      StatusOr<Operand> operand = BindIdentifier(ast.Text(argument.span), scope);
      if (!operand.ok()) {
        return BindError("[strftime] failed to resolve time-value argument: " +
                         std::string(StatusText(operand.status())));
      }
      SLUICE_RETURN_IF_ERROR(CheckArgument(*operand, scope));
      strftime.arguments.push_back(operand->expr);
      result.parameters += operand->parameters;
      result.empty_parameter |= operand->empty_parameter;
      result.multi = operand->multi;
    } else {
      return BindError("[strftime] expects the second argument to be of a valid time-value type");
    }
  }
  result.expr = Add(std::move(strftime));
  return result;
}

}  // namespace sluice
