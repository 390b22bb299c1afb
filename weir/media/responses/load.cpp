#include "weir/media/responses/load.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>

#include "weir/media/responses/tracks.hpp"

namespace weir::media {
namespace {

namespace fs = std::filesystem;

Result<ResponseSet> owned(Result<ResponseSet> set, const fs::path& path) {
  if (!set) set.error().owner = path.string();
  return set;
}

Result<std::string> small_text(const fs::path& path) {
  constexpr std::size_t most = 64 << 10;
  if (auto there = check_regular_file(path); !there) return tl::unexpected(there.error());
  std::ifstream file(path, std::ios::binary);
  std::string text(most + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > most) return fail(Code::invalid, "a map of tracks is at most 64 KiB long", path.string());
  return text;
}

Result<TrackMap> map_of(const fs::path& map, int tracks) {
  const auto text = small_text(map);
  if (!text) return tl::unexpected(text.error());
  auto parsed = parse_track_map(*text, tracks);
  if (!parsed) parsed.error().owner = map.string();
  return parsed;
}

// The map for this file: the one that was given, the one beside it, the order.
Result<TrackMap> map_for(const fs::path& path, int tracks, const LoadOptions& options) {
  if (!options.map.empty()) return map_of(options.map, tracks);
  std::error_code error;
  const fs::path beside = path.parent_path() / "mix.txt";
  if (options.order == TrackOrder::automatic && fs::exists(beside, error)) return map_of(beside, tracks);
  auto map = track_map(options.order, tracks);
  if (!map) map.error().owner = path.string();
  return map;
}

Result<ResponseSet> from_file(const fs::path& path, const LoadOptions& options) {
  auto tracks = read_tracks(path);
  if (!tracks) return tl::unexpected(std::move(tracks.error()));
  const auto count = static_cast<int>(tracks->samples.size());
  Result<TrackMap> map;
  const auto alone = speaker_of(path.stem().string());
  if (alone && count == 2 && options.map.empty()) {
    map = TrackMap{{*alone, 0, 1}};
  } else {
    map = map_for(path, count, options);
  }
  if (!map) return tl::unexpected(std::move(map.error()));
  ResponseSet set{tracks->rate_hz, {}, path.stem().string()};
  for (const TrackPair& p : *map) {
    set.responses.push_back({p.speaker, tracks->samples[static_cast<std::size_t>(p.left)],
                             tracks->samples[static_cast<std::size_t>(p.right)]});
  }
  return owned(finished(std::move(set)), path);
}

Result<ResponseSet> from_ears(const fs::path& left_path, const fs::path& right_path, const std::string& name) {
  auto left = read_tracks(left_path);
  if (!left) return tl::unexpected(std::move(left.error()));
  auto right = read_tracks(right_path);
  if (!right) return tl::unexpected(std::move(right.error()));
  if (left->rate_hz != right->rate_hz || left->samples.size() != right->samples.size()) {
    return fail(Code::invalid, "the files of the left and the right ear differ in rate or number of tracks",
                left_path.string(), right_path.filename().string());
  }
  auto layout = left->layout ? Result<Layout>(*left->layout) : default_layout(static_cast<int>(left->samples.size()));
  if (!layout) {
    layout.error().owner = left_path.string();
    return tl::unexpected(std::move(layout.error()));
  }
  ResponseSet set{left->rate_hz, {}, name};
  for (std::size_t i = 0; i < layout->channels.size(); ++i) {
    set.responses.push_back({layout->channels[i], std::move(left->samples[i]), std::move(right->samples[i])});
  }
  return owned(finished(std::move(set)), left_path);
}

struct EarPair {
  fs::path left, right;
  std::string name;
};

// Both files of NAME_L.wav and NAME_R.wav, if `path` is either and both are there.
std::optional<EarPair> ear_pair(const fs::path& path) {
  const std::string stem = path.stem().string();
  if (stem.size() < 3 || stem[stem.size() - 2] != '_') return std::nullopt;
  const auto other = [&](char ear) {
    return path.parent_path() / (stem.substr(0, stem.size() - 1) + ear + path.extension().string());
  };
  const char ear = stem.back();
  if (ear != 'L' && ear != 'R') return std::nullopt;
  EarPair pair{other('L'), other('R'), stem.substr(0, stem.size() - 2)};
  std::error_code error;
  if (!fs::exists(pair.left, error) || !fs::exists(pair.right, error)) return std::nullopt;
  return pair;
}

Result<ResponseSet> from_speakers(const std::vector<fs::path>& files, const fs::path& folder) {
  ResponseSet set{0, {}, folder.filename().string()};
  std::size_t samples = 0;
  for (const fs::path& path : files) {
    auto tracks = read_tracks(path);
    if (!tracks) return tl::unexpected(std::move(tracks.error()));
    if (tracks->samples.size() != 2) {
      return fail(Code::invalid, "a file named as a speaker has two tracks: the left ear's and the right ear's",
                  path.string(), std::to_string(tracks->samples.size()) + " tracks");
    }
    if (set.rate_hz != 0 && set.rate_hz != tracks->rate_hz) {
      return fail(Code::invalid, "the files of this folder have different sample rates", path.string(),
                  std::to_string(set.rate_hz) + " and " + std::to_string(tracks->rate_hz) + " Hz");
    }
    set.rate_hz = tracks->rate_hz;
    samples += 2 * tracks->samples[0].size();
    if (samples > ResponseSet::max_samples) {
      return fail(Code::invalid, "the responses are too long: at most 10 s and 64 MiB in all", folder.string());
    }
    set.responses.push_back(
        {*speaker_of(path.stem().string()), std::move(tracks->samples[0]), std::move(tracks->samples[1])});
  }
  return owned(finished(std::move(set)), folder);
}

Result<ResponseSet> from_folder(const fs::path& folder) {
  std::vector<fs::path> speakers;
  std::vector<EarPair> pairs;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    if (speaker_of(path.stem().string()) && path.has_extension()) speakers.push_back(path);
    const auto pair = ear_pair(path);
    if (pair && path == pair->left) pairs.push_back(*pair);
    if (speakers.size() + pairs.size() > 2 * all_speakers().size()) break;  // too many for one set, however many
  }
  if (error) return fail(Code::denied, "this folder cannot be read", folder.string(), error.message());
  std::ranges::sort(speakers);
  if (!speakers.empty()) return from_speakers(speakers, folder);
  if (pairs.size() == 1) return from_ears(pairs[0].left, pairs[0].right, pairs[0].name);
  return fail(Code::not_found,
              "a folder of responses has stereo files named FL.wav, FR.wav and so on, or one pair NAME_L.wav and "
              "NAME_R.wav: name the file that is meant",
              folder.string(), std::to_string(pairs.size()) + " pairs");
}

}  // namespace

Result<ResponseSet> load_responses(const fs::path& path, const Layout& layout, const LoadOptions& options) {
  if (path.empty()) return default_responses(layout, options.pick);
  std::error_code error;
  if (fs::is_directory(path, error)) return from_folder(path);
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
  if (extension == ".sofa") return read_sofa(path, layout, options.pick);
  if (const auto pair = ear_pair(path); pair && options.map.empty())
    return from_ears(pair->left, pair->right, pair->name);
  return from_file(path, options);
}

}  // namespace weir::media
