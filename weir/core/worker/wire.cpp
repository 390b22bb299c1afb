#include "weir/core/worker/wire.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir::worker::detail {
namespace {

constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(int) * max_datagram_descriptors);

// Takes every descriptor that arrived, so that none stays open unseen.
void take_descriptors(msghdr& header, Datagram& datagram) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      if (datagram.descriptor_count < datagram.descriptors.size()) {
        datagram.descriptors[datagram.descriptor_count++] = fd;
      } else {
        ::close(fd);
        header.msg_flags |= MSG_CTRUNC;
      }
    }
  }
}

}  // namespace

void Datagram::close_descriptors() noexcept {
  for (std::size_t i = 0; i < descriptor_count; ++i) ::close(descriptors[i]);
  descriptor_count = 0;
}

bool send_datagram(int socket, std::span<const std::byte> head, std::span<const std::byte> tail,
                   std::span<const int> descriptors) noexcept {
  std::array<iovec, 2> parts{iovec{const_cast<std::byte*>(head.data()), head.size()},
                             iovec{const_cast<std::byte*>(tail.data()), tail.size()}};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = tail.empty() ? 1 : 2;
  alignas(cmsghdr) std::array<std::byte, control_bytes> control{};
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

bool receive_datagram(int socket, std::span<std::byte> into, Datagram& datagram, int flags) noexcept {
  iovec part{into.data(), into.size()};
  alignas(cmsghdr) std::array<std::byte, control_bytes> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t received = -1;
  do {
    received = ::recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return false;
  datagram = {};
  datagram.bytes = static_cast<std::size_t>(received);
  take_descriptors(header, datagram);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) return true;
  datagram.close_descriptors();
  errno = EMSGSIZE;
  return false;
}

}  // namespace weir::worker::detail
