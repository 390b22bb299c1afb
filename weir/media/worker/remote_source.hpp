// A Source whose demuxing, and for cameras whose network, is in a sandboxed process of its own: the connector.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/media/source.hpp"

namespace weir::media {

struct RemoteSourceOptions {
  std::filesystem::path executable;  // worker::worker_executable("connect") if empty
  // A connector that has to say something and does not for so long is ended. It comes on top of the timeouts that the
  // source has itself. Files read as fast as possible: it is the longest time without a packet.
  Nanos hang_after = std::chrono::seconds(5);
  std::size_t memory_max_bytes = std::size_t{512} << 20;  // of the connector alone
  std::size_t packet_max_bytes = std::size_t{64} << 20;   // a larger one ends the source: exhausted
};

// As open_source(): the same addresses, packets and errors. Files are looked at and opened here; the connector has no
// files but that one, and no network. Cameras: it has outbound network, and no files.
// demo: and v4l2: addresses are read in this process, without a worker: the one parses nothing, and the other needs
// the device itself.
// Besides open_source()'s errors: `closed`, the worker ended (its detail says why); `unsupported`, a clock that is not
// the real one, as another process has no other; not_found and failed, the worker cannot be started.
Result<std::unique_ptr<Source>> open_remote_source(std::string_view address, const SourceOptions& options,
                                                   const RemoteSourceOptions& remote, std::stop_token stop = {});

}  // namespace weir::media
