#include "weir/flows/watch/preview_stage.hpp"

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/server/slot_layout.hpp"

namespace weir::watch {
namespace {

// One is the newest, one is being made, two are being sent to clients of different speed.
constexpr std::size_t picture_slots = 4;
constexpr std::size_t picture_bytes = std::size_t{512} << 10;

}  // namespace

Result<std::unique_ptr<PreviewStage>> PreviewStage::make(const CameraOptions& options, Channel<media::Frame>& pictures,
                                                         server::StreamHub& hub, server::Broadcast& stream) {
  auto pool =
      Pool::make({options.id + "/previews", options.id, picture_bytes + server::slot_overhead_bytes, picture_slots});
  if (!pool) return tl::unexpected(pool.error());
  return std::unique_ptr<PreviewStage>(new PreviewStage(options, pictures, hub, stream, std::move(*pool)));
}

PreviewStage::PreviewStage(const CameraOptions& options, Channel<media::Frame>& pictures, server::StreamHub& hub,
                           server::Broadcast& stream, std::unique_ptr<Pool> pool)
    : options_(options),
      pictures_(pictures),
      hub_(hub),
      stream_(stream),
      pool_(std::move(pool)),
      encoder_(options.preview_width) {
  thread_ = std::thread([this] {
    AccountBinding binding(Account::open(options_.id));
    run();
  });
}

PreviewStage::~PreviewStage() {
  pictures_.close();
  join();
}

void PreviewStage::join() {
  if (thread_.joinable()) thread_.join();
}

void PreviewStage::run() {
  while (std::optional<media::Frame> frame = pictures_.take()) encode(*frame);
}

void PreviewStage::encode(const media::Frame& frame) {
  Lease lease = pool_->try_acquire(Role::encoder);
  if (!lease) {
    pictures_.count_drop(Drop::full);
    return;
  }
  const auto bytes = encoder_.encode(frame, server::payload_of(lease));
  if (!bytes) {
    if (!failed_) log(Level::warn, options_.id, "no preview: " + bytes.error().message());
    failed_ = true;
    return;
  }
  stream_.publish_picture(
      std::move(lease),
      {.payload_bytes = *bytes, .pts_us = frame.pts_us, .capture_us = frame.capture_us, .epoch = frame.epoch});
  hub_.notify();
}

}  // namespace weir::watch
