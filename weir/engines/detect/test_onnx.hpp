// ONNX files made for tests: a picture goes in, and what comes out has any shape and any numbers.
#pragma once

#include <unistd.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::detect::test {

// One protocol buffer message, field by field.
class Message {
 public:
  Message& number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    varint((static_cast<std::uint64_t>(field) << 3) | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& m) { return text(field, m.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// An output's shape, its numbers in row-major order, and what of them follows the picture's mean colour.
struct MadeOutput {
  std::vector<std::int64_t> shape;
  std::vector<float> numbers;
  // numbers[index] += factor · the channel's mean, by (index, channel, factor).
  struct Slope {
    std::size_t index, channel;
    float factor;
  };
  std::vector<Slope> slopes = {};
};

// For each output: mean over the picture → 1×1 convolution with the numbers as bias → reshape.
class MadeModel {
 public:
  // A length of 0 is written as a name: left open.
  explicit MadeModel(std::vector<std::int64_t> input = {1, 3, 64, 64}) : input_(std::move(input)) {}

  MadeModel& output(const MadeOutput& out) {
    const std::string id = std::to_string(outputs_++);
    const auto count = static_cast<std::int64_t>(out.numbers.size());
    std::vector<float> weights(out.numbers.size() * 3, 0.0F);
    for (const auto& s : out.slopes) weights[s.index * 3 + s.channel] = s.factor;
    graph_.message(1, node("GlobalAveragePool", {"picture"}, "mean" + id));
    graph_.message(1, node("Conv", {"mean" + id, "w" + id, "b" + id}, "flat" + id)
                          .message(5, Message().text(1, "kernel_shape").number(8, 1).number(8, 1).number(20, 7)));
    graph_.message(1, node("Reshape", {"flat" + id, "shape" + id}, "out" + id));
    graph_.message(5, floats("w" + id, {count, 3, 1, 1}, weights));
    graph_.message(5, floats("b" + id, {count}, out.numbers));
    Message shape;
    shape.number(1, out.shape.size()).number(2, 7).text(8, "shape" + id);
    for (const std::int64_t n : out.shape) shape.number(7, static_cast<std::uint64_t>(n));
    graph_.message(5, shape);
    graph_.message(12, value_info("out" + id, out.shape));
    return *this;
  }

  // An output that grows with the picture: channels × height/stride × width/stride, all zero.
  MadeModel& grid(std::int64_t channels, std::int64_t stride) {
    const std::string id = std::to_string(outputs_++);
    const auto step = static_cast<std::uint64_t>(stride);
    graph_.message(1, node("Conv", {"picture", "w" + id, "b" + id}, "out" + id)
                          .message(5, Message().text(1, "kernel_shape").number(8, step).number(8, step).number(20, 7))
                          .message(5, Message().text(1, "strides").number(8, step).number(8, step).number(20, 7)));
    graph_.message(5, floats("w" + id, {channels, 3, stride, stride},
                             std::vector<float>(static_cast<std::size_t>(channels * 3 * stride * stride), 0.0F)));
    graph_.message(5, floats("b" + id, {channels}, std::vector<float>(static_cast<std::size_t>(channels), 0.0F)));
    graph_.message(12, value_info("out" + id, {1, channels, 0, 0}));
    return *this;
  }

  std::string bytes() const {
    Message graph = graph_;
    graph.text(2, "made").message(11, value_info("picture", input_));
    // Files of the first versions list stored weights as inputs too.
    for (int i = 0; i < outputs_; ++i) graph.message(11, value_info("b" + std::to_string(i), {1}));
    return Message().number(1, 7).message(8, Message().text(1, "").number(2, 11)).message(7, graph).bytes();
  }

 private:
  static Message node(std::string_view op, const std::vector<std::string>& inputs, const std::string& output) {
    Message n;
    for (const std::string& input : inputs) n.text(1, input);
    n.text(2, output).text(3, "node_" + output).text(4, op);
    return n;
  }
  static Message floats(const std::string& name, const std::vector<std::int64_t>& dims, const std::vector<float>& f) {
    Message t;
    for (const std::int64_t d : dims) t.number(1, static_cast<std::uint64_t>(d));
    std::string raw;
    for (const float number : f) {
      const auto bits = std::bit_cast<std::uint32_t>(number);
      for (int shift = 0; shift < 32; shift += 8) raw += static_cast<char>((bits >> shift) & 0xff);
    }
    t.number(2, 1).text(8, name).text(9, raw);
    return t;
  }
  static Message value_info(const std::string& name, const std::vector<std::int64_t>& dims) {
    Message shape;
    for (const std::int64_t d : dims) {
      shape.message(1, d > 0 ? Message().number(1, static_cast<std::uint64_t>(d)) : Message().text(2, "open"));
    }
    return Message().text(1, name).message(2, Message().message(1, Message().number(1, 1).message(2, shape)));
  }

  std::vector<std::int64_t> input_;
  Message graph_;
  int outputs_ = 0;
};

// A file that is gone with its owner.
class TestFile {
 public:
  TestFile(std::string_view ending, std::string_view bytes) {
    static int made = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("weir_detect_" + std::to_string(::getpid()) + "_" + std::to_string(made++) + std::string(ending));
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TestFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace weir::detect::test
