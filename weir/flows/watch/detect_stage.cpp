#include "weir/flows/watch/detect_stage.hpp"

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/core/result.hpp"

namespace weir::watch {

Result<std::unique_ptr<DetectStage>> DetectStage::make(DetectEngine engine, const DetectorOptions& options,
                                                       double least_confidence) {
  const std::string id = std::string("detect/") + to_string(engine);
  AccountBinding binding(Account::open(id));
  detect::DetectorConfig config;
  config.kind = engine == DetectEngine::people ? detect::Kind::people : detect::Kind::onnx;
  if (engine == DetectEngine::onnx) {
    config.model = options.model;
    config.labels = options.labels;
    auto layout = detect::parse_layout(options.layout);
    if (!layout) return tl::unexpected(layout.error());
    config.layout = *layout;
  }
  config.confidence = least_confidence;
  config.threads = options.threads;
  auto detector = detect::make_detector(config);
  if (!detector) return tl::unexpected(detector.error());
  const detect::DetectorInfo info = (*detector)->info();
  log(Level::info, id,
      info.name + (info.layout.empty() ? "" : ", laid out as " + info.layout) +
          (info.shapes.empty() ? "" : ", " + info.shapes));
  return std::unique_ptr<DetectStage>(new DetectStage(id, std::move(*detector)));
}

DetectStage::DetectStage(std::string id, std::unique_ptr<detect::Detector> detector)
    : id_(std::move(id)),
      labels_(detector->labels()),
      info_(detector->info()),
      engine_(id_, Clock::real(), Engine{std::move(detector), {}, {}}) {}

DetectStage::~DetectStage() {
  if (thread_.joinable()) fatal("a detector goes while its clients may still send");
}

std::size_t DetectStage::add(Channel<Looked>& channel, Finder& finder) {
  finders_.push_back(&finder);
  engine_.enter()->scalers.emplace_back();
  return pull_.add(channel);
}

void DetectStage::start() {
  thread_ = std::thread([this] {
    AccountBinding binding(Account::open(id_));
    run();
  });
}

void DetectStage::join() {
  if (thread_.joinable()) thread_.join();
}

void DetectStage::run() {
  while (auto pulled = pull_.pull()) {
    now(pulled->client, pulled->item);
    pull_.answered(pulled->client);
  }
}

void DetectStage::now(std::size_t client, const Looked& looked) {
  const media::Frame& frame = looked.frame;
  const Instant begun = Clock::real().now();
  // Copied out: who is told may wait for a disk, and nobody waits with an engine in hand.
  std::vector<track::Observation> seen;
  Result<void> looked_at;
  {
    auto engine = engine_.enter();
    const detect::Placement at = engine->detector->placement(frame.width, frame.height);
    const auto stride = static_cast<std::ptrdiff_t>(at.width) * 3;
    engine->canvas.resize(static_cast<std::size_t>(stride) * static_cast<std::size_t>(at.height));
    looked_at = engine->scalers[client].scale(frame, at.x, at.y, at.w, at.h, engine->canvas.data(), stride, at.width,
                                              at.height, at.border);
    if (looked_at) {
      const auto found =
          engine->detector->detect({engine->canvas.data(), stride, at.width, at.height}, frame.width, frame.height);
      if (found) {
        seen.reserve(found->size());
        for (const detect::Detection& one : *found) {
          seen.push_back({{one.x, one.y, one.w, one.h}, one.confidence, one.label});
        }
      } else {
        looked_at = tl::unexpected(found.error());
      }
    }
  }
  service_ns_.record(static_cast<std::uint64_t>((Clock::real().now() - begun).count()));
  frames_.fetch_add(1, std::memory_order_relaxed);
  if (!looked_at) {
    if (failures_.fetch_add(1, std::memory_order_relaxed) == 0) {
      log(Level::error, id_, "a frame could not be looked at: " + looked_at.error().message());
    }
    return;
  }
  finders_[client]->found(looked, seen);
}

DetectReport DetectStage::report() const {
  return {.id = id_,
          .name = info_.name,
          .layout = info_.layout,
          .shapes = info_.shapes,
          .cameras = finders_.size(),
          .frames = frames_.load(std::memory_order_relaxed),
          .failures = failures_.load(std::memory_order_relaxed),
          .service_p50_ns = service_ns_.quantile(0.5),
          .service_max_ns = service_ns_.max()};
}

Nanos DetectStage::oldest(Nanos interval) const noexcept {
  return FairPull<Looked>::oldest(finders_.size(), Nanos(static_cast<std::int64_t>(service_ns_.max())), interval);
}

}  // namespace weir::watch
