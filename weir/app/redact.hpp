// What people and machines get to see of addresses: everything but the secrets in them.
#pragma once

#include <string>
#include <string_view>

namespace weir::app {

// "rtsp://user:secret@host/x?token=abc" becomes "rtsp://***@host/x?token=***", wherever in the text it stands.
std::string redact(std::string_view text);

// One line of at most 200 bytes: control characters become spaces, invalid UTF-8 becomes '?'.
std::string printable(std::string_view text);

}  // namespace weir::app
