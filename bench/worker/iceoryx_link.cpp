// Frames handed over by iceoryx: chunks of RouDi's shared memory, loaned and published; the subscriber is attached to a
// WaitSet. The receiver sleeps at its semaphore; the sender, should the receiver have all chunks, spins in publish():
// that is how iceoryx waits. RouDi runs for as long as the link exists.
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "bench/worker/frame.hpp"
#include "bench/worker/way.hpp"
#include "iceoryx_hoofs/log/logmanager.hpp"
#include "iceoryx_posh/popo/untyped_publisher.hpp"
#include "iceoryx_posh/popo/untyped_subscriber.hpp"
#include "iceoryx_posh/popo/wait_set.hpp"
#include "iceoryx_posh/runtime/posh_runtime.hpp"

namespace bench {
namespace {

constexpr std::uint32_t chunk_alignment = 64;  // as weir's slots
// One being written, those ahead of it, and the last one published, which a publisher may keep for its next loan.
constexpr std::size_t chunks = 1 + frames_ahead + 1;

const iox::capro::ServiceDescription& service() {
  static const iox::capro::ServiceDescription description{"weir", "bench", "frames"};
  return description;
}

class Roudi {
 public:
  Roudi() {
    const int settings = ::memfd_create("roudi.toml", 0);  // not closed on exec: RouDi reads it by its number
    const std::string text = "[general]\nversion = 1\n[[segment]]\n[[segment.mempool]]\nsize = " +
                             std::to_string(frame_bytes + 2 * chunk_alignment) + "\ncount = " + std::to_string(chunks) +
                             "\n";
    if (settings < 0 || ::write(settings, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      give_up_errno("RouDi's settings");
    }
    int said[2];
    if (::pipe(said) != 0) give_up_errno("pipe");
    pid_ = ::fork();
    if (pid_ < 0) give_up_errno("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      sigset_t none;
      sigemptyset(&none);
      ::sigprocmask(SIG_SETMASK, &none, nullptr);
      ::dup2(said[1], STDOUT_FILENO);
      ::dup2(said[1], STDERR_FILENO);
      const std::string path = "/proc/self/fd/" + std::to_string(settings);
      ::execlp("iox-roudi", "iox-roudi", "-c", path.c_str(), nullptr);
      give_up_errno("iox-roudi");
    }
    ::close(said[1]);
    ::close(settings);
    out_ = said[0];
    wait_until_ready();
  }
  ~Roudi() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    ::close(out_);
  }

 private:
  void wait_until_ready() {
    std::string text;
    while (text.find("RouDi is ready for clients") == std::string::npos) {
      char more[512];
      const ssize_t n = ::read(out_, more, sizeof more);
      if (n <= 0) give_up("RouDi does not start (is another one running?):\n" + text);
      text.append(more, static_cast<std::size_t>(n));
    }
  }

  pid_t pid_ = 0;
  int out_ = -1;
};

void join(std::string_view role) {
  iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kWarn,
                                                           iox::log::LogLevelOutput::kHideLogLevel);
  const std::string name = "bench-" + std::string(role);
  iox::runtime::PoshRuntime::initRuntime(iox::RuntimeName_t(iox::cxx::TruncateToCapacity, name.c_str()));
}

class IceoryxSender final : public Sender {
 public:
  IceoryxSender() : publisher_(service(), options()) {
    while (!publisher_.hasSubscribers()) ::usleep(1000);
  }
  std::byte* place() override {
    publisher_.loan(frame_bytes, chunk_alignment).and_then([this](void*& chunk) { chunk_ = chunk; }).or_else([](auto&) {
      give_up("iceoryx has no chunk to loan");
    });
    return static_cast<std::byte*>(chunk_);
  }
  void hand_over() override { publisher_.publish(chunk_); }

 private:
  static iox::popo::PublisherOptions options() {
    iox::popo::PublisherOptions chosen;
    chosen.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
    return chosen;
  }
  iox::popo::UntypedPublisher publisher_;
  void* chunk_ = nullptr;
};

class IceoryxReceiver final : public Receiver {
 public:
  IceoryxReceiver() : subscriber_(service(), options()) {
    bell_.attachEvent(subscriber_, iox::popo::SubscriberEvent::DATA_RECEIVED).or_else([](auto) {
      give_up("iceoryx cannot attach the subscriber to its WaitSet");
    });
    while (subscriber_.getSubscriptionState() != iox::SubscribeState::SUBSCRIBED) ::usleep(1000);
  }
  const std::byte* take() override {
    for (;;) {
      chunk_ = nullptr;
      subscriber_.take()
          .and_then([this](const void*& chunk) { chunk_ = chunk; })
          .or_else([](iox::popo::ChunkReceiveResult& why) {
            if (why != iox::popo::ChunkReceiveResult::NO_CHUNK_AVAILABLE) give_up("iceoryx cannot take a chunk");
          });
      if (chunk_ != nullptr) return static_cast<const std::byte*>(chunk_);
      bell_.wait();
    }
  }
  void release() override { subscriber_.release(chunk_); }

 private:
  static iox::popo::SubscriberOptions options() {
    iox::popo::SubscriberOptions chosen;
    chosen.queueCapacity = frames_ahead - 1;  // and one in hand
    chosen.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
    return chosen;
  }
  iox::popo::UntypedSubscriber subscriber_;
  iox::popo::WaitSet<1> bell_;
  const void* chunk_ = nullptr;
};

class IceoryxLink final : public Link {
 public:
  std::unique_ptr<Sender> sender() override {
    join("sender");
    return std::make_unique<IceoryxSender>();
  }
  std::unique_ptr<Receiver> receiver() override {
    join("receiver");
    return std::make_unique<IceoryxReceiver>();
  }

 private:
  Roudi roudi_;
};

}  // namespace

std::unique_ptr<Link> iceoryx_link() { return std::make_unique<IceoryxLink>(); }

}  // namespace bench
