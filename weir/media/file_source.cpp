#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "weir/media/demuxer.hpp"
#include "weir/media/pacer.hpp"
#include "weir/media/source_kinds.hpp"
#include "weir/media/stream_tracker.hpp"

namespace weir::media {
namespace {

class FileSource final : public Source {
 public:
  FileSource(FileHandle file, std::string path, const SourceOptions& options, Error failure,
             std::unique_ptr<Demuxer> demuxer, StreamTracker tracker)
      : file_(std::move(file)),
        path_(std::move(path)),
        options_(options),
        failure_(std::move(failure)),
        demuxer_(std::move(demuxer)),
        tracker_(std::move(tracker)),
        pacer_(*options.clock) {}

  static Result<std::unique_ptr<Demuxer>> open_demuxer(const FileHandle& file, const std::string& path,
                                                       const Error& failure, std::stop_token stop) {
    DemuxerOptions o;
    // With the prefix a colon in a name is no scheme.
    o.address = "file:" + path;
    o.descriptor = file.descriptor();
    o.failure = failure;
    o.connect_timeout = file_open_timeout;
    // What a file names is not opened, by whatever protocol: this is the name of none.
    av_dict_set(&o.dictionary, "protocol_whitelist", "none", 0);
    return Demuxer::open(std::move(o), std::move(stop));
  }

  const StreamInfo& info() const noexcept override { return tracker_.info(); }
  SourceKind kind() const noexcept override { return SourceKind::file; }

  Result<Read> read(Packet& packet, std::stop_token stop) override {
    Result<Read> got = demuxer_->read(stop);
    if (got && *got == Read::end && !first_) return failed(Code::corrupt, "not one picture can be read from it");
    if (got && *got == Read::end && options_.loop) {
      if (const Result<void> again = begin_anew(stop); !again) return tl::unexpected(again.error());
      got = Read::packet;
    }
    if (!got || *got == Read::end) return got;
    AVPacket& native = *demuxer_->packet();
    if (!first_) first_ = Mark{native.pts, native.dts, native.size};
    tracker_.take(native, demuxer_->stream().time_base, packet);
    if (!options_.fast) {
      if (!pacer_.wait(packet.dts_us, stop)) return failed(Code::cancelled, "stopped");
      packet.capture_us = wall_ns() / 1000;
    }
    return got;
  }

 private:
  // What the first packet looks like, to know it again.
  struct Mark {
    std::int64_t pts, dts;
    int size;
    bool operator==(const Mark&) const = default;
  };

  tl::unexpected<Error> failed(Code code, const char* text) const {
    Error e = failure_;
    e.code = code;
    e.text = text;
    return tl::unexpected(std::move(e));
  }

  bool at_first() const {
    const AVPacket& p = *demuxer_->packet();
    return Mark{p.pts, p.dts, p.size} == *first_;
  }

  // Leaves the first packet read. Not every format finds back to it by seeking: then the file is opened again.
  Result<void> begin_anew(const std::stop_token& stop) {
    if (!reopens_) {
      if (demuxer_->rewind()) {
        const Result<Read> got = demuxer_->read(stop);
        if (!got && got.error().code == Code::cancelled) return tl::unexpected(got.error());
        if (got && *got == Read::packet && at_first()) {
          tracker_.restart();
          return {};
        }
      }
      reopens_ = true;
    }
    demuxer_.reset();
    auto opened = open_demuxer(file_, path_, failure_, stop);
    if (!opened) return tl::unexpected(opened.error());
    demuxer_ = std::move(*opened);
    const Result<Read> got = demuxer_->read(stop);
    if (!got) return tl::unexpected(got.error());
    if (*got == Read::end || demuxer_->stream().codecpar->codec_id != info().parameters->codec_id || !at_first()) {
      return failed(Code::invalid, "the file changed while it was looped; start again");
    }
    tracker_.restart();
    return {};
  }

  FileHandle file_;
  std::string path_;
  SourceOptions options_;
  Error failure_;
  std::unique_ptr<Demuxer> demuxer_;
  StreamTracker tracker_;
  Pacer pacer_;
  std::optional<Mark> first_;
  bool reopens_ = false;
};

std::string path_of(const std::string& address) { return address.starts_with("file://") ? address.substr(7) : address; }

Error failure_of(const std::string& path, const SourceOptions& options) {
  Error failure;
  failure.owner = options.owner.empty() ? path : options.owner;
  if (!options.owner.empty() && options.owner != path) failure.detail = path;
  return failure;
}

tl::unexpected<Error> say(Error failure, Code code, const char* text) {
  failure.code = code;
  failure.text = text;
  return tl::unexpected(std::move(failure));
}

tl::unexpected<Error> say_errno(const Error& failure, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return say(failure, Code::not_found, "no such file; check the path");
    case EACCES:
    case EPERM: return say(failure, Code::denied, "may not be read; check its permissions");
    case ENAMETOOLONG: return say(failure, Code::invalid, "the name is too long for a file");
    default: return fail(Code::failed, "cannot be looked at", failure.owner, std::strerror(error));
  }
}

}  // namespace

// Says what a library would answer with less help, or by waiting for ever (a FIFO without a writer).
Result<FileHandle> open_file_handle(const std::string& address, const SourceOptions& options) {
  const std::string path = path_of(address);
  const Error failure = failure_of(path, options);
  struct stat status{};
  // Before it is opened, too: opening a device may already do something.
  if (::stat(path.c_str(), &status) != 0) return say_errno(failure, errno);
  if (S_ISDIR(status.st_mode)) return say(failure, Code::invalid, "is a directory; name the file in it");
  if (S_ISCHR(status.st_mode)) return say(failure, Code::invalid, "is a device; for a camera write v4l2: before it");
  if (!S_ISREG(status.st_mode)) return say(failure, Code::invalid, "is not a regular file");
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) return say_errno(failure, errno);
  if (!S_ISREG(status.st_mode)) return say(failure, Code::invalid, "is not a regular file");
  if (status.st_size == 0) return say(failure, Code::corrupt, "the file is empty");
  return file;
}

Result<std::unique_ptr<Source>> open_file(FileHandle file, const std::string& address, const SourceOptions& options,
                                          std::stop_token stop) {
  std::string path = path_of(address);
  Error failure = failure_of(path, options);
  auto demuxer = FileSource::open_demuxer(file, path, failure, std::move(stop));
  if (!demuxer) return tl::unexpected(demuxer.error());
  auto tracker =
      StreamTracker::make(*(*demuxer)->stream().codecpar, (*demuxer)->fps(), options.first_epoch, options.first_pts_us);
  if (!tracker) return say(std::move(failure), tracker.error().code, tracker.error().text);
  return std::make_unique<FileSource>(std::move(file), std::move(path), options, std::move(failure),
                                      std::move(*demuxer), std::move(*tracker));
}

}  // namespace weir::media
