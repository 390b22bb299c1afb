// Frames copied through the kernel: into a Unix stream socket or a pipe, and out of it. Both sides sleep in it.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "bench/worker/frame.hpp"
#include "bench/worker/way.hpp"

namespace bench {
namespace {

class CopySender final : public Sender {
 public:
  explicit CopySender(int descriptor) : descriptor_(descriptor) {}
  ~CopySender() override { ::close(descriptor_); }
  std::byte* place() override { return frame_.data(); }
  void hand_over() override {
    for (std::size_t done = 0; done < frame_.size();) {
      const ssize_t n = ::write(descriptor_, frame_.data() + done, frame_.size() - done);
      if (n < 0 && errno != EINTR) give_up_errno("write");
      if (n > 0) done += static_cast<std::size_t>(n);
    }
  }

 private:
  int descriptor_;
  std::vector<std::byte> frame_ = std::vector<std::byte>(frame_bytes);
};

class CopyReceiver final : public Receiver {
 public:
  explicit CopyReceiver(int descriptor) : descriptor_(descriptor) {}
  ~CopyReceiver() override { ::close(descriptor_); }
  const std::byte* take() override {
    for (std::size_t done = 0; done < frame_.size();) {
      const ssize_t n = ::read(descriptor_, frame_.data() + done, frame_.size() - done);
      if (n == 0) give_up("the sender is gone");
      if (n < 0 && errno != EINTR) give_up_errno("read");
      if (n > 0) done += static_cast<std::size_t>(n);
    }
    return frame_.data();
  }
  void release() override {}

 private:
  int descriptor_;
  std::vector<std::byte> frame_ = std::vector<std::byte>(frame_bytes);
};

class CopyLink final : public Link {
 public:
  // Of two connected descriptors, the first is read from and the second written to.
  CopyLink(int read, int write) : read_(read), write_(write) {}
  ~CopyLink() override {
    ::close(read_);
    ::close(write_);
  }
  // Each process closes the end that is not its own, so that it notices when the other one is gone.
  std::unique_ptr<Sender> sender() override {
    ::close(read_);
    return std::make_unique<CopySender>(write_);
  }
  std::unique_ptr<Receiver> receiver() override {
    ::close(write_);
    return std::make_unique<CopyReceiver>(read_);
  }

 private:
  int read_, write_;
};

}  // namespace

std::unique_ptr<Link> socket_link() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) give_up_errno("socketpair");
  return std::make_unique<CopyLink>(ends[0], ends[1]);
}

std::unique_ptr<Link> pipe_link() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) give_up_errno("pipe2");
  // As large as an ordinary user may have it.
  if (::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) < 0) give_up_errno("F_SETPIPE_SZ");
  return std::make_unique<CopyLink>(ends[0], ends[1]);
}

}  // namespace bench
