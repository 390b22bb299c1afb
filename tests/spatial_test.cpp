// weir spatial, the whole program: what comes out of it, in files and pipes, in time and out of it.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numbers>
#include <random>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "tests/support/data.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sound_files.hpp"

namespace {

using namespace weir::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

bool soak() { return std::getenv("WEIR_TEST_SOAK") != nullptr; }

// HeSuVi's order, from the format's description: which track is which speaker at which ear.
struct HesuviPair {
  const char* speaker;
  std::size_t left, right;
};
constexpr HesuviPair hesuvi[] = {{"FL", 0, 1}, {"FR", 8, 7},   {"FC", 6, 13}, {"LFE", 6, 13},
                                 {"BL", 4, 5}, {"BR", 12, 11}, {"SL", 2, 3},  {"SR", 10, 9}};

// The same with seven tracks: the right side mirrors the left one.
constexpr HesuviPair mirrored[] = {{"FL", 0, 1}, {"FR", 1, 0}, {"FC", 6, 6}, {"LFE", 6, 6},
                                   {"BL", 4, 5}, {"BR", 5, 4}, {"SL", 2, 3}, {"SR", 3, 2}};

std::vector<float> noise(std::size_t count, unsigned seed, float level = 0.1F) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-level, level);
  std::vector<float> out(count);
  for (float& sample : out) sample = uniform(random);
  return out;
}

// Each track a single sample of its own size, one tap long: what comes out is a sum that can be computed by hand.
Sound identity(std::size_t tracks) {
  Sound out{.channels = static_cast<int>(tracks), .samples = {}};
  for (std::size_t track = 0; track < tracks; ++track) out.samples.push_back(0.01F * static_cast<float>(track + 1));
  return out;
}

// Responses of `taps` decaying noise, different in each of 14 tracks.
Sound responses(std::size_t taps, int rate_hz = 48000) {
  Sound out{.rate_hz = rate_hz, .channels = 14, .samples = noise(taps * 14, 7, 0.5F)};
  for (std::size_t n = 0; n < taps; ++n) {
    for (std::size_t track = 0; track < 14; ++track) {
      out.samples[n * 14 + track] *= std::exp(-6.0F * static_cast<float>(n) / static_cast<float>(taps));
    }
  }
  return out;
}

class Spatial : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir") && program("weir-spatial")) << "weir was not built"; }

  static Command command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {program("weir")->string(), "spatial"});
    return {.argv = std::move(arguments)};
  }
  static Outcome spatial(std::vector<std::string> arguments) { return run(command(std::move(arguments))); }
  // Of a run that has to succeed.
  Sound convert(const std::string& in, const std::string& hrir, std::vector<std::string> more = {}) {
    const std::string out = (scratch / ("out" + std::to_string(count_++) + ".wav")).string();
    more.insert(more.end(), {"--in", in, "--hrir", hrir, "--out", out, "--format", "f32"});
    const Outcome outcome = spatial(std::move(more));
    EXPECT_TRUE(outcome.ok()) << outcome.line();
    return outcome.ok() ? read_sound(out) : Sound{};
  }
  static void expect_one_line(const Outcome& outcome, int exit_code, const std::string& what) {
    EXPECT_EQ(outcome.exit_code, exit_code) << what << ": " << outcome.line();
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << what << ": " << outcome.err;
    EXPECT_THAT(outcome.err, testing::StartsWith("weir spatial: ")) << what;
  }
  Json report(std::string_view name) const {
    std::ifstream file(scratch / name);
    return Json::parse(file);
  }

  ScratchDir scratch;

 private:
  int count_ = 0;
};

TEST_F(Spatial, MixesEveryChannelToBothEarsAsHesuvisOrderSays) {
  const Sound in{.channels = 8, .samples = noise(8 * 3000, 1)};
  const Sound out = convert(write_sound(scratch / "in.wav", in), write_sound(scratch / "none.wav", identity(14)),
                            {"--layout", "7.1"});
  ASSERT_EQ(out.frames(), in.frames()) << "a response of one tap has no tail";
  ASSERT_EQ(out.rate_hz, 48000);
  for (std::size_t n = 0; n < in.frames(); ++n) {
    double left = 0, right = 0;
    for (std::size_t channel = 0; channel < 8; ++channel) {
      left += 0.01 * static_cast<double>(hesuvi[channel].left + 1) * in.at(n, channel);
      right += 0.01 * static_cast<double>(hesuvi[channel].right + 1) * in.at(n, channel);
    }
    ASSERT_NEAR(out.at(n, 0), left, 1e-6) << n;
    ASSERT_NEAR(out.at(n, 1), right, 1e-6) << n;
  }
}

TEST_F(Spatial, TheIdentityThatHesuviShipsGivesExactlyItsMapping) {
  const auto none = data("audio/hesuvi/none.wav");
  if (!none) GTEST_SKIP() << no_data("audio/hesuvi/none.wav");
  const Sound encoded = read_sound(*none);
  ASSERT_EQ(encoded.channels, 7) << "one side, the other is its mirror";
  const Sound in{.rate_hz = encoded.rate_hz, .channels = 8, .samples = noise(8 * 2000, 2)};
  const Sound out = convert(write_sound(scratch / "in.wav", in), none->string(), {"--layout", "7.1"});
  ASSERT_GE(out.frames(), in.frames());
  for (std::size_t n = 0; n < in.frames(); ++n) {
    double ears[2] = {};
    for (std::size_t channel = 0; channel < 8; ++channel) {
      for (std::size_t tap = 0; tap < encoded.frames() && tap <= n; ++tap) {
        ears[0] += static_cast<double>(encoded.at(tap, mirrored[channel].left)) * in.at(n - tap, channel);
        ears[1] += static_cast<double>(encoded.at(tap, mirrored[channel].right)) * in.at(n - tap, channel);
      }
    }
    ASSERT_NEAR(out.at(n, 0), ears[0], 1e-6) << n;
    ASSERT_NEAR(out.at(n, 1), ears[1], 1e-6) << n;
  }
}

TEST_F(Spatial, NothingOfTheTailIsCutOff) {
  const Sound hrir = responses(500);
  Sound in{.channels = 2, .samples = std::vector<float>(2 * 100)};
  in.samples[2 * 99] = 1;  // FL, in the last frame
  const Sound out = convert(write_sound(scratch / "in.wav", in), write_sound(scratch / "hrir.wav", hrir));
  ASSERT_EQ(out.frames(), 100U + 499);
  for (std::size_t n = 0; n < 500; ++n) {
    ASSERT_NEAR(out.at(99 + n, 0), hrir.at(n, 0), 1e-5);
    ASSERT_NEAR(out.at(99 + n, 1), hrir.at(n, 1), 1e-5);
  }
}

TEST_F(Spatial, BlocksOfAnySizesGiveTheSameSamples) {
  const std::string in = write_sound(scratch / "in.wav", {.channels = 8, .samples = noise(8 * 40000, 3)});
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(6000));
  const Sound whole = convert(in, hrir, {"--quantum", "8192"});
  for (const char* quantum : {"1,7,64,511,512,513,4096,8192", "64", "480", "1000"}) {
    const Sound out = convert(in, hrir, {"--quantum", quantum, "--seed", "5"});
    ASSERT_EQ(out.frames(), whole.frames()) << quantum;
    float worst = 0;
    for (std::size_t i = 0; i < out.samples.size(); ++i) {
      worst = std::max(worst, std::abs(out.samples[i] - whole.samples[i]));
    }
    EXPECT_LE(worst, 1e-5F) << quantum;
  }
}

// As a sound card would ask for it, with blocks of changing sizes that come late: sample for sample what an offline run
// of the same blocks gives, and no underrun. Half an hour at eight times real time in the soak.
TEST_F(Spatial, PacedIsBitForBitWhatOfflineGives) {
  const double seconds = soak() ? 1800 : 20;
  const auto frames = static_cast<std::size_t>(48000 * seconds);
  Sound part{.channels = 8, .samples = noise(8 * 48000, 4)};
  const Sound in{.channels = 8, .samples = {}, .format = SF_FORMAT_W64 | SF_FORMAT_PCM_16};
  const std::string file = (scratch / "in.w64").string();
  {
    // One second of noise over and over: half an hour at once would be gigabytes of memory.
    SF_INFO info{};
    info.samplerate = 48000;
    info.channels = 8;
    info.format = in.format;
    SNDFILE* out = sf_open(file.c_str(), SFM_WRITE, &info);
    ASSERT_NE(out, nullptr);
    for (std::size_t n = 0; n < frames; n += 48000) {
      ASSERT_EQ(sf_writef_float(out, part.samples.data(), 48000), 48000);
    }
    sf_close(out);
  }
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(4096));
  std::vector<std::string> outputs;
  for (const bool paced : {false, true}) {
    outputs.push_back((scratch / (paced ? "paced.wav" : "offline.wav")).string());
    std::vector<std::string> arguments = {"--in",      file,          "--hrir", hrir, "--out",    outputs.back(),
                                          "--quantum", "128,256,512", "--seed", "9",  "--report", scratch / "r.json"};
    if (paced) arguments.insert(arguments.end(), {"--paced=8", "--jitter", "0.5"});
    const Outcome outcome = run(command(arguments), Watchdog(600));
    ASSERT_TRUE(outcome.ok()) << outcome.line();
    const Json said = report("r.json");
    const Json& stream = said["streams"][0];
    EXPECT_EQ(stream["underruns"], 0) << stream.dump();
    EXPECT_EQ(stream["overruns"], 0) << stream.dump();
    for (const Json& path : said["hot_paths"]) {
      if (path["id"] != "spatial.block") continue;
      EXPECT_GT(path["passes"], 1000);
      EXPECT_EQ(path["allocations"], 0) << path.dump();
      EXPECT_EQ(path["frees"], 0) << path.dump();
      EXPECT_EQ(path["violations"], 0) << path.dump();
    }
  }
  std::ifstream a(outputs[0], std::ios::binary), b(outputs[1], std::ios::binary);
  std::vector<char> one(1 << 20), other(1 << 20);
  std::uint64_t compared = 0;
  while (a && b) {
    a.read(one.data(), static_cast<std::streamsize>(one.size()));
    b.read(other.data(), static_cast<std::streamsize>(other.size()));
    ASSERT_EQ(a.gcount(), b.gcount());
    ASSERT_TRUE(std::equal(one.begin(), one.begin() + a.gcount(), other.begin())) << "after byte " << compared;
    compared += static_cast<std::uint64_t>(a.gcount());
  }
  EXPECT_GT(compared, frames * 2 * 2);
}

TEST_F(Spatial, WhatComesLateIsSilenceAndCounted) {
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(64));
  // A pipe whose writer thinks for two seconds in the middle.
  const std::string in = write_sound(
      scratch / "in.wav", {.channels = 2, .samples = noise(2 * 96000, 5), .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16});
  const std::string script = "(head -c 200000 " + in + "; sleep 2; tail -c +200001 " + in + ") | " +
                             program("weir")->string() + " spatial --paced --quantum 256 --in - --hrir " + hrir +
                             " --out " + (scratch / "out.wav").string() + " --report " + (scratch / "r.json").string();
  const Outcome outcome = run({.argv = {"sh", "-c", script}});
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  const Json stream = report("r.json")["streams"][0];
  EXPECT_GT(stream["underruns"], 10);
  EXPECT_EQ(stream["frames_in"], 96000) << "late is not lost";
  EXPECT_EQ(stream["frames_out"].get<int>(), 96000 + 63 + stream["underrun_frames"].get<int>());
}

TEST_F(Spatial, PipesThroughStandardInputAndOutput) {
  const Sound sound{.channels = 6, .samples = noise(6 * 5000, 6), .format = SF_FORMAT_WAV | SF_FORMAT_PCM_24};
  const std::string in = write_sound(scratch / "in.wav", sound);
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(100));
  const std::string piped = (scratch / "piped.wav").string();
  const Outcome outcome = run({.argv = {"sh", "-c",
                                        "cat " + in + " | " + program("weir")->string() +
                                            " spatial --in - --out - --hrir " + hrir + " --format f32 > " + piped}});
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  const Sound direct = convert(in, hrir);
  EXPECT_EQ(read_sound(piped).samples, direct.samples);
}

struct Kind {
  const char *name, *samples;
  int format;
  double tolerance;  // of a sample
};

TEST_F(Spatial, WritesWhatItsNameSays) {
  const std::string in = write_sound(scratch / "in.wav", {.channels = 2, .samples = noise(2 * 5000, 8)});
  const std::string hrir = write_sound(scratch / "none.wav", identity(14));
  const Sound exact = convert(in, hrir);
  for (const Kind& kind : {Kind{"a.wav", "s16", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2.0 / 32768},
                           Kind{"a.wav", "s24", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2.0 / 8388608},
                           Kind{"a.wav", "s32", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 1e-7},
                           Kind{"a.flac", "s16", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 2.0 / 32768},
                           Kind{"a.flac", "s24", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 2.0 / 8388608}}) {
    SCOPED_TRACE(kind.samples);
    const std::string out = (scratch / kind.name).string();
    const Outcome outcome = spatial({"--in", in, "--hrir", hrir, "--out", out, "--format", kind.samples});
    ASSERT_TRUE(outcome.ok()) << outcome.line();
    const Sound read = read_sound(out);
    // WAV of 24 bits and more has the extended header.
    const int type = read.format & SF_FORMAT_TYPEMASK;
    EXPECT_EQ(type == SF_FORMAT_WAVEX ? SF_FORMAT_WAV : type, kind.format & SF_FORMAT_TYPEMASK) << kind.name;
    EXPECT_EQ(read.format & SF_FORMAT_SUBMASK, kind.format & SF_FORMAT_SUBMASK) << kind.name;
    ASSERT_EQ(read.samples.size(), exact.samples.size()) << kind.name;
    for (std::size_t i = 0; i < read.samples.size(); ++i) {
      ASSERT_NEAR(read.samples[i], exact.samples[i], kind.tolerance) << kind.name;
    }
  }
}

TEST_F(Spatial, WhatClipsIsCountedAndSaidAndTheLimiterPreventsIt) {
  const std::string in = write_sound(scratch / "in.wav", {.channels = 2, .samples = noise(2 * 20000, 9, 0.9F)});
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(64));
  const std::string out = (scratch / "out.wav").string();
  const auto clipped = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--in", in, "--hrir", hrir, "--out", out, "--gain", "20", "--format", "s16", "--report",
                             (scratch / "r.json").string()});
    const Outcome outcome = spatial(std::move(more));
    EXPECT_TRUE(outcome.ok()) << outcome.line();
    return std::pair(report("r.json")["streams"][0]["clipped_samples"].get<int>(), outcome.out);
  };
  const auto [without, said] = clipped({});
  EXPECT_GT(without, 100);
  EXPECT_THAT(said, HasSubstr(std::to_string(without) + " samples clipped"));
  EXPECT_EQ(clipped({"--set", "spatial.limiter=true"}).first, 0);
  const Sound limited = read_sound(out);
  EXPECT_EQ(limited.frames(), 20000U + 63) << "the limiter's delay is taken out";
}

TEST_F(Spatial, AnEqualizerIsHeard) {
  const std::string in = write_sound(scratch / "in.wav", {.channels = 2, .samples = noise(2 * 20000, 10)});
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(64));
  std::ofstream(scratch / "eq.txt") << "Preamp: -20 dB\nFilter 1: ON PK Fc 1000 Hz Gain 0.0 dB Q 1.0\n";
  const auto power = [](const Sound& sound) {
    double sum = 0;
    for (const float sample : sound.samples) sum += static_cast<double>(sample) * sample;
    return sum;
  };
  const double plain = power(convert(in, hrir));
  EXPECT_NEAR(10 * std::log10(power(convert(in, hrir, {"--eq", scratch / "eq.txt"})) / plain), -20, 0.1);
  EXPECT_NEAR(10 * std::log10(power(convert(in, hrir, {"--gain", "-6"})) / plain), -6, 0.1);
}

struct Wide {
  const char* layout;
  int channels, rate_hz;
};

class Shapes : public Spatial, public testing::WithParamInterface<Wide> {};

// The dummy head that comes with libmysofa knows every direction: a sound on the left is louder in the left ear.
TEST_P(Shapes, EverySpeakerIsOnItsSide) {
  const Wide& wide = GetParam();
  const std::vector<std::string> left = {"FL", "BL", "SL", "TFL", "TBL", "WL", "TSL", "FLC"};
  const std::vector<std::string> right = {"FR", "BR", "SR", "TFR", "TBR", "WR", "TSR", "FRC"};
  std::vector<std::string> names;
  std::stringstream text(wide.layout);
  for (std::string name; std::getline(text, name, ',');) names.push_back(name);
  ASSERT_EQ(names.size(), static_cast<std::size_t>(wide.channels));
  // A burst from each speaker in turn.
  const auto burst = static_cast<std::size_t>(wide.rate_hz / 10);
  const auto channels = static_cast<std::size_t>(wide.channels);
  Sound in{
      .rate_hz = wide.rate_hz, .channels = wide.channels, .samples = std::vector<float>(burst * channels * channels)};
  const std::vector<float> sound = noise(burst / 2, 11, 0.3F);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t n = 0; n < sound.size(); ++n) {
      in.samples[(channel * burst + n) * channels + channel] = sound[n];
    }
  }
  const std::string out = (scratch / "out.wav").string();
  const Outcome outcome =
      spatial({"--in", write_sound(scratch / "in.wav", in), "--layout", wide.layout, "--out", out, "--format", "f32"});
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  const Sound ears = read_sound(out);
  ASSERT_EQ(ears.rate_hz, wide.rate_hz);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    double power[2] = {};
    for (std::size_t n = channel * burst; n < (channel + 1) * burst; ++n) {
      for (std::size_t ear = 0; ear < 2; ++ear) power[ear] += static_cast<double>(ears.at(n, ear)) * ears.at(n, ear);
    }
    ASSERT_GT(power[0] + power[1], 0) << names[channel];
    const double difference_db = 10 * std::log10(power[0] / power[1]);
    if (std::find(left.begin(), left.end(), names[channel]) != left.end())
      EXPECT_GT(difference_db, 1) << names[channel];
    if (std::find(right.begin(), right.end(), names[channel]) != right.end()) {
      EXPECT_LT(difference_db, -1) << names[channel];
    }
    if (names[channel] == "FC" || names[channel] == "BC") EXPECT_NEAR(difference_db, 0, 2) << names[channel];
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, Shapes,
                         testing::Values(Wide{"FL,FR", 2, 44100}, Wide{"FL,FR,FC,LFE,BL,BR", 6, 48000},
                                         Wide{"FL,FR,FC,LFE,BL,BR,SL,SR", 8, 96000},
                                         Wide{"FL,FR,FC,LFE,BL,BR,SL,SR,TFL,TFR,TBL,TBR", 12, 192000},
                                         Wide{"FL,FR,FC,LFE,BL,BR,SL,SR,TFL,TFR,TBL,TBR,WL,WR,TSL,TSR", 16, 48000}),
                         [](const auto& of) {
                           return "of_" + std::to_string(of.param.channels) + "_at_" + std::to_string(of.param.rate_hz);
                         });

// The speakers name themselves in turn, the one in front through both beside it; each must be heard on its side through
// every set of responses there is.
TEST_F(Spatial, TheChannelWalkOfARecordingLandsOnTheRightEarThroughEverySet) {
  const auto walk = data("audio/content/test_surround.ogg");
  if (!walk) GTEST_SKIP() << no_data("audio/content/test_surround.ogg");
  std::vector<std::filesystem::path> sets = {""};  // the default
  for (const char* folder : {"audio/hesuvi", "audio/airwave", "audio/sofa"}) {
    const auto dir = data(folder);
    if (!dir) continue;
    for (const auto& entry : std::filesystem::directory_iterator(*dir)) {
      // These two are pulses made for tests of readers, no ears; a third one is of another convention.
      const std::string name = entry.path().filename();
      if (entry.is_regular_file() && name != "Pulse.sofa" && name != "tester.sofa") sets.push_back(entry.path());
    }
  }
  // Where each channel speaks: found in the file itself, by its loudest stretch.
  const Sound in = read_sound(*walk);
  ASSERT_EQ(in.channels, 8);
  const auto window = static_cast<std::size_t>(in.rate_hz / 2);
  const auto power_of = [&](const Sound& sound, std::size_t channel, std::size_t from) {
    double sum = 0;
    for (std::size_t n = from; n < std::min(from + window, sound.frames()); ++n) {
      sum += static_cast<double>(sound.at(n, channel)) * sound.at(n, channel);
    }
    return sum;
  };
  // The head casts a shadow on high tones alone; a voice's power is in the low ones. So in the output the difference
  // from sample to sample is what counts.
  const auto highs_of = [&](const Sound& sound, std::size_t ear, std::size_t from) {
    double sum = 0;
    for (std::size_t n = from + 1; n < std::min(from + window, sound.frames()); ++n) {
      const double step = static_cast<double>(sound.at(n, ear)) - sound.at(n - 1, ear);
      sum += step * step;
    }
    return sum;
  };
  std::map<std::size_t, std::size_t> loudest;  // channel → frame
  for (std::size_t channel = 0; channel < 8; ++channel) {
    double most = 0;
    for (std::size_t from = 0; from + window < in.frames(); from += window / 4) {
      double others = 0;
      for (std::size_t other = 0; other < 8; ++other) others += other == channel ? 0 : power_of(in, other, from);
      const double own = power_of(in, channel, from);
      if (own > most && own > 4 * others) {
        most = own;
        loudest[channel] = from;
      }
    }
  }
  ASSERT_GE(loudest.size(), 6U) << "the channels do not speak in turn";
  for (const auto& set : sets) {
    SCOPED_TRACE(set.string());
    const std::string out = (scratch / "out.wav").string();
    std::vector<std::string> arguments = {"--in", walk->string(), "--out", out, "--format", "f32"};
    if (!set.empty()) arguments.insert(arguments.end(), {"--hrir", set.string()});
    const Outcome outcome = spatial(arguments);
    if (set.filename() == "testfile.sofa") {
      EXPECT_THAT(outcome.err, HasSubstr("GeneralFIR-E"));
      continue;
    }
    EXPECT_TRUE(outcome.ok()) << outcome.line();
    if (!outcome.ok()) continue;
    const Sound ears = read_sound(out);
    // Vorbis' own order, which libsndfile leaves as it is: FL FC FR SL SR BL BR LFE.
    for (const auto& [channel, side] : std::map<std::size_t, int>{{0, 1}, {2, -1}, {3, 1}, {4, -1}, {5, 1}, {6, -1}}) {
      if (!loudest.contains(channel)) continue;
      const double left = highs_of(ears, 0, loudest[channel]), right = highs_of(ears, 1, loudest[channel]);
      EXPECT_GT(side * 10 * std::log10(left / right), 0) << "channel " << channel;
    }
  }
}

TEST_F(Spatial, WhatCannotBeDoneIsOneLineAndLeavesTheOldFileAlone) {
  const std::string in = write_sound(scratch / "in.wav", {.channels = 2, .samples = noise(2 * 1000, 12)});
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(64));
  const std::string out = (scratch / "out.wav").string();
  std::ofstream(out) << "precious";
  std::ofstream(scratch / "text.wav") << "this is no sound";
  std::ofstream(scratch / "bad.txt") << "Filter 1: ON PK Fc -3 Hz Gain 1 dB Q 1\n";
  Sound nan = responses(64);
  nan.samples[100] = std::nanf("");
  write_sound(scratch / "nan.wav", nan);
  write_sound(scratch / "five.wav", {.channels = 5, .samples = noise(500, 13)});
  write_sound(scratch / "one.wav", {.channels = 9, .samples = noise(900, 13)});
  const std::string text = scratch / "text.wav";
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
  };
  for (const Case& one : {
           Case{{"--in", scratch / "missing.wav", "--hrir", hrir, "--out", out}, 1},
           Case{{"--in", text, "--hrir", hrir, "--out", out}, 1},
           Case{{"--in", in, "--hrir", scratch / "missing.sofa", "--out", out}, 1},
           Case{{"--in", in, "--hrir", text, "--out", out}, 1},
           Case{{"--in", in, "--hrir", scratch / "nan.wav", "--out", out}, 1},
           Case{{"--in", in, "--hrir", scratch / "five.wav", "--out", out}, 1},
           Case{{"--in", in, "--hrir", hrir, "--eq", scratch / "bad.txt", "--out", out}, 1},
           Case{{"--in", in, "--hrir", hrir, "--eq", scratch / "none.txt", "--out", out}, 1},
           Case{{"--in", in, "--hrir", hrir, "--layout", "5.1", "--out", out}, 2},
           Case{{"--in", in, "--hrir", hrir, "--layout", "eleven", "--out", out}, 2},
           Case{{"--in", in, "--hrir", hrir, "--out", scratch / "no" / "folder.wav"}, 1},
           Case{{"--in", in, "--hrir", hrir, "--out", scratch / "out.doc"}, 2},
           Case{{"--in", in, "--out", out, "--quantum", "0"}, 2},
           Case{{"--in", in, "--out", out, "--quantum", "64,"}, 2},
           Case{{"--in", in, "--out", out, "--gain", "loud"}, 2},
           Case{{"--in", in, "--out", out, "--jitter", "0.5"}, 2},
           Case{{"--in", in}, 2},
       }) {
    std::string what;
    for (const std::string& argument : one.arguments) what += argument + ' ';
    expect_one_line(spatial(one.arguments), one.exit_code, what);
  }
  std::ifstream old(out);
  std::string content;
  std::getline(old, content);
  EXPECT_EQ(content, "precious");
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
  }
}

TEST_F(Spatial, ASignalEndsItCleanlyAndLeavesTheOldFileAlone) {
  const std::string in = write_sound(scratch / "in.wav", {.channels = 2, .samples = noise(2 * 480000, 14)});
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(64));
  const std::string out = (scratch / "out.wav").string(), fifo = (scratch / "fifo").string();
  std::ofstream(out) << "precious";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  // Held open for both: whoever reads waits for more.
  const int writer = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  // Paced; in the middle of a pipe that falls silent; before its first byte.
  for (const std::string& from : {in, fifo, fifo + "-silent"}) {
    SCOPED_TRACE(from);
    const bool paced = from == in;
    if (from == fifo) {
      std::ifstream file(in, std::ios::binary);
      std::string head(3000, 0);
      file.read(head.data(), 3000);
      ASSERT_EQ(::write(writer, head.data(), head.size()), 3000);
    }
    std::vector<std::string> arguments = {"--in", from.starts_with(fifo) ? fifo : from, "--hrir", hrir, "--out", out};
    if (paced) arguments.insert(arguments.end(), {"--paced", "--report", scratch / "r.json"});
    Process running(command(arguments));
    // weir has become weir-spatial by then, and handles signals.
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    ASSERT_TRUE(running.running()) << running.err();
    running.send(SIGINT);
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.exit_code, 130) << outcome.line();
    EXPECT_THAT(outcome.err, IsEmpty());
    if (paced) EXPECT_THAT(outcome.out, HasSubstr("no file was written"));
    if (paced) EXPECT_EQ(report("r.json")["streams"][0]["state"], "stopped");
    std::ifstream old(out);
    std::string content;
    std::getline(old, content);
    EXPECT_EQ(content, "precious");
  }
  ::close(writer);
}

// Whatever is fed to it: an error in one line, or sound that is finite and bounded.
TEST_F(Spatial, BadFilesAreRefusedOrHarmless) {
  const std::string good = write_sound(scratch / "good.wav", {.channels = 2, .samples = noise(2 * 5000, 15)});
  const std::string hrir = write_sound(scratch / "hrir.wav", responses(64));
  std::vector<std::pair<std::string, std::string>> runs;  // in, hrir
  for (const char* folder : {"bad/wav", "bad/flac", "bad/sofa"}) {
    const auto dir = data(folder);
    if (!dir) {
      std::cout << no_data(folder) << '\n';
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*dir)) {
      if (!entry.is_regular_file()) continue;
      runs.emplace_back(entry.path().string(), hrir);
      runs.emplace_back(good, entry.path().string());
    }
  }
  if (const auto dir = data("audio/content")) {
    for (const auto& entry : std::filesystem::directory_iterator(*dir)) runs.emplace_back(entry.path().string(), hrir);
  }
  // Damage of one's own, so that something is tried on any machine.
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::ifstream file(hrir, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  for (int i = 0; i < 20; ++i) {
    std::string damaged = whole.substr(0, i % 2 == 0 ? random() % whole.size() : whole.size());
    for (int hit = 0; hit < 5 && !damaged.empty(); ++hit) {
      damaged[random() % std::min<std::size_t>(damaged.size(), hit < 3 ? 100 : 10000)] = static_cast<char>(random());
    }
    const std::string path = (scratch / ("damaged" + std::to_string(i) + ".wav")).string();
    std::ofstream(path, std::ios::binary) << damaged;
    runs.emplace_back(good, path);
    runs.emplace_back(path, hrir);
  }
  const std::string out = (scratch / "out.wav").string();
  for (const auto& [in, responses] : runs) {
    SCOPED_TRACE(in + " through " + responses);
    std::filesystem::remove(out);
    const Outcome outcome = spatial({"--in", in, "--hrir", responses, "--out", out, "--format", "f32", "--for", "30s"});
    EXPECT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 1 || outcome.exit_code == 2) << outcome.line();
    if (outcome.exit_code != 0) {
      EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
      EXPECT_FALSE(std::filesystem::exists(out));
      continue;
    }
    for (const float sample : read_sound(out).samples) {
      ASSERT_TRUE(std::isfinite(sample));
    }
  }
}

TEST_F(Spatial, ALostSettingWouldBeNoticed) {
  const Outcome outcome = spatial({"--in", "a.wav", "--out", "b.wav", "--set", "spatial.hrtf=x"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean"));
}

TEST_F(Spatial, HasHelpWithExamples) {
  const Outcome outcome = spatial({"--help"});
  EXPECT_TRUE(outcome.ok());
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("--hrir"), HasSubstr("examples:"), HasSubstr("--paced")));
}

}  // namespace
