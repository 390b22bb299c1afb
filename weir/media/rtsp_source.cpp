#include "weir/media/live_source.hpp"
#include "weir/media/source_kinds.hpp"

namespace weir::media {

Result<std::unique_ptr<Source>> open_rtsp(const std::string& address, const SourceOptions& options,
                                          std::stop_token stop) {
  DemuxerOptions o;
  o.address = address;
  o.format = "rtsp";
  o.live = true;
  o.connect_timeout = options.connect_timeout;
  o.stall_timeout = options.stall_timeout;
  o.failure.owner = options.owner.empty() ? redacted(address) : options.owner;
  if (!options.owner.empty()) o.failure.detail = redacted(address);
  const bool udp = options.transport == Transport::udp;
  av_dict_set(&o.dictionary, "rtsp_transport", udp ? "udp" : "tcp", 0);
  // Sound is not even asked for.
  av_dict_set(&o.dictionary, "allowed_media_types", "video", 0);
  // The camera may not send us to files or other protocols.
  av_dict_set(&o.dictionary, "protocol_whitelist", "rtsp,rtsps,rtp,udp,tcp,tls,crypto", 0);
  const auto connect_us = std::chrono::duration_cast<std::chrono::microseconds>(options.connect_timeout).count();
  const auto stall_us = std::chrono::duration_cast<std::chrono::microseconds>(options.stall_timeout).count();
  av_dict_set_int(&o.dictionary, "timeout", std::max<std::int64_t>(connect_us, stall_us), 0);
  return LiveSource::open(SourceKind::network, std::move(o), options, std::move(stop));
}

}  // namespace weir::media
