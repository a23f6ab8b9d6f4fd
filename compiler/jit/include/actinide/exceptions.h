// In the source tree: leads to the one definition. An installation has that file itself in this place.
#pragma once

#include "../../../exceptions.h"  // IWYU pragma: export
