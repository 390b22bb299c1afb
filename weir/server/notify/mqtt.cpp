#include "weir/server/notify/mqtt.hpp"

#include <mosquitto.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "weir/core/log.hpp"
#include "weir/server/notify/backoff.hpp"
#include "weir/server/notify/courier.hpp"

namespace weir::notify {
namespace {

constexpr Nanos answer_timeout = std::chrono::seconds(20);  // to the connection, and to a message
constexpr int qos = 1;

struct Freed {
  void operator()(mosquitto* client) const { mosquitto_destroy(client); }
};

// What the library has told since it was last asked.
struct Told {
  std::optional<int> connected;  // the broker's answer to the connection: 0 is yes
  std::set<int> acknowledged;
  bool home_assistant_started = false;
  std::string birth_topic;
};

void on_connect(mosquitto*, void* told, int code) { static_cast<Told*>(told)->connected = code; }
void on_publish(mosquitto*, void* told, int id) { static_cast<Told*>(told)->acknowledged.insert(id); }
void on_message(mosquitto*, void* user, const mosquitto_message* message) {
  Told& told = *static_cast<Told*>(user);
  const std::string_view payload(static_cast<const char*>(message->payload),
                                 static_cast<std::size_t>(std::max(message->payloadlen, 0)));
  if (told.birth_topic == message->topic && payload == "online") told.home_assistant_started = true;
}

// The addresses of a host, as numbers.
std::vector<std::string> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<std::string> out;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return out;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
      out.emplace_back(text);
    }
  }
  ::freeaddrinfo(found);
  return out;
}

bool topic_good(const std::string& topic) {
  return !topic.empty() && topic.find('\0') == std::string::npos &&
         mosquitto_validate_utf8(topic.data(), static_cast<int>(topic.size())) == MOSQ_ERR_SUCCESS &&
         mosquitto_pub_topic_check(topic.c_str()) == MOSQ_ERR_SUCCESS;
}

}  // namespace

struct Mqtt::Impl {
  explicit Impl(Options o)
      : options(std::move(o)),
        prefixes{options.topic_prefix, options.discovery_prefix},
        backoff(first_wait, longest_wait, static_cast<std::uint64_t>(wall_ns())),
        wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Impl() {
    courier.reset();
    client.reset();
    if (wake >= 0) ::close(wake);
  }

  void run(Outbox& outbox, const std::stop_token& stop);
  Result<void> connect();
  // As long as the connection holds, or until the stop.
  Result<void> talk(Outbox& outbox, const std::stop_token& stop);
  Result<void> exchange(Nanos at_most);
  Result<void> welcome(Outbox& outbox);
  Result<void> announce_all();
  Result<void> send_next(Outbox& outbox);
  Result<int> publish(const std::string& topic, const std::string& body, bool retain);
  Error lost(int code) const;
  void wake_up() const {
    const std::uint64_t one = 1;
    // Full means that it is awake already.
    if (::write(wake, &one, sizeof one) < 0) return;
  }

  const Options options;
  const DiscoveryPrefixes prefixes;
  Backoff backoff;
  const int wake;
  std::size_t attempts = 0;

  std::mutex mutex;
  std::vector<Entity> entities;
  std::uint64_t entities_version = 0;

  // Of the thread:
  Told told;
  std::unique_ptr<mosquitto, Freed> client;
  std::uint64_t announced_version = 0;
  std::set<std::string> announced;  // topics; over connections, so that what is gone can be taken back
  std::optional<int> in_flight;
  Instant in_flight_since{};

  std::unique_ptr<Courier> courier;
};

Mqtt::Mqtt(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Mqtt::~Mqtt() = default;

Result<std::unique_ptr<Mqtt>> Mqtt::make(Options options) {
  static std::once_flag once;
  std::call_once(once, [] { mosquitto_lib_init(); });
  const auto invalid = [&](const char* text) { return fail(Code::invalid, text, options.owner); };
  if (options.host.empty()) return invalid("the broker has no host");
  if (options.port == 0) return invalid("the broker has no port");
  if (options.username.empty() && !options.password.empty()) return invalid("a password needs a username");
  if (options.keepalive.count() < 5 || options.keepalive.count() > 65535) return invalid("keepalive is 5 s to 65535 s");
  if (!topic_good(options.topic_prefix)) return invalid("the topic prefix cannot be one: no '+', '#' or NUL");
  if (options.discovery && !topic_good(options.discovery_prefix)) {
    return invalid("the discovery prefix cannot be one: no '+', '#' or NUL");
  }
  if (std::error_code error; !options.tls.empty() && !std::filesystem::is_regular_file(options.tls, error)) {
    return fail(Code::not_found, "there are no certificates to trust in this file", options.owner,
                options.tls.string());
  }
  auto impl = std::make_unique<Impl>(options);
  if (impl->wake < 0) return fail(Code::exhausted, "no descriptor left", options.owner, std::strerror(errno));
  auto outbox = Outbox::open(
      {.owner = options.owner,
       .to = (options.tls.empty() ? "mqtt://" : "mqtts://") + options.host + ":" + std::to_string(options.port),
       .queue_dir = options.queue_dir,
       .queue_max_bytes = options.queue_max_bytes,
       .clock = options.clock,
       .on_new = [i = impl.get()] { i->wake_up(); }});
  if (!outbox) return tl::unexpected(outbox.error());
  impl->courier = std::make_unique<Courier>(std::move(*outbox), *options.clock);
  impl->courier->start([i = impl.get()](Outbox& box, const std::stop_token& stop) { i->run(box, stop); });
  return std::unique_ptr<Mqtt>(new Mqtt(std::move(impl)));
}

void Mqtt::offer(const Message& message) { impl_->courier->offer(message); }
SenderReport Mqtt::report() const { return impl_->courier->report(); }
Result<void> Mqtt::close(Instant deadline) { return impl_->courier->close(deadline); }

void Mqtt::announce(std::vector<Entity> entities) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->entities = std::move(entities);
    ++impl_->entities_version;
  }
  impl_->wake_up();
}

void Mqtt::Impl::run(Outbox& outbox, const std::stop_token& stop) {
  const std::stop_callback wake_on_stop(stop, [this] { wake_up(); });
  while (!stop.stop_requested()) {
    auto ended = connect();
    if (ended) ended = talk(outbox, stop);
    client.reset();
    if (ended) return;  // the stop
    outbox.failed(ended.error());
    options.clock->sleep_until(options.clock->now() + backoff.next(), stop);
  }
}

Error Mqtt::Impl::lost(int code) const {
  const char* const said = code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);
  return {Code::unreachable, "the broker cannot be reached", options.owner, said};
}

// A client of its own for each attempt: what an old one still holds would be sent twice.
Result<void> Mqtt::Impl::connect() {
  told = {};
  told.birth_topic = options.discovery_prefix + "/status";
  in_flight.reset();
  announced_version = 0;
  client.reset(mosquitto_new(options.client_id.empty() ? nullptr : options.client_id.c_str(), true, &told));
  if (client == nullptr) return fail(Code::exhausted, "no memory for MQTT", options.owner);
  mosquitto* const m = client.get();
  mosquitto_connect_callback_set(m, on_connect);
  mosquitto_publish_callback_set(m, on_publish);
  mosquitto_message_callback_set(m, on_message);
  if (!options.username.empty()) mosquitto_username_pw_set(m, options.username.c_str(), options.password.c_str());
  const std::string status = options.topic_prefix + "/status";
  constexpr std::string_view offline = "offline";
  mosquitto_will_set(m, status.c_str(), static_cast<int>(offline.size()), offline.data(), qos, true);
  const int keepalive = static_cast<int>(options.keepalive.count());

  // The library tries the first address alone when it does not wait, so they take turns here.
  const auto addresses = resolve(options.host);
  if (addresses.empty()) return fail(Code::unreachable, "the broker's name is not known", options.owner, options.host);
  const std::size_t turn = attempts++ % addresses.size();
  int code = MOSQ_ERR_SUCCESS;
  if (options.tls.empty()) {
    code = mosquitto_connect_async(m, addresses[turn].c_str(), options.port, keepalive);
  } else {
    code = mosquitto_tls_set(m, options.tls.c_str(), nullptr, nullptr, nullptr, nullptr);
    if (code != MOSQ_ERR_SUCCESS) {
      return fail(Code::invalid, "the certificates to trust cannot be read", options.owner, mosquitto_strerror(code));
    }
    // The certificate is checked against the name, so the name it must be; then the later addresses cost a wait.
    code = turn == 0 ? mosquitto_connect_async(m, options.host.c_str(), options.port, keepalive)
                     : mosquitto_connect(m, options.host.c_str(), options.port, keepalive);
  }
  if (code != MOSQ_ERR_SUCCESS && code != MOSQ_ERR_CONN_PENDING) return tl::unexpected(lost(code));
  return {};
}

// Lets the library read and write, once something can be; at most so long.
Result<void> Mqtt::Impl::exchange(Nanos at_most) {
  mosquitto* const m = client.get();
  const int socket = mosquitto_socket(m);
  if (socket < 0) return tl::unexpected(lost(MOSQ_ERR_CONN_LOST));
  pollfd fds[2] = {{socket, static_cast<short>(POLLIN | (mosquitto_want_write(m) ? POLLOUT : 0)), 0},
                   {wake, POLLIN, 0}};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at_most).count();
  if (::poll(fds, 2, static_cast<int>(ms)) < 0 && errno != EINTR) return tl::unexpected(lost(MOSQ_ERR_ERRNO));
  if (std::uint64_t count = 0; (fds[1].revents & POLLIN) != 0 && ::read(wake, &count, sizeof count) < 0) {
    return {};  // somebody else was quicker: looked at again in a moment
  }
  const auto step = [&](int code) -> Result<void> {
    if (code == MOSQ_ERR_SUCCESS) return {};
    return tl::unexpected(lost(code));
  };
  // The library looks at errno even where nothing has failed.
  errno = 0;
  if ((fds[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
    if (auto read = step(mosquitto_loop_read(m, 1)); !read) return read;
  }
  errno = 0;
  if ((fds[0].revents & POLLOUT) != 0) {
    if (auto written = step(mosquitto_loop_write(m, 1)); !written) return written;
  }
  return step(mosquitto_loop_misc(m));
}

Result<void> Mqtt::Impl::talk(Outbox& outbox, const std::stop_token& stop) {
  const Instant started = options.clock->now();
  bool welcomed = false;
  while (!stop.stop_requested()) {
    auto exchanged = exchange(std::chrono::seconds(1));
    if (told.connected.value_or(0) != 0) {
      return fail(Code::unreachable, "the broker refuses the connection", options.owner,
                  mosquitto_connack_string(*told.connected));
    }
    if (!exchanged) return exchanged;
    if (!told.connected) {
      if (options.clock->now() - started < answer_timeout) continue;
      return fail(Code::unreachable, "the broker does not answer", options.owner);
    }
    if (!std::exchange(welcomed, true)) {
      if (auto good = welcome(outbox); !good) return good;
    }
    if (!told.acknowledged.empty()) backoff.worked();
    if (in_flight && told.acknowledged.contains(*in_flight)) {
      in_flight.reset();
      outbox.sent();
    }
    told.acknowledged.clear();
    if (auto good = announce_all(); !good) return good;
    if (auto good = send_next(outbox); !good) return good;
  }
  // Without a goodbye: so the broker says that weir is offline, whichever way it ends.
  return {};
}

Result<void> Mqtt::Impl::welcome(Outbox& outbox) {
  outbox.set_up(true);
  if (options.discovery) {
    if (const int code = mosquitto_subscribe(client.get(), nullptr, told.birth_topic.c_str(), qos);
        code != MOSQ_ERR_SUCCESS) {
      return tl::unexpected(lost(code));
    }
  }
  return publish(options.topic_prefix + "/status", "online", true).map([](int) {});
}

Result<void> Mqtt::Impl::announce_all() {
  if (!options.discovery) return {};
  std::vector<Entity> now;
  {
    std::lock_guard lock(mutex);
    const bool again = std::exchange(told.home_assistant_started, false);
    if (announced_version == entities_version && !again) return {};
    announced_version = entities_version;
    now = entities;
  }
  std::set<std::string> topics;
  for (const Entity& entity : now) {
    const Message message = discovery_of(entity, prefixes);
    topics.insert(message.topic);
    if (auto published = publish(message.topic, message.body, true); !published) {
      return tl::unexpected(published.error());
    }
  }
  for (const std::string& topic : announced) {
    if (topics.contains(topic)) continue;
    if (auto published = publish(topic, {}, true); !published) return tl::unexpected(published.error());
  }
  announced = std::move(topics);
  return {};
}

// One at a time: the order holds over any loss of the connection.
Result<void> Mqtt::Impl::send_next(Outbox& outbox) {
  // A line that is gone without a word: the acknowledgement will not come.
  if (in_flight && options.clock->now() - in_flight_since > answer_timeout) {
    return fail(Code::unreachable, "the broker does not acknowledge", options.owner);
  }
  while (!in_flight) {
    const auto message = outbox.front();
    if (!message) return {};
    const std::string topic = options.topic_prefix + "/" + message->topic;
    if (message->topic.empty() || !topic_good(topic)) {
      outbox.refused({Code::invalid, "a topic that MQTT does not allow", options.owner});
      continue;
    }
    const auto published = publish(topic, message->body, message->retain);
    if (!published) return tl::unexpected(published.error());
    in_flight = *published;
    in_flight_since = options.clock->now();
  }
  return {};
}

Result<int> Mqtt::Impl::publish(const std::string& topic, const std::string& body, bool retain) {
  int id = 0;
  const int code =
      mosquitto_publish(client.get(), &id, topic.c_str(), static_cast<int>(body.size()), body.data(), qos, retain);
  if (code != MOSQ_ERR_SUCCESS) return tl::unexpected(lost(code));
  return id;
}

}  // namespace weir::notify
