// The fields are those of onnx.proto (ModelProto, GraphProto, ValueInfoProto, TypeProto, TensorShapeProto); their
// encoding is that of protocol buffers: a tag of field number and wire type before each value.
#include "weir/engines/detect/onnx_input.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace weir::detect {

namespace {

using Bytes = std::span<const std::byte>;

// Walks over the fields of one message. Stops at its end or at the first thing that is no field.
class Fields {
 public:
  explicit Fields(Bytes message) : rest_(message) {}

  bool next() {
    if (rest_.empty()) return false;
    const auto tag = varint();
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > 0x1fffffff) return stop();
    number_ = static_cast<int>(*tag >> 3);
    bytes_ = {}, value_ = 0;
    switch (*tag & 7) {
      case 0: {
        const auto v = varint();
        if (!v) return stop();
        value_ = *v;
        return true;
      }
      case 1: return take(8);
      case 2: {
        const auto length = varint();
        return length ? take(*length) : stop();
      }
      case 5: return take(4);
      default: return stop();
    }
  }

  int number() const { return number_; }
  std::uint64_t value() const { return value_; }
  Bytes bytes() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  bool broken() const { return broken_; }

 private:
  bool stop() {
    broken_ = true;
    rest_ = {};
    return false;
  }

  bool take(std::uint64_t count) {
    if (count > rest_.size()) return stop();
    bytes_ = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return true;
  }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(rest_.front());
      rest_ = rest_.subspan(1);
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }

  Bytes rest_;
  int number_ = 0;
  std::uint64_t value_ = 0;
  Bytes bytes_;
  bool broken_ = false;
};

// The last field of that number in a message; empty if there is none.
Bytes field(Bytes message, int number) {
  Bytes found;
  for (Fields f(message); f.next();) {
    if (f.number() == number) found = f.bytes();
  }
  return found;
}

// -1 for a length that is a name or nothing: left open.
std::vector<std::int64_t> lengths(Bytes value_info) {
  const Bytes tensor = field(field(value_info, 2), 1);
  std::vector<std::int64_t> lengths;
  for (Fields dims(field(tensor, 2)); dims.next() && lengths.size() < 8;) {
    if (dims.number() != 1) continue;
    std::int64_t length = -1;
    for (Fields dim(dims.bytes()); dim.next();) {
      if (dim.number() == 1) length = static_cast<std::int64_t>(dim.value());
    }
    lengths.push_back(length > 0 ? length : -1);
  }
  return lengths;
}

}  // namespace

Result<OnnxInput> read_onnx_input(Bytes file) {
  Bytes graph;
  Fields model(file);
  while (model.next()) {
    if (model.number() == 7) graph = model.bytes();
  }
  if (model.broken() || graph.empty()) return fail(Code::corrupt, "this is no ONNX file", "detect.model");

  // Old files list their weights as inputs too.
  std::unordered_set<std::string_view> weights;
  for (Fields f(graph); f.next();) {
    if (f.number() != 5) continue;
    for (Fields tensor(f.bytes()); tensor.next();) {
      if (tensor.number() == 8) weights.insert(tensor.text());
    }
  }
  std::vector<std::int64_t> found;
  int inputs = 0;
  for (Fields f(graph); f.next();) {
    if (f.number() != 11) continue;
    std::string_view name;
    for (Fields info(f.bytes()); info.next();) {
      if (info.number() == 1) name = info.text();
    }
    if (weights.contains(name)) continue;
    if (++inputs == 1) found = lengths(f.bytes());
  }
  if (inputs != 1) {
    return fail(Code::unsupported, "a detection model has one input, the picture", "detect.model",
                std::to_string(inputs) + " inputs");
  }
  constexpr std::int64_t longest = 4096;
  const bool picture = found.size() == 4 && found[0] <= 1 && (found[1] == 3 || found[1] == -1) &&
                       std::ranges::all_of(found, [](std::int64_t n) { return n <= longest; });
  if (!picture) {
    std::string text;
    for (const std::int64_t n : found) text += (text.empty() ? "" : "×") + (n > 0 ? std::to_string(n) : "?");
    return fail(Code::unsupported, "the model's input must be 1×3×height×width", "detect.model",
                text.empty() ? "no shape" : text);
  }
  return OnnxInput{static_cast<int>(std::max<std::int64_t>(0, found[3])),
                   static_cast<int>(std::max<std::int64_t>(0, found[2]))};
}

}  // namespace weir::detect
