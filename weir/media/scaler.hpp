// One way to make a scaler of libswscale. For .cpp files of this room only; apart from av.hpp, so that what decodes
// without looking at pixels does not link it.
#pragma once

#include "weir/media/av.hpp"

namespace weir::media {

// A scaler for pictures of `format`, an AVPixelFormat; null where it cannot be converted. Asked by itself, the library
// aborts the program over formats that it does not know.
Av<SwsContext> make_scaler(int width, int height, int format, int to_width, int to_height, AVPixelFormat to_format,
                           int flags);

}  // namespace weir::media
