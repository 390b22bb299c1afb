#include "weir/engines/detect/onnx.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <opencv2/dnn.hpp>
#include <utility>

#include "weir/engines/detect/labels.hpp"
#include "weir/engines/detect/onnx_input.hpp"
#include "weir/engines/detect/opencv.hpp"
#include "weir/engines/detect/output_reader.hpp"
#include "weir/engines/detect/pack.hpp"
#include "weir/engines/detect/values.hpp"

namespace weir::detect {

namespace {

constexpr int usual_side = 640, fastestdet_side = 352;
constexpr int least_side = 32;
constexpr std::uintmax_t largest_file_bytes = 1U << 30;

// The network with its blobs, and no knowledge of what it finds.
class Network {
 public:
  Result<void> load(const std::vector<std::byte>& file) {
    return guarded(Code::unsupported,
                   "OpenCV cannot load this model; exported with a fixed size and opset 12, and simplified, it may",
                   [&] {
                     net_ = cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(file.data()), file.size());
                     net_.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
                     net_.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
                     names_ = net_.getUnconnectedOutLayersNames();
                   });
  }

  void resize(int width, int height) {
    const int sizes[] = {1, 3, height, width};
    input_.create(4, sizes, CV_32F);
  }

  float* input() { return input_.ptr<float>(); }
  std::size_t input_count() const { return input_.total(); }

  // The outputs are valid until the next run.
  Result<std::span<const Tensor>> run(int threads) {
    const Result<void> done = guarded(Code::failed, "OpenCV cannot run this model", [&] {
      use_threads(threads);
      net_.setInput(input_);
      net_.forward(mats_, names_);
    });
    if (!done) return tl::unexpected(done.error());
    tensors_.clear();
    for (const cv::Mat& m : mats_) {
      if (m.type() != CV_32F || !m.isContinuous()) {
        return fail(Code::unsupported, "the model's outputs are not 32-bit floats", "detect.model");
      }
      tensors_.push_back({m.ptr<float>(), Shape::of({m.size.p, static_cast<std::size_t>(m.dims)})});
    }
    return tensors_;
  }

 private:
  cv::dnn::Net net_;
  std::vector<cv::String> names_;
  cv::Mat input_;
  std::vector<cv::Mat> mats_;
  std::vector<Tensor> tensors_;
};

class OnnxDetector final : public Detector {
 public:
  OnnxDetector(Network network, OutputReader reader, std::vector<std::string> labels, DetectorInfo info, int threads)
      : network_(std::move(network)),
        reader_(std::move(reader)),
        labels_(std::move(labels)),
        info_(std::move(info)),
        style_(input_style(reader_.reading().layout)),
        threads_(threads) {}

  Placement placement(int source_width, int source_height) const noexcept override {
    return place(style_.fit, source_width, source_height, info_.width, info_.height);
  }

  Result<std::span<const Detection>> detect(const Picture& picture, int source_width, int source_height) override {
    if (source_width < 1 || source_height < 1) return fail(Code::invalid, "an empty source picture");
    const Placement p = placement(source_width, source_height);
    if (const Result<void> good = check_picture(picture, p); !good) return tl::unexpected(good.error());
    pack(picture, style_, network_.input());
    const auto outputs = network_.run(threads_);
    if (!outputs) return tl::unexpected(outputs.error());
    return reader_.read(*outputs, p, source_width, source_height);
  }

  const std::vector<std::string>& labels() const noexcept override { return labels_; }
  DetectorInfo info() const override { return info_; }

 private:
  Network network_;
  OutputReader reader_;
  const std::vector<std::string> labels_;
  const DetectorInfo info_;
  const InputStyle style_;
  const int threads_;
};

Result<std::vector<std::byte>> read_model(const std::filesystem::path& path) {
  if (path.empty()) return fail(Code::invalid, "the engine onnx needs a model: name an ONNX file", "detect.model");
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(Code::invalid, "the model is a directory: name an ONNX file", path.string());
  }
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return fail(Code::not_found, "the model cannot be opened", path.string(), error.message());
  if (size > largest_file_bytes) return fail(Code::unsupported, "the model is larger than 1 GiB", path.string());
  std::ifstream file(path, std::ios::binary);
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file) return fail(Code::failed, "the model cannot be read", path.string(), std::strerror(errno));
  return bytes;
}

struct Probed {
  Reading reading;
  std::string shapes;
};

// One run on a grey picture: what the network answers with.
Result<Probed> probe(Network& network, int width, int height, const DetectorConfig& config, int labels) {
  network.resize(width, height);
  std::fill_n(network.input(), network.input_count(), 0.5F);
  const auto outputs = network.run(config.threads);
  if (!outputs) return tl::unexpected(outputs.error());
  std::vector<Shape> shapes;
  for (const Tensor& t : *outputs) shapes.push_back(t.shape);
  auto reading = recognise(config.layout, shapes, width, height, labels);
  if (!reading) return tl::unexpected(reading.error());
  if (const Result<void> good = read_values(*reading, *outputs); !good) return tl::unexpected(good.error());
  return Probed{*reading, "1×3×" + std::to_string(height) + "×" + std::to_string(width) + " → " + to_string(shapes)};
}

Result<std::vector<std::string>> labels_of(const Reading& reading, std::vector<std::string> from_file) {
  if (from_file.empty()) {
    if (reading.classes > 0) return default_labels(reading.classes);
    return fail(Code::invalid, "this model does not say how many classes it has: name a label file", "detect.labels");
  }
  // Files for SSD often name the background too.
  if (reading.layout == Layout::ssd && from_file.size() > 1 && from_file[0] == "background") {
    from_file.erase(from_file.begin());
  }
  if (reading.classes > 0 && static_cast<int>(from_file.size()) != reading.classes) {
    return fail(Code::invalid, "the label file does not belong to the model", "detect.labels",
                std::to_string(from_file.size()) + " labels, " + std::to_string(reading.classes) + " classes");
  }
  return from_file;
}

}  // namespace

Result<std::unique_ptr<Detector>> make_onnx(const DetectorConfig& config) {
  silence_opencv();
  std::vector<std::string> from_file;
  if (!config.labels.empty()) {
    auto read = read_labels(config.labels);
    if (!read) return tl::unexpected(read.error());
    from_file = std::move(*read);
  }
  const auto file = read_model(config.model);
  if (!file) return tl::unexpected(file.error());
  const std::string owner = config.model.string();
  const auto owned = [&](Error e) {
    if (e.owner == "detect.model") e.owner = owner;
    return tl::unexpected(std::move(e));
  };
  const auto input = read_onnx_input(*file);
  if (!input) return owned(input.error());
  Network network;
  if (const Result<void> loaded = network.load(*file); !loaded) return owned(loaded.error());

  const auto side = [&](int said, int otherwise) { return said > 0 ? said : otherwise; };
  const int open_side = config.layout == Layout::fastestdet ? fastestdet_side : usual_side;
  const int labels = static_cast<int>(from_file.size());
  if (std::min(side(input->width, open_side), side(input->height, open_side)) < least_side) {
    return owned({Code::unsupported, "the model's picture is too small to find anything in", "detect.model",
                  std::to_string(input->width) + "×" + std::to_string(input->height)});
  }
  auto probed = probe(network, side(input->width, open_side), side(input->height, open_side), config, labels);
  if (!probed) return owned(probed.error());
  const bool open = input->width == 0 || input->height == 0;
  if (open && probed->reading.layout == Layout::fastestdet && open_side != fastestdet_side) {
    probed = probe(network, side(input->width, fastestdet_side), side(input->height, fastestdet_side), config, labels);
    if (!probed) return owned(probed.error());
  }

  const Reading& reading = probed->reading;
  auto names = labels_of(reading, std::move(from_file));
  if (!names) return tl::unexpected(names.error());
  auto wanted = wanted_labels(*names, config.classes);
  if (!wanted) return tl::unexpected(wanted.error());
  DetectorInfo info{.name = config.model.stem().string(),
                    .layout = std::string(to_string(reading.layout)),
                    .width = reading.width,
                    .height = reading.height,
                    .shapes = std::move(probed->shapes)};
  OutputReader reader(reading, static_cast<float>(config.confidence), std::move(*wanted));
  return std::make_unique<OnnxDetector>(std::move(network), std::move(reader), std::move(*names), std::move(info),
                                        config.threads);
}

}  // namespace weir::detect
