// What RTSP cameras and V4L2 devices have in common: packets as they come, until they stop coming.
#pragma once

#include <utility>

#include "weir/media/demuxer.hpp"
#include "weir/media/source.hpp"
#include "weir/media/stream_tracker.hpp"

namespace weir::media {

class LiveSource final : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(SourceKind kind, DemuxerOptions demuxer, const SourceOptions& options,
                                              std::stop_token stop) {
    const Error failure = demuxer.failure;
    auto opened = Demuxer::open(std::move(demuxer), std::move(stop));
    if (!opened) return tl::unexpected(opened.error());
    auto tracker =
        StreamTracker::make(*(*opened)->stream().codecpar, (*opened)->fps(), options.first_epoch, options.first_pts_us);
    if (!tracker) {
      Error e = failure;
      e.code = tracker.error().code;
      e.text = tracker.error().text;
      return tl::unexpected(std::move(e));
    }
    return std::unique_ptr<Source>(new LiveSource(kind, std::move(*opened), std::move(*tracker)));
  }

  const StreamInfo& info() const noexcept override { return tracker_.info(); }
  SourceKind kind() const noexcept override { return kind_; }

  Result<Read> read(Packet& packet, std::stop_token stop) override {
    Result<Read> got = demuxer_->read(std::move(stop));
    if (got) tracker_.take(*demuxer_->packet(), demuxer_->stream().time_base, packet);
    return got;
  }

 private:
  LiveSource(SourceKind kind, std::unique_ptr<Demuxer> demuxer, StreamTracker tracker)
      : kind_(kind), demuxer_(std::move(demuxer)), tracker_(std::move(tracker)) {}

  SourceKind kind_;
  std::unique_ptr<Demuxer> demuxer_;
  StreamTracker tracker_;
};

}  // namespace weir::media
