// What a running watch answers over HTTP: events, recordings, and drawings that are in force at once and kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/support/watch_run.hpp"
#include "tests/support/ws_client.hpp"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* as_json = "Content-Type: application/json\r\n";

class Api : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built"; }

  void start(const std::string& settings, std::vector<std::string> arguments = {}) {
    watch_.emplace(settings, std::move(arguments));
    ASSERT_GT(watch_->port(), 0) << watch_->process().err();
  }
  void TearDown() override {
    if (!watch_) return;
    EXPECT_EQ(watch_->stop(SIGTERM).exit_code, 143);
    EXPECT_EQ(imbalance(watch_->report()), "");
  }

  HttpAnswer ask(const std::string& path, const std::string& headers = {}, const char* method = "GET",
                 const std::string& body = {}) {
    std::string all = headers;
    if (!body.empty()) all += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    auto answer = http(static_cast<std::uint16_t>(watch_->port()), method, path, all, {}, body);
    return answer ? *answer : HttpAnswer{};
  }
  Json json(const std::string& path) { return Json::parse(ask(path).body, nullptr, false); }
  HttpAnswer draw(const Json& drawing, const std::string& headers = as_json) {
    return ask("/api/cameras/a/drawn", headers, "PUT", drawing.dump());
  }
  std::string settings_file() {
    std::ifstream file(watch_->file("weir.toml"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::optional<WatchRun> watch_;
};

std::vector<std::string> ids(const Json& page) {
  std::vector<std::string> out;
  for (const Json& event : page["events"]) out.push_back(event["id"]);
  return out;
}

const Json square = {{0.1, 0.1}, {0.9, 0.1}, {0.9, 0.9}, {0.1, 0.9}};

TEST_F(Api, events_are_filtered_and_come_page_by_page_the_newest_first) {
  ScratchDir dir;
  // A past of three cameras' worth: the file is what an earlier run leaves.
  std::filesystem::create_directories(dir / "rec");
  {
    std::ofstream past(dir / "rec/events.jsonl");
    for (int i = 0; i < 300; ++i) {
      past << Json({{"id", "old-" + std::to_string(i)},
                    {"camera", i % 3 == 0 ? "a" : "yard"},
                    {"class", i % 2 == 0 ? "person" : "car, van"},
                    {"start", {{"time_ms", 1'700'000'000'000 + i}}}})
                  .dump()
           << '\n';
    }
  }
  start("[record]\ndir = \"" + (dir / "rec").string() +
        "\"\nmin_free = \"0MB\"\n[cameras.a]\nurl = \"demo:street?size=160x90\"\nmotion.enabled = false\n");
  EXPECT_EQ(json("/api/events")["events"].size(), 50U);
  EXPECT_EQ(json("/api/events")["total"], 300);
  EXPECT_EQ(json("/api/events?limit=1000")["events"].size(), 200U) << "at most";
  EXPECT_EQ(ids(json("/api/events?limit=2")), (std::vector<std::string>{"old-299", "old-298"}));
  EXPECT_EQ(ids(json("/api/events?limit=2&before=old-298")), (std::vector<std::string>{"old-297", "old-296"}));
  EXPECT_EQ(ids(json("/api/events?limit=2&camera=a")), (std::vector<std::string>{"old-297", "old-294"}));
  EXPECT_EQ(ids(json("/api/events?camera=a&class=car%2C+van&limit=1")), (std::vector<std::string>{"old-297"}));
  EXPECT_TRUE(ids(json("/api/events?camera=nobody")).empty());
  EXPECT_TRUE(ids(json("/api/events?before=nothing")).empty());
  // Page by page all of them come, each once.
  std::vector<std::string> all;
  for (std::string before; all.size() <= 300;) {
    const auto page = ids(json("/api/events?limit=77&before=" + before));
    if (page.empty()) break;
    all.insert(all.end(), page.begin(), page.end());
    before = page.back();
  }
  ASSERT_EQ(all.size(), 300U);
  EXPECT_EQ(all.back(), "old-0");
  EXPECT_EQ(json("/api/events/old-7")["class"], "car, van");
  EXPECT_EQ(ask("/api/events/nothing").status, 404);
  for (const char* bad : {"-1", "many", "1e3", "99999999999999999999999"}) {
    EXPECT_EQ(ask(std::string("/api/events?limit=") + bad).status, 400) << bad;
  }
}

TEST_F(Api, recordings_are_given_in_ranges_and_nothing_else_is) {
  ScratchDir dir;
  start("[record]\ndir = \"" + (dir / "rec").string() +
        "\"\nmin_free = \"0MB\"\ncontinuous = true\nsegment_s = 1\n"
        "[cameras.a]\nurl = \"demo:street?size=320x180\"\n");
  ASSERT_TRUE(watch_->wait_until([](const Json& report) { return camera(report, "a")["recording"]["segments"] > 1; }));
  std::ofstream(dir / "secret.mp4") << "not yours";
  std::ofstream(dir / "rec/a/notes.txt") << "not a recording";
  std::filesystem::create_symlink(dir / "secret.mp4", dir / "rec/a/link.mp4");
  std::string path, bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir / "rec")) {
    if (entry.path().extension() != ".mp4" || entry.is_symlink()) continue;
    path = "/recordings/" + std::filesystem::relative(entry.path(), dir / "rec").string();
    std::ifstream file(entry.path(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    break;
  }
  ASSERT_GT(bytes.size(), 1000U);
  const HttpAnswer whole = ask(path);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.header("content-type"), "video/mp4");
  EXPECT_EQ(whole.header("accept-ranges"), "bytes");
  EXPECT_TRUE(whole.body == bytes);
  EXPECT_EQ(ask(path, {}, "HEAD").header("content-length"), std::to_string(bytes.size()));
  const HttpAnswer part = ask(path, "Range: bytes=100-299\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.header("content-range"), "bytes 100-299/" + std::to_string(bytes.size()));
  EXPECT_TRUE(part.body == bytes.substr(100, 200));
  const HttpAnswer tail = ask(path, "Range: bytes=-50\r\n");
  EXPECT_EQ(tail.status, 206);
  EXPECT_TRUE(tail.body == bytes.substr(bytes.size() - 50));
  const HttpAnswer beyond = ask(path, "Range: bytes=" + std::to_string(bytes.size()) + "-\r\n");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.header("content-range"), "bytes */" + std::to_string(bytes.size()));

  for (const char* escape :
       {"/recordings/../secret.mp4", "/recordings/a/../../secret.mp4", "/recordings/%2e%2e/secret.mp4",
        "/recordings/..%2fsecret.mp4", "/recordings/a/%2e%2e/%2e%2e/secret.mp4", "/recordings//secret.mp4",
        "/recordings/a/link.mp4", "/recordings/a/notes.txt", "/recordings/events.jsonl", "/recordings/a",
        "/recordings/", "/recordings/a/gone.mp4", "/recordings/a/%00.mp4"}) {
    const HttpAnswer answer = ask(escape);
    EXPECT_GE(answer.status, 400) << escape;
    EXPECT_LT(answer.status, 500) << escape;
    EXPECT_THAT(answer.body, Not(HasSubstr("not yours"))) << escape;
  }
}

TEST_F(Api, a_drawing_is_in_force_at_once_and_kept_in_the_settings_file) {
  const std::string settings =
      "# My cameras.\n[cameras.a]  # the street\nurl = \"demo:street?size=320x180&fps=15\"\ndetect.fps = 0\n\n"
      "# About the zone.\n[cameras.a.zones.old]\npoints = [[0, 0], [1, 0], [1, 1], [0, 1]]  # everything\n\n"
      "[log]\nlevel = \"warn\"  # quiet\n";
  ScratchDir dir;
  start(settings, {"--events", dir / "events.jsonl"});
  // Something is in the old zone when it goes.
  ASSERT_TRUE(watch_->wait_until([](const Json& report) {
    const Json zones = camera(report, "a")["zones"];
    return !zones.empty() && zones[0]["inside"] > 0;
  }));
  const Json before = json("/api/cameras/a/drawn");
  EXPECT_EQ(before["zones"][0]["name"], "old");
  EXPECT_EQ(before["classes"], Json({"motion"}));
  EXPECT_EQ(before["file"], "weir.toml");

  const Json drawing = {{"zones", {{{"name", "new"}, {"points", square}, {"dwell_s", 2.5}}}},
                        {"lines", {{{"name", "gate"}, {"points", {{0.123456789, 0}, {0.5, 1}}}}}},
                        {"masks", {{{"name", "tree"}, {"points", {{0, 0}, {0.1, 0}, {0, 0.1}}}}}}};
  const HttpAnswer taken = draw(drawing);
  ASSERT_EQ(taken.status, 200) << taken.body;
  EXPECT_EQ(Json::parse(taken.body)["saved"], true) << taken.body;
  EXPECT_TRUE(watch_->wait_until([](const Json& report) {
    const Json shown = camera(report, "a");
    return shown["zones"].size() == 1 && shown["zones"][0]["name"] == "new" && shown["lines"].size() == 1;
  }));
  EXPECT_EQ(json("/api/cameras/a/drawn")["zones"][0]["dwell_s"], 2.5);
  const std::string after = settings_file();
  EXPECT_THAT(after,
              AllOf(HasSubstr("# My cameras."), HasSubstr("# the street"), HasSubstr("# quiet"), HasSubstr("zones.new"),
                    HasSubstr("lines.gate"), HasSubstr("masks.tree"), Not(HasSubstr("zones.old"))));
  EXPECT_TRUE(watch_->wait_until([](const Json& report) { return camera(report, "a")["zones"][0]["entered"] > 0; }));
  ASSERT_EQ(draw({{"zones", Json::array()}}).status, 200);
  EXPECT_TRUE(watch_->wait_until([](const Json& report) { return camera(report, "a")["zones"].empty(); }));
  EXPECT_THAT(settings_file(), AllOf(HasSubstr("# My cameras."), Not(HasSubstr("zones.new"))));

  EXPECT_EQ(watch_->stop(SIGTERM).exit_code, 143);
  EXPECT_EQ(imbalance(watch_->report()), "");
  std::map<std::string, int> inside;
  for (const Json& event : json_lines(dir / "events.jsonl")) {
    if (event["type"] == "enter") ++inside[event["zone"]];
    if (event["type"] == "leave") --inside[event["zone"]];
  }
  EXPECT_EQ(inside, (std::map<std::string, int>{{"new", 0}, {"old", 0}})) << "what enters leaves, also with its zone";
  watch_.reset();
}

TEST_F(Api, what_cannot_be_drawn_is_refused_with_the_reason_and_changes_nothing) {
  start("[cameras.a]\nurl = \"demo:street?size=160x90\"\n[cameras.a.zones.old]\npoints = [[0, 0], [1, 0], [1, 1]]\n");
  const std::string before = settings_file();
  const auto zone = [](const Json& points, const Json& more = Json::object()) {
    Json one = {{"name", "new"}, {"points", points}};
    one.update(more);
    return Json{{"zones", {one}}};
  };
  const auto refused = [&](const Json& drawing, const char* reason) {
    const HttpAnswer answer = draw(drawing);
    EXPECT_EQ(answer.status, 400) << drawing << answer.body;
    EXPECT_THAT(Json::parse(answer.body, nullptr, false).value("error", ""), HasSubstr(reason)) << drawing;
  };
  refused(zone({{0, 0}, {1, 1}, {1, 0}, {0, 1}}), "cross");
  refused(zone({{0, 0}, {1, 1}}), "points");
  refused(zone({{0, 0}, {2, 0}, {1, 1}}), "1");
  refused(zone(square, {{"classes", {"unicorn"}}}), "unicorn");
  refused(zone(square, {{"dwell_s", -1}}), "dwell_s");
  refused(zone(square, {{"dwell_s", "long"}}), "drawing");
  refused(zone(square, {{"name", ""}}), "");
  refused(zone(square, {{"name", "a\nb"}}), "");
  refused({{"zones", {zone(square)["zones"][0], zone(square)["zones"][0]}}}, "");
  refused({{"lines", {{{"name", "x"}, {"points", {{0.5, 0.5}, {0.5, 0.5}}}}}}}, "line");
  refused({{"lines", {{{"name", "x"}, {"points", square}}}}}, "drawing");
  refused({{"masks", {{{"name", "x"}}}}}, "drawing");
  refused({{"zones", 7}}, "drawing");
  refused(Json::array(), "drawing");
  refused({{"zone", Json::array()}}, "drawing");
  EXPECT_EQ(ask("/api/cameras/a/drawn", as_json, "PUT", "{\"zones\": [").status, 400);
  EXPECT_GE(ask("/api/cameras/a/drawn", as_json, "PUT").status, 400);

  EXPECT_EQ(draw(zone(square), std::string(as_json) + "Origin: http://example.org\r\n").status, 403);
  EXPECT_EQ(draw(zone(square), std::string(as_json) + "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_GE(draw(zone(square), "Content-Type: text/plain\r\n").status, 400);
  const HttpAnswer post = ask("/api/cameras/a/drawn", as_json, "POST", "{}");
  EXPECT_EQ(post.status, 405);
  EXPECT_THAT(post.header("allow"), HasSubstr("PUT"));
  EXPECT_EQ(ask("/api/cameras/nobody/drawn", as_json, "PUT", zone(square).dump()).status, 404);
  EXPECT_EQ(ask("/api/events", as_json, "PUT", "{}").status, 405);

  EXPECT_EQ(json("/api/cameras/a/drawn")["zones"][0]["name"], "old");
  EXPECT_EQ(settings_file(), before);
  const std::string origin = "Origin: http://127.0.0.1:" + std::to_string(watch_->port()) + "\r\n";
  EXPECT_EQ(draw(zone(square), as_json + origin).status, 200) << "the page's own";
}

}  // namespace
}  // namespace weir::test
