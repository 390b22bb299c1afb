// Demuxer: one libavformat input and its best video stream, bounded in time, on weir's time line. What files, cameras
// and devices have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "weir/media/av.hpp"
#include "weir/media/file_reader.hpp"
#include "weir/media/source.hpp"

namespace weir::media {

struct DemuxerOptions {
  std::string address;                 // as libavformat wants it
  int descriptor = -1;                 // a file to read instead of opening the address, which is then a name; borrowed
  const char* format = nullptr;        // libavformat's name, or nullptr: found by looking
  AVDictionary* dictionary = nullptr;  // options for libavformat; taken over
  bool live = false;                   // errors are the network's or the device's
  bool nonblocking = false;            // reading answers EAGAIN instead of waiting
  Error failure = {};                  // owner and detail of every error
  Nanos connect_timeout{}, stall_timeout{};
};

// Thread-safety: used by one thread.  Allocates: in libavformat.  Blocks: until data, stop or its timeouts.
// Ownership: owns the input and the packet read last.
class Demuxer {
 public:
  static Result<std::unique_ptr<Demuxer>> open(DemuxerOptions options, std::stop_token stop);
  ~Demuxer();

  // The next packet of the stream with the container's own times.
  Result<Read> read(std::stop_token stop);
  // Back to the first packet, where the format can.
  bool rewind();

  AVPacket* packet() noexcept { return packet_.get(); }
  const AVStream& stream() const noexcept { return *stream_; }
  double fps() const noexcept;

 private:
  // Ends every wait inside libavformat: when stopped, or at the deadline.
  struct Interrupt {
    std::stop_token stop;
    Instant deadline = never;
    bool timed_out() const noexcept { return Clock::real().now() >= deadline; }
    static int check(void* self) noexcept;
  };

  explicit Demuxer(DemuxerOptions options) : options_(std::move(options)) {}
  Result<void> connect(std::stop_token stop);
  int probe(AVFormatContext& context, const AVInputFormat*& format);
  static int refuse(AVFormatContext* context, AVIOContext** opened, const char* url, int flags,
                    AVDictionary** dictionary) noexcept;
  Result<void> choose_stream();
  tl::unexpected<Error> error(int code, bool opening) const;
  void limit(const std::stop_token& stop, Nanos timeout);

  DemuxerOptions options_;
  Interrupt interrupt_;
  std::string refused_;  // what the file wanted to have opened
  std::unique_ptr<FileReader> file_;
  Av<AVFormatContext> input_;
  Av<AVPacket> packet_;
  AVStream* stream_ = nullptr;
};

}  // namespace weir::media
