#include "weir/app/schema.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "weir/app/settings_value.hpp"
#include "weir/core/result.hpp"

namespace weir::app {
namespace {

using enum Type;
constexpr double megabyte = 1e6, gigabyte = 1e9;

constexpr std::array keys = {
    // name, type, scope, default, min, max, choices, unit, doc, required
    Key{"url", text, Scope::camera, "", 1, 4096, "", "",
        "Where the camera's stream comes from: a file, an rtsp:// address, a device such as v4l2:/dev/video0, or "
        "demo:SCENE.",
        true},
    Key{"detect_url", text, Scope::camera, "", 0, 4096, "", "",
        "A second, smaller stream of the same camera: it is decoded and looked at instead of `url`, which is then only "
        "shown and recorded."},
    Key{"enabled", boolean, Scope::camera, "true", 0, 0, "", "", "Whether the camera is watched at all."},
    Key{"transport", choice, Scope::camera, "auto", 0, 0, "auto|tcp|udp", "",
        "How an rtsp:// stream travels; auto tries TCP, then UDP."},
    Key{"pipeline", choice, Scope::both, "unified", 0, 0, "unified|decoupled", "",
        "Where streams are read and decoded: unified in this process, decoupled in sandboxed processes of their own, "
        "one "
        "pair for each camera, so that a crash or an exploit there reaches nothing else."},

    Key{"source.loop", boolean, Scope::both, "false", 0, 0, "", "",
        "Start a file again at its end; other sources have no end and are not touched by it."},
    Key{"source.connect_timeout_s", number, Scope::both, "5", 0.1, 300, "", "s",
        "How long a source may take to open before it counts as unreachable."},
    Key{"source.stall_after_s", number, Scope::both, "10", 0.1, 3600, "", "s",
        "A source that sends nothing for this long is stalled and is connected again."},

    Key{"decode.threads", integer, Scope::both, "1", 1, 16, "", "threads",
        "Decoder threads of each camera; each one more holds two more frames."},
    Key{"decode.hwaccel", choice, Scope::both, "none", 0, 0, "none|auto|nvdec|vaapi", "",
        "Which device decodes: none, an NVIDIA one (nvdec) or one with VA-API; one that is not there or does not "
        "decode the stream is an error. auto tries nvdec, then vaapi, then goes on in software, and the report says "
        "why."},
    Key{"decode.idle", choice, Scope::both, "full", 0, 0, "full|reference|keyframes", "",
        "What is decoded while nothing moves: everything, only frames that others refer to, or only key frames; with "
        "the "
        "first key frame after something moved, everything again."},
    Key{"decode.idle_after_s", number, Scope::both, "10", 1, 3600, "", "s",
        "How long nothing must have moved until less is decoded."},

    Key{"detect.fps", number, Scope::both, "5", 0, 240, "", "frames/s",
        "How many frames of each camera are looked at in a second; 0 looks at every frame, which is also the default "
        "with --fast."},
    Key{"detect.engine", choice, Scope::both, "motion", 0, 0, "motion|people|onnx", "",
        "What finds objects: movement alone, OpenCV's people detector, or the ONNX model of detect.model."},
    Key{"detect.model", text, Scope::global, "", 0, 4096, "", "", "The ONNX file of the model."},
    Key{"detect.labels", text, Scope::global, "", 0, 4096, "", "",
        "A text file with the names of the model's classes, one a line; without one, a model of 80 classes has "
        "COCO's."},
    Key{"detect.layout", choice, Scope::global, "auto", 0, 0, "auto|fastestdet|yolox|yolov5|yolov8|ssd", "",
        "How the model's output is laid out; auto recognises it from the shapes. yolov5 is also v7, yolov8 also "
        "newer."},
    Key{"detect.threads", integer, Scope::global, "1", 1, 64, "", "threads",
        "Threads of the detector, which serves all cameras."},
    Key{"detect.classes", list, Scope::both, "", 0, 256, "", "",
        "The classes that are reported, such as person, car; none named: all. Movement has no classes to choose from."},
    Key{"detect.confidence", number, Scope::both, "0.5", 0.01, 1, "", "",
        "The least confidence of a detection that begins a track and is reported."},
    Key{"detect.when", choice, Scope::both, "motion", 0, 0, "motion|always", "",
        "When the detector looks: while something moves or is being tracked, or always."},
    Key{"detect.width", integer, Scope::both, "640", 64, 3840, "", "pixels",
        "Width of the picture in which movement is looked for."},
    Key{"detect.height", integer, Scope::both, "360", 36, 2160, "", "pixels",
        "Height of the picture in which movement is looked for."},

    Key{"motion.enabled", boolean, Scope::both, "true", 0, 0, "", "", "Whether movement is looked for."},
    Key{"motion.model", choice, Scope::both, "average", 0, 0, "average|mog2", "",
        "The model of the still background: a running average, or OpenCV's mixture of Gaussians."},
    Key{"motion.threshold", integer, Scope::both, "18", 1, 255, "", "levels",
        "How far a pixel's brightness must be from the background's to count as changed."},
    Key{"motion.min_area", number, Scope::both, "0.0006", 0, 1, "", "of the picture",
        "The smallest change that is reported, as a share of the picture's area."},
    Key{"motion.light_guard", boolean, Scope::both, "true", 0, 0, "", "",
        "Whether changes of light over the whole picture are followed instead of being taken for movement."},

    Key{"zones.NAME.points", points, Scope::both, "", 3, 64, "", "of the picture",
        "Corners of a zone; entering, leaving and staying in it are events.", true},
    Key{"zones.NAME.classes", list, Scope::both, "", 0, 256, "", "", "The classes that count in the zone; none: all."},
    Key{"zones.NAME.dwell_s", number, Scope::both, "0", 0, 86400, "", "s",
        "How long something must stay in the zone to be an event of its own; 0: never."},
    Key{"lines.NAME.points", points, Scope::both, "", 2, 2, "", "of the picture",
        "Both ends of a line; who crosses it from its left to its right, seen from the first end to the second, goes "
        "forward.",
        true},
    Key{"lines.NAME.classes", list, Scope::both, "", 0, 256, "", "", "The classes that the line counts; none: all."},
    Key{"masks.NAME.points", points, Scope::both, "", 3, 64, "", "of the picture",
        "Corners of a part of the picture in which neither movement nor objects count.", true},

    Key{"record.dir", text, Scope::global, "", 0, 4096, "", "",
        "Folder for recordings, clips and snapshots; without one nothing is recorded."},
    Key{"record.continuous", boolean, Scope::both, "false", 0, 0, "", "", "Whether everything is recorded."},
    Key{"record.clips", boolean, Scope::both, "true", 0, 0, "", "", "Whether a clip of each event is kept."},
    Key{"record.snapshots", boolean, Scope::both, "true", 0, 0, "", "", "Whether a picture of each event is kept."},
    Key{"record.segment_s", number, Scope::both, "60", 1, 3600, "", "s",
        "Length of a file of the continuous recording, up to the next key frame."},
    Key{"record.pre_s", number, Scope::both, "5", 0, 60, "", "s", "What a clip holds from before its event."},
    Key{"record.post_s", number, Scope::both, "5", 0, 60, "", "s", "What a clip holds from after its event."},
    Key{"record.ring", bytes, Scope::both, "8MB", 1 * megabyte, 1 * gigabyte, "", "bytes",
        "Memory for what a clip shows from before its event, and for what the disk has yet to take."},
    Key{"record.keep_days", number, Scope::global, "7", 0.01, 3650, "", "days", "How long recordings are kept."},
    Key{"record.keep_bytes", bytes, Scope::global, "20GB", 10 * megabyte, 100000 * gigabyte, "", "bytes",
        "How much recordings may take; the oldest go first."},
    Key{"record.min_free", bytes, Scope::global, "1GB", 0, 100000 * gigabyte, "", "bytes",
        "What recordings leave free on the disk, whatever else fills it."},

    Key{"webhook.url", text, Scope::global, "", 0, 4096, "", "",
        "Where each event is posted as JSON, http:// or https://; empty: nowhere."},
    Key{"webhook.token", secret, Scope::global, "", 0, 1024, "", "", "Sent as Authorization: Bearer."},
    Key{"webhook.timeout_s", number, Scope::global, "10", 0.1, 300, "", "s", "How long an answer may take."},
    Key{"mqtt.host", text, Scope::global, "", 0, 256, "", "", "The MQTT broker that gets the events; empty: none."},
    Key{"mqtt.port", integer, Scope::global, "1883", 1, 65535, "", "", "The broker's port; 8883 is usual with TLS."},
    Key{"mqtt.user", text, Scope::global, "", 0, 256, "", "", "User name at the broker; empty: none."},
    Key{"mqtt.password", secret, Scope::global, "", 0, 1024, "", "", "Password at the broker."},
    Key{"mqtt.ca", text, Scope::global, "", 0, 4096, "", "",
        "Certificates that the broker's must descend from, a PEM file; empty: no TLS."},
    Key{"mqtt.topic", text, Scope::global, "weir", 1, 128, "", "", "What all topics begin with."},
    Key{"mqtt.discovery", boolean, Scope::global, "true", 0, 0, "", "",
        "Whether Home Assistant is told of cameras, zones and lines."},
    Key{"notify.dir", text, Scope::global, "", 0, 4096, "", "",
        "Folder in which events wait for a receiver that is down; empty: weir in the user's state folder."},
    Key{"notify.queue_max", bytes, Scope::global, "64MB", 1 * megabyte, 100 * gigabyte, "", "bytes",
        "How much may wait for each receiver; beyond it the oldest go, counted."},

    Key{"spatial.hrir", text, Scope::global, "", 0, 4096, "", "",
        "How loudspeakers sound at the ears: a HeSuVi, Impulcifer or other WAV file of responses, a SOFA file, or a "
        "folder with a pair for each speaker; empty: the KEMAR set of Debian's libmysofa."},
    Key{"spatial.map", text, Scope::global, "", 0, 4096, "", "",
        "A mix.txt that says which track of the responses is which speaker; empty: the one beside the file, or "
        "spatial.order."},
    Key{"spatial.order", choice, Scope::global, "automatic", 0, 0, "automatic|hesuvi|pairs|blocks", "",
        "The order of the tracks: HeSuVi's, left and right ear in pairs, or all left ears and then all right ears; "
        "automatic: as their number tells."},
    Key{"spatial.interpolate", boolean, Scope::global, "true", 0, 0, "", "",
        "Whether a SOFA file is asked between the directions it was measured in, or for the nearest one."},
    Key{"spatial.trim", boolean, Scope::global, "false", 0, 0, "", "",
        "Whether the silence around the responses is taken off, the delays between the ears kept."},
    Key{"spatial.normalise", boolean, Scope::global, "false", 0, 0, "", "",
        "Whether the responses are scaled so that no tone in all channels at once can clip."},
    Key{"spatial.match_loudness", boolean, Scope::global, "false", 0, 0, "", "",
        "Whether the responses are scaled to be as loud as others are."},
    Key{"spatial.layout", text, Scope::global, "", 0, 256, "", "",
        "Where the input's channels are: stereo, 5.1, 5.1(side), 7.1, 7.1.4, or speakers such as FL,FR,FC; empty: as "
        "the file says."},
    Key{"spatial.eq", text, Scope::global, "", 0, 4096, "", "",
        "An equalizer for the headphones: a text file of Equalizer APO or AutoEq; empty: none."},
    Key{"spatial.gain_db", number, Scope::global, "0", -100, 60, "", "dB", "What the output is turned up or down by."},
    Key{"spatial.limiter", boolean, Scope::global, "false", 0, 0, "", "",
        "Whether a limiter keeps the output's true peaks below -1 dB of full scale; it sees them coming, which delays "
        "live output by about 2 ms."},

    Key{"read.voice", text, Scope::global, "", 0, 128, "", "",
        "Who reads: a voice of espeak-ng such as en-gb, de or en-us+f3, or one of flite such as flite:slt; empty: "
        "espeak-ng in the text's language."},
    Key{"read.language", text, Scope::global, "", 0, 35, "", "",
        "The language of documents that do not say it, such as en, de or pt-BR; empty: English."},
    Key{"read.speed", number, Scope::global, "1", 0.5, 3, "", "times", "How fast it is read; the pitch stays."},
    Key{"read.sentence_gap_s", number, Scope::global, "0.35", 0, 10, "", "s", "Silence between sentences, at speed 1."},
    Key{"read.paragraph_gap_s", number, Scope::global, "0.8", 0, 10, "", "s",
        "Silence between paragraphs, at speed 1."},
    Key{"read.chapter_gap_s", number, Scope::global, "2", 0, 60, "", "s", "Silence between chapters, at speed 1."},
    Key{"read.skip_footnotes", boolean, Scope::global, "false", 0, 0, "", "", "Whether footnotes are left out."},
    Key{"read.skip_tables", boolean, Scope::global, "false", 0, 0, "", "", "Whether tables are left out."},
    Key{"read.skip_code", boolean, Scope::global, "false", 0, 0, "", "", "Whether blocks of code are left out."},
    Key{"read.skip_urls", boolean, Scope::global, "false", 0, 0, "", "",
        "Whether addresses of pages and of mail are left out."},
    Key{"read.dictionary", text, Scope::global, "", 0, 4096, "", "",
        "A file that says how words are pronounced, or left out; empty: none."},
    Key{"read.ahead_s", number, Scope::global, "10", 1, 600, "", "s",
        "How much speech may be made before it is written or heard."},
    Key{"read.cache_max", bytes, Scope::global, "4MB", 0, 1 * gigabyte, "", "bytes",
        "How much speech is kept to be said again without being made again."},
    Key{"read.voice_memory_max", bytes, Scope::global, "32MB", 8 * megabyte, 4 * gigabyte, "", "bytes",
        "A voice that keeps more than this is replaced by a fresh one between two sentences."},
    Key{"read.chapter_format", choice, Scope::global, "opus", 0, 0, "opus|mp3|flac|wav", "",
        "What the files of chapters are when the output is a folder."},

    Key{"memory.camera_max", bytes, Scope::both, "256MB", 1 * megabyte, 64 * gigabyte, "", "bytes",
        "What the frames of one camera may take; a stream that would need more is parked, with the figure."},

    Key{"wire.ring", integer, Scope::both, "96", 8, 4096, "", "access units",
        "How many access units of a stream are kept for clients; a client that falls further behind loses frames."},
    Key{"preview.fps", number, Scope::both, "5", 0.1, 5, "", "pictures/s",
        "How many JPEG pictures a second a client gets that cannot decode the stream."},
    Key{"preview.width", integer, Scope::both, "640", 64, 1920, "", "pixels",
        "Width of those pictures; never more than the stream's own."},

    Key{"server.enabled", boolean, Scope::global, "true", 0, 0, "", "",
        "Whether page, streams and metrics are served."},
    Key{"server.listen", text, Scope::global, "127.0.0.1:8080", 1, 256, "", "",
        "Address and port to listen on, this machine only; port 0 picks a free one."},
    Key{"server.clients_max", integer, Scope::global, "32", 1, 1024, "", "clients",
        "How many clients may be connected at once."},

    Key{"supervisor.max_restarts", integer, Scope::global, "5", 1, 64, "", "a minute",
        "A camera that crashes more often than this in a minute is parked for 60 s; a document or sentence that ends "
        "its "
        "worker so many times in a row is an error."},
    Key{"log.level", choice, Scope::global, "info", 0, 0, "debug|info|warn|error", "",
        "The least important events that are still written."},
};

std::string number_text(double value) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr;
  return {buffer.data(), end};
}

std::string plain(double value) {
  return std::abs(value) < 1e15 && value == std::floor(value) ? std::to_string(static_cast<std::int64_t>(value))
                                                              : number_text(value);
}

}  // namespace

std::span<const Key> schema() { return keys; }

const Key* find_key(std::string_view name) {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::string_view named_group_of(const Key& key) {
  const std::size_t name = key.name.find(".NAME.");
  return name == std::string_view::npos ? std::string_view{} : key.name.substr(0, name);
}

std::size_t key_index(const Key& key) { return static_cast<std::size_t>(&key - keys.data()); }

std::string_view group_of(const Key& key) {
  const std::size_t dot = key.name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : key.name.substr(0, dot);
}

std::vector<std::string_view> choices_of(const Key& key) {
  std::vector<std::string_view> out;
  for (std::string_view rest = key.choices; !rest.empty();) {
    const std::size_t bar = rest.find('|');
    out.push_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
  }
  return out;
}

std::string describe_allowed(const Key& key) {
  const auto range = [&] { return plain(key.min) + " to " + plain(key.max); };
  switch (key.type) {
    case boolean: return "true or false";
    case integer: return "a whole number from " + range();
    case number: return "a number from " + range();
    case bytes:
      return "a size from " + plain(key.min / megabyte) + "MB to " + plain(key.max / gigabyte) +
             "GB, as a number of bytes or like \"256MB\" or \"1GiB\"";
    case text:
    case secret: return "text of " + range() + " characters";
    case list: return "texts, at most " + plain(key.max) + ", as an array or with commas between them";
    case points:
      return (key.min == key.max ? plain(key.min) : range()) +
             " points from 0 to 1, like [[0.1, 0.2], [0.5, 0.2]] or \"0.1,0.2 0.5,0.2\"";
    case choice: {
      std::string out;
      const auto choices = choices_of(key);
      for (std::size_t i = 0; i < choices.size(); ++i) {
        if (i > 0) out += i + 1 == choices.size() ? " or " : ", ";
        out += choices[i];
      }
      return out;
    }
  }
  return {};
}

Value default_value(const Key& key) {
  if (key.required) return std::string{};
  auto value = parse_value(key, key.fallback);
  if (!value) fatal("a setting's default is outside its own bounds", key.name);
  return *value;
}

std::string to_text(const Value& value) {
  if (const bool* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value)) return std::to_string(*i);
  if (const double* d = std::get_if<double>(&value)) return number_text(*d);
  return std::get<std::string>(value);
}

}  // namespace weir::app
