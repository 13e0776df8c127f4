#pragma once

#include "gk_attention.h"

#include "platform.h"

/// Whether a cache can be read: type, pointer, strides.
bool gk_is_cache(const gk_kv *cache);
