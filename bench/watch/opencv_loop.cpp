// The loop of OpenCV's own object_detection sample without its window: read, blob, forward, boxes, suppression. One
// thread, every frame. bench-opencv-loop CLIP MODEL prints the frames it looked at and the objects it found, as JSON.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <opencv2/dnn.hpp>
#include <opencv2/videoio.hpp>
#include <vector>

namespace {

constexpr int side = 352;
constexpr float confidence = 0.5F, most_overlap = 0.45F;

struct Found {
  std::vector<cv::Rect> boxes;
  std::vector<float> scores;
  std::vector<int> labels;
};

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

// FastestDet: a plane each of objectness and of four numbers of the box, then one for each class, as its author reads
// it.
void read_boxes(const cv::Mat& out, const cv::Size& picture, Found& found) {
  const int classes = out.size[1] - 5, rows = out.size[2], columns = out.size[3];
  const auto at = [&](int plane, int y, int x) { return out.ptr<float>(0, plane, y)[x]; };
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      // No class can lift the score above this.
      const float objectness = std::pow(at(0, y, x), 0.6F);
      if (objectness < confidence) continue;
      int label = 0;
      for (int c = 1; c < classes; ++c) {
        if (at(5 + c, y, x) > at(5 + label, y, x)) label = c;
      }
      const float score = objectness * std::pow(at(5 + label, y, x), 0.4F);
      if (score < confidence) continue;
      const auto width = static_cast<float>(picture.width), height = static_cast<float>(picture.height);
      const float w = sigmoid(at(3, y, x)) * width, h = sigmoid(at(4, y, x)) * height;
      const float centre_x = (static_cast<float>(x) + std::tanh(at(1, y, x))) / static_cast<float>(columns) * width;
      const float centre_y = (static_cast<float>(y) + std::tanh(at(2, y, x))) / static_cast<float>(rows) * height;
      found.boxes.emplace_back(cv::Point(static_cast<int>(centre_x - w / 2), static_cast<int>(centre_y - h / 2)),
                               cv::Size(static_cast<int>(w), static_cast<int>(h)));
      found.scores.push_back(score);
      found.labels.push_back(label);
    }
  }
}

int run(const char* clip, const char* model) {
  cv::setNumThreads(1);
  cv::VideoCapture capture(clip, cv::CAP_FFMPEG);
  if (!capture.isOpened()) {
    std::fprintf(stderr, "%s cannot be opened\n", clip);
    return 1;
  }
  cv::dnn::Net net = cv::dnn::readNetFromONNX(model);
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
  const std::vector<cv::String> names = net.getUnconnectedOutLayersNames();
  // What lives from frame to frame here does so in the sample, too.
  cv::Mat frame, blob;
  std::vector<cv::Mat> outs;
  std::size_t frames = 0, objects = 0;
  while (capture.read(frame)) {
    cv::dnn::blobFromImage(frame, blob, 1 / 255.0, cv::Size(side, side), cv::Scalar(), false, false, CV_32F);
    net.setInput(blob);
    net.forward(outs, names);
    Found found;
    read_boxes(outs.at(0), frame.size(), found);
    std::vector<int> kept;
    cv::dnn::NMSBoxes(found.boxes, found.scores, confidence, most_overlap, kept);
    objects += kept.size();
    ++frames;
  }
  std::printf("{\"frames\": %zu, \"objects\": %zu}\n", frames, objects);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench-opencv-loop CLIP MODEL\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
