// What the page, and any other program, can ask a watch for over HTTP: events, recordings, what is drawn on a picture.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/flows/watch/camera.hpp"
#include "weir/flows/watch/story.hpp"
#include "weir/flows/watch/telling.hpp"
#include "weir/flows/watch/watch.hpp"
#include "weir/media/mux/retention.hpp"
#include "weir/server/http_server.hpp"

namespace weir::watch {

// docs/api.md says what each answers.
//   GET /api/events?camera=&class=&before=&limit=   GET /api/events/ID
//   GET /recordings/PATH                            files, and pictures of events that go on
//   GET, PUT /api/cameras/NAME/drawn                zones, lines, masks
// Thread-safety: before the server starts.  Allocates: yes.  Blocks: never.
// Ownership: what it is given outlives the server; `retention` and `telling` may be missing.
void add_api(server::HttpServer& server, const Story& story, const media::Retention* retention,
             const std::vector<std::unique_ptr<Camera>>& cameras, Telling* telling, const Hooks& hooks);

}  // namespace weir::watch
