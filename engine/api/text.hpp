// What handlers may do with text: compare it as people do.
#pragma once
#include "engine/base/text.hpp"
