// What a condition can be when some variables are the all-NULL row. Private to
// engine/; its questions are public in sluice/simplify.h.
#pragma once

#include "sluice/simplify.h"
