#include <dlfcn.h>
#include <sys/stat.h>

#include <mutex>

#include "weir/media/live_source.hpp"
#include "weir/media/source_kinds.hpp"

namespace weir::media {
namespace {

// libavdevice brings SDL, X11 and sound servers with it; only who has a camera device pays for that.
bool register_devices() {
  static std::once_flag once;
  static bool good = false;
  std::call_once(once, [] {
    void* library = ::dlopen("libavdevice.so." AV_STRINGIFY(59), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return;
    void* symbol = ::dlsym(library, "avdevice_register_all");
    if (symbol == nullptr) return;
    reinterpret_cast<void (*)()>(symbol)();
    good = true;
  });
  return good;
}

}  // namespace

// Written from the documentation of libavdevice's video4linux2 input; no such device was there to try it on.
Result<std::unique_ptr<Source>> open_device(const std::string& address, const SourceOptions& options,
                                            std::stop_token stop) {
  const std::string path = address.substr(address.find(':') + 1);
  const std::string owner = options.owner.empty() ? address : options.owner;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(Code::not_found, "no such device; `ls /dev/video*` shows what there is", owner, path);
  }
  if (!S_ISCHR(status.st_mode)) return fail(Code::invalid, "is not a camera device", owner, path);
  if (!register_devices()) {
    return fail(Code::unsupported, "libavdevice is not installed; install libavdevice59", owner, path);
  }
  DemuxerOptions o;
  o.address = path;
  o.format = "video4linux2";
  o.live = true;
  o.nonblocking = true;
  o.connect_timeout = options.connect_timeout;
  o.stall_timeout = options.stall_timeout;
  o.failure.owner = owner;
  o.failure.detail = path;
  return LiveSource::open(SourceKind::device, std::move(o), options, std::move(stop));
}

}  // namespace weir::media
