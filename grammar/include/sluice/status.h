// Status and StatusOr of the whole project are abseil's; this header names
// them once and adds the two propagation macros.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

using Status = absl::Status;

template <typename T>
using StatusOr = absl::StatusOr<T>;

}  // namespace sluice

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)

// Returns from the calling function when `expr` yields a status that is not OK.
#define SLUICE_RETURN_IF_ERROR(expr)                                      \
  do {                                                                    \
    if (::sluice::Status status_of_expr = (expr); !status_of_expr.ok()) { \
      return status_of_expr;                                              \
    }                                                                     \
  } while (false)

// Evaluates `expr`, a StatusOr; returns its status when it is not OK, else
// moves the value into `lhs`, which may declare a variable.
#define SLUICE_ASSIGN_OR_RETURN(lhs, expr)                          \
  auto SLUICE_CONCAT(status_or_, __LINE__) = (expr);                \
  if (!SLUICE_CONCAT(status_or_, __LINE__).ok()) {                  \
    return std::move(SLUICE_CONCAT(status_or_, __LINE__)).status(); \
  }                                                                 \
  lhs = *std::move(SLUICE_CONCAT(status_or_, __LINE__))
