// weir-worker-connect: reads one file or one camera for a parent, in a sandbox.
//
// Libraries ask for some things that need files or other rights that it has not. They are answered here, by functions
// of the same name: an executable's come before a library's.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <iconv.h>
#include <netdb.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "weir/core/worker/child.hpp"
#include "weir/media/worker/connector.hpp"

namespace {

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// What the one name that the job needs stands for.
struct KnownHost {
  std::string name;
  std::vector<Address> addresses;
};
KnownHost& known_host() {
  static KnownHost host;
  return host;
}

void look_up(const std::string& host) {
  using Ask = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  using Free = void (*)(addrinfo*);
  // The C library's own.
  const auto ask = reinterpret_cast<Ask>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const auto free_answer = reinterpret_cast<Free>(::dlsym(RTLD_NEXT, "freeaddrinfo"));
  if (ask == nullptr || free_answer == nullptr || host.empty()) return;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* answer = nullptr;
  // A name that is unknown stays so: connecting then fails as it does without a worker.
  if (ask(host.c_str(), nullptr, &hints, &answer) != 0) return;
  known_host().name = host;
  for (const addrinfo* a = answer; a != nullptr; a = a->ai_next) {
    Address address;
    if (a->ai_addrlen > sizeof address.bytes) continue;
    std::memcpy(&address.bytes, a->ai_addr, a->ai_addrlen);
    address.size = a->ai_addrlen;
    known_host().addresses.push_back(address);
  }
  free_answer(answer);
}

Address from_v4(in_addr address) {
  Address a;
  auto& v4 = reinterpret_cast<sockaddr_in&>(a.bytes);
  v4.sin_family = AF_INET;
  v4.sin_addr = address;
  a.size = sizeof v4;
  return a;
}
Address from_v6(in6_addr address) {
  Address a;
  auto& v6 = reinterpret_cast<sockaddr_in6&>(a.bytes);
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = address;
  a.size = sizeof v6;
  return a;
}

std::vector<Address> addresses_of(const char* node, const addrinfo& hints) {
  if (node == nullptr) {
    const bool passive = (hints.ai_flags & AI_PASSIVE) != 0;
    return {from_v4({htonl(passive ? INADDR_ANY : INADDR_LOOPBACK)}),
            from_v6(passive ? in6_addr IN6ADDR_ANY_INIT : in6_addr IN6ADDR_LOOPBACK_INIT)};
  }
  in_addr v4{};
  if (::inet_pton(AF_INET, node, &v4) == 1) return {from_v4(v4)};
  in6_addr v6{};
  if (::inet_pton(AF_INET6, node, &v6) == 1) return {from_v6(v6)};
  const KnownHost& known = known_host();
  return ::strcasecmp(node, known.name.c_str()) == 0 ? known.addresses : std::vector<Address>();
}

// One block of memory for each.
struct Answer {
  addrinfo info{};
  Address address;
};

}  // namespace

extern "C" {

// Numbers, and the one name that was looked up in time. Where a camera sends us to another name the answer is no.
int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  const addrinfo none{};
  const addrinfo& wanted = hints == nullptr ? none : *hints;
  char* end = nullptr;
  const unsigned long port = service == nullptr ? 0 : std::strtoul(service, &end, 10);
  if (port > 65535 || (service != nullptr && (end == service || *end != 0))) return EAI_SERVICE;
  addrinfo* first = nullptr;
  addrinfo** last = &first;
  for (const Address& address : addresses_of(node, wanted)) {
    const int family = address.bytes.ss_family;
    if (wanted.ai_family != AF_UNSPEC && wanted.ai_family != family) continue;
    auto* answer = new Answer;
    answer->address = address;
    // In both the port is at the same place.
    reinterpret_cast<sockaddr_in&>(answer->address.bytes).sin_port = htons(static_cast<std::uint16_t>(port));
    answer->info.ai_family = family;
    answer->info.ai_socktype = wanted.ai_socktype == 0 ? SOCK_STREAM : wanted.ai_socktype;
    answer->info.ai_protocol = wanted.ai_protocol;
    answer->info.ai_addrlen = address.size;
    answer->info.ai_addr = reinterpret_cast<sockaddr*>(&answer->address.bytes);
    *last = &answer->info;
    last = &answer->info.ai_next;
  }
  *result = first;
  return first == nullptr ? EAI_NONAME : 0;
}

void freeaddrinfo(addrinfo* result) {
  while (result != nullptr) {
    addrinfo* next = result->ai_next;
    delete reinterpret_cast<Answer*>(result);
    result = next;
  }
}

// libavutil's reads a device file; without one it takes the clock, which others know.
std::uint32_t av_get_random_seed() {
  std::uint32_t seed = 0;
  while (::getrandom(&seed, sizeof seed, 0) != sizeof seed) {
  }
  return seed;
}

// The C library's reads files and loads libraries. It is wanted for names of broadcasts, of which weir shows none.
iconv_t iconv_open(const char*, const char*) {
  errno = EINVAL;
  return reinterpret_cast<iconv_t>(-1);
}

// The list of authorities that this machine trusts. libavformat asks for it and then compares no certificate with it
// unless told to, and weir does not tell it: cameras sign their own.
int gnutls_certificate_set_x509_system_trust(void*) { return 0; }

// Libraries tell it to cameras; it is none of their business, nor of a worker's.
int gethostname(char* name, std::size_t size) {
  static constexpr char nobody[] = "weir";
  if (size < sizeof nobody) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(name, nobody, sizeof nobody);
  return 0;
}

}  // extern "C"

int main() {
  const auto child = weir::worker::Child::connect();
  if (!child) {
    std::fprintf(stderr, "weir-worker-connect: %s\n", child.error().line().c_str());
    return 2;
  }
  return weir::media::run_connector(**child, look_up);
}
