#include "weir/server/notify/webhook.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <mutex>

#include "weir/server/notify/backoff.hpp"
#include "weir/server/notify/courier.hpp"

namespace weir::notify {
namespace {

// Of an answer: nobody reads it. A receiver that sends more is cut off; its status counts.
constexpr std::size_t max_answer_bytes = std::size_t{64} << 10;
constexpr int longest_poll_ms = 3'600'000;  // the library's own timers and the stop come before

struct Cleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

// "https://example.org:443"; the address itself never comes into an error's text.
Result<std::string> shown_address(const std::string& address, const std::string& owner) {
  const std::unique_ptr<CURLU, Cleanup> url(curl_url());
  if (url == nullptr) return fail(Code::exhausted, "no memory for an address", owner);
  if (curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK) {
    return fail(Code::invalid, "the address is not one: http://HOST/PATH or https://HOST/PATH", owner);
  }
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return fail(Code::invalid, "the address must begin with http:// or https://", owner);
  }
  return scheme + "://" + part_of(url.get(), CURLUPART_HOST) + ":" +
         part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

bool header_name(const std::string& name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || others.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool header_value(const std::string& value) {
  return std::none_of(value.begin(), value.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

std::string header_safe(std::string text) {
  for (char& c : text) {
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte >= 0x7f) c = '_';
  }
  return text;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void* received) {
  auto& sum = *static_cast<std::size_t*>(received);
  sum += size * count;
  return sum > max_answer_bytes ? 0 : size * count;
}

}  // namespace

struct Webhook::Impl {
  explicit Impl(Options o)
      : options(std::move(o)),
        backoff(first_wait, longest_wait, static_cast<std::uint64_t>(wall_ns())),
        easy(curl_easy_init()),
        multi(curl_multi_init()) {}

  void run(Outbox& outbox, const std::stop_token& stop);
  // How one attempt went. Empty: accepted. `refused`: not to be tried again.
  std::optional<Error> post(const Message& message, const std::stop_token& stop, bool& refused);
  std::optional<Error> judge(CURLcode code, bool& refused);

  const Options options;
  Backoff backoff;
  std::unique_ptr<CURL, Cleanup> easy;  // one connection, used again
  std::unique_ptr<CURLM, MultiCleanup> multi;
  std::unique_ptr<Courier> courier;  // the last: its thread uses the others
};

Webhook::Webhook(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Webhook::~Webhook() = default;

Result<std::unique_ptr<Webhook>> Webhook::make(Options options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const auto to = shown_address(options.url, options.owner);
  if (!to) return tl::unexpected(to.error());
  for (const auto& [name, value] : options.headers) {
    if (!header_name(name))
      return fail(Code::invalid, "a header's name has characters that it cannot have", options.owner);
    if (!header_value(value)) return fail(Code::invalid, "a header's value has line breaks in it", options.owner, name);
  }
  auto impl = std::make_unique<Impl>(options);
  if (impl->easy == nullptr || impl->multi == nullptr)
    return fail(Code::exhausted, "no memory for HTTP", options.owner);
  auto outbox = Outbox::open({.owner = options.owner,
                              .to = *to,
                              .queue_dir = options.queue_dir,
                              .queue_max_bytes = options.queue_max_bytes,
                              .clock = options.clock});
  if (!outbox) return tl::unexpected(outbox.error());
  impl->courier = std::make_unique<Courier>(std::move(*outbox), *options.clock);
  impl->courier->start([i = impl.get()](Outbox& box, const std::stop_token& stop) { i->run(box, stop); });
  return std::unique_ptr<Webhook>(new Webhook(std::move(impl)));
}

void Webhook::offer(const Message& message) { impl_->courier->offer(message); }
SenderReport Webhook::report() const { return impl_->courier->report(); }
Result<void> Webhook::close(Instant deadline) { return impl_->courier->close(deadline); }

void Webhook::Impl::run(Outbox& outbox, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint32_t seen = outbox.news();
    const auto message = outbox.front();
    if (!message) {
      outbox.wait(seen, never, stop);
      continue;
    }
    bool refused = false;
    const auto error = post(*message, stop, refused);
    if (!error) {
      backoff.worked();
      outbox.sent();
    } else if (refused) {
      backoff.worked();
      outbox.refused(*error);
    } else if (!stop.stop_requested()) {
      outbox.failed(*error);
      options.clock->sleep_until(options.clock->now() + backoff.next(), stop);
    }
  }
}

std::optional<Error> Webhook::Impl::post(const Message& message, const std::stop_token& stop, bool& refused) {
  curl_slist* list = nullptr;
  const auto add = [&list](const std::string& line) { list = curl_slist_append(list, line.c_str()); };
  add("Content-Type: application/json");
  add("Idempotency-Key: " + header_safe(message.id));
  add("Expect:");  // a body this small is not worth asking first
  for (const auto& [name, value] : options.headers) add(name + (value.empty() ? ";" : ": " + value));
  const std::unique_ptr<curl_slist, Cleanup> headers(list);

  std::size_t received = 0;
  CURL* const e = easy.get();
  curl_easy_setopt(e, CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count()));
  curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(e, CURLOPT_POST, 1L);
  curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.body.size()));
  curl_easy_setopt(e, CURLOPT_POSTFIELDS, message.body.data());
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, &received);

  // Through the multi interface, because that can be woken up.
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
  curl_multi_add_handle(multi.get(), e);
  int running = 1;
  while (running > 0 && !stop.stop_requested()) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
    if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, longest_poll_ms, nullptr);
  }
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  int left = 0;
  while (const CURLMsg* done = curl_multi_info_read(multi.get(), &left)) {
    if (done->msg == CURLMSG_DONE) code = done->data.result;
  }
  curl_multi_remove_handle(multi.get(), e);
  auto error = judge(code, refused);
  curl_easy_setopt(e, CURLOPT_HTTPHEADER, nullptr);  // it goes out of scope
  return error;
}

std::optional<Error> Webhook::Impl::judge(CURLcode code, bool& refused) {
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  // Only the library's own words: what it says about an attempt in detail may quote the address.
  if (code != CURLE_OK && code != CURLE_WRITE_ERROR) {
    return Error{Code::unreachable, "the receiver cannot be reached", options.owner, curl_easy_strerror(code)};
  }
  const std::string said = "HTTP " + std::to_string(status);
  if (status >= 200 && status < 300) return std::nullopt;
  if (status >= 300 && status < 400) {
    return Error{Code::failed, "the receiver redirects, which is not followed: set the address it redirects to",
                 options.owner, said};
  }
  refused = status >= 400 && status < 500 && status != 408 && status != 429;
  if (refused) return Error{Code::denied, "the receiver refuses messages", options.owner, said};
  return Error{Code::unreachable, "the receiver cannot take messages now", options.owner, said};
}

}  // namespace weir::notify
