// In the source tree: leads to the one definition. An installation has that file itself in this place.
#pragma once

#include "../../../element.h"  // IWYU pragma: export
