// What is written and not read out: addresses of the network.
#pragma once

#include "weir/engines/speak/spoken.hpp"

namespace weir::speak {

// Not said: what begins with a scheme and :// (http, https, ftp, file), with www. or mailto:, and e-mail addresses; up
// to the next blank, quotation mark or letter of Chinese or Japanese, without the punctuation that ends a sentence or
// closes a bracket before it. Everything else is: what looks only a little like an address is rather read than lost.
// Thread-safety: any thread.  Allocates: yes.  Blocks: never.
Spoken skip_addresses(const Spoken& spoken);

}  // namespace weir::speak
