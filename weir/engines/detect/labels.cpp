#include "weir/engines/detect/labels.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace weir::detect {

namespace {

// The classes of COCO's detection task (Lin et al. 2014) in the order in which networks are trained on them.
constexpr std::array<std::string_view, 80> coco{
    "person",         "bicycle",    "car",           "motorcycle",    "airplane",     "bus",           "train",
    "truck",          "boat",       "traffic light", "fire hydrant",  "stop sign",    "parking meter", "bench",
    "bird",           "cat",        "dog",           "horse",         "sheep",        "cow",           "elephant",
    "bear",           "zebra",      "giraffe",       "backpack",      "umbrella",     "handbag",       "tie",
    "suitcase",       "frisbee",    "skis",          "snowboard",     "sports ball",  "kite",          "baseball bat",
    "baseball glove", "skateboard", "surfboard",     "tennis racket", "bottle",       "wine glass",    "cup",
    "fork",           "knife",      "spoon",         "bowl",          "banana",       "apple",         "sandwich",
    "orange",         "broccoli",   "carrot",        "hot dog",       "pizza",        "donut",         "cake",
    "chair",          "couch",      "potted plant",  "bed",           "dining table", "toilet",        "tv",
    "laptop",         "mouse",      "remote",        "keyboard",      "cell phone",   "microwave",     "oven",
    "toaster",        "sink",       "refrigerator",  "book",          "clock",        "vase",          "scissors",
    "teddy bear",     "hair drier", "toothbrush"};

constexpr std::size_t most_labels = 10'000, longest_label = 200;

std::string trimmed(const std::string& line) {
  constexpr std::string_view blank = " \t\r";
  const std::size_t first = line.find_first_not_of(blank);
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(blank) - first + 1);
}

}  // namespace

Result<std::vector<std::string>> read_labels(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) return fail(Code::not_found, "the label file cannot be opened", path.string(), std::strerror(errno));
  std::vector<std::string> labels;
  for (std::string line; std::getline(file, line);) {
    std::string label = trimmed(line);
    if (label.empty()) continue;
    const bool printable = std::ranges::none_of(label, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (!printable || label.size() > longest_label || labels.size() == most_labels) {
      return fail(Code::corrupt, "this is no label file: it has one label a line", path.string());
    }
    labels.push_back(std::move(label));
  }
  if (file.bad() || labels.empty()) return fail(Code::corrupt, "the label file has no labels", path.string());
  return labels;
}

std::vector<std::string> default_labels(int classes) {
  if (classes == static_cast<int>(coco.size())) return {coco.begin(), coco.end()};
  std::vector<std::string> labels;
  for (int i = 0; i < classes; ++i) labels.push_back("class " + std::to_string(i));
  return labels;
}

Result<std::vector<std::uint8_t>> wanted_labels(const std::vector<std::string>& labels,
                                                const std::vector<std::string>& classes) {
  std::vector<std::uint8_t> wanted(labels.size(), classes.empty() ? 1 : 0);
  for (const std::string& name : classes) {
    bool known = false;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == name) wanted[i] = 1, known = true;
    }
    if (known) continue;
    constexpr std::size_t shown = 12;
    std::string some = name + "; there is ";
    for (std::size_t i = 0; i < std::min(shown, labels.size()); ++i) some += (i > 0 ? ", " : "") + labels[i];
    if (labels.size() > shown) some += " and " + std::to_string(labels.size() - shown) + " more";
    return fail(Code::invalid, "the model has no such label", "detect.classes", std::move(some));
  }
  return wanted;
}

}  // namespace weir::detect
