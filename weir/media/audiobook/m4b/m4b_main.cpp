// weir-worker-m4b: encodes and muxes one audiobook for a parent, into a file that the parent has opened.
#include <csignal>
#include <cstdio>
#include <memory>

#include "weir/core/worker/call.hpp"
#include "weir/core/worker/child.hpp"
#include "weir/media/audiobook/m4b/m4b_encoder.hpp"
#include "weir/media/audiobook/m4b_wire.hpp"

namespace weir::media::m4b {
namespace {

using Told = Result<worker::Served<Answer>>;

// One book. A worker that was started again in the middle of one has none, and says so.
class Book {
 public:
  explicit Book(int descriptor) : descriptor_(descriptor) {}

  Told told(const Question& question, std::span<const std::byte> payload) {
    if (auto done = do_it(question, payload); !done) return tl::unexpected(done.error());
    return worker::Served<Answer>{{encoder_->frames()}, 0};
  }

 private:
  Result<void> do_it(const Question& question, std::span<const std::byte> payload) {
    if (question.what == What::begin) return begin(question, payload);
    if (encoder_ == nullptr)
      return fail(Code::failed, "the encoder had ended, and what it knew is gone; export it again");
    switch (question.what) {
      case What::samples:
        return encoder_->write({reinterpret_cast<const std::int16_t*>(payload.data()), payload.size() / 2});
      case What::chapter:
        encoder_->chapter(question.start, {reinterpret_cast<const char*>(payload.data()), payload.size()});
        return {};
      case What::finish: return encoder_->finish();
      default: return fail(Code::corrupt, "a question of another kind");
    }
  }

  Result<void> begin(const Question& question, std::span<const std::byte> payload) {
    const auto info = info_of(question, payload);
    if (!info) return tl::unexpected(info.error());
    auto encoder = Encoder::make(descriptor_, *info, question.rate_hz, question.channels);
    if (!encoder) return tl::unexpected(encoder.error());
    encoder_ = std::move(*encoder);
    return {};
  }

  int descriptor_;
  std::unique_ptr<Encoder> encoder_;
};

int run(worker::Child& child) {
  // Over a limit is an error of the write, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  if (child.descriptors().size() != 1) return 2;
  Book book(child.descriptors()[0]);
  const auto boxed = child.enter_sandbox({});
  const auto served =
      !boxed ? boxed
             : worker::serve<Question, Answer>(
                   child, [&](const Question& question, std::span<const std::byte> payload,
                              std::span<std::byte> /*room*/, worker::Asked&) { return book.told(question, payload); });
  if (served) return 0;
  std::fprintf(stderr, "weir-worker-m4b: %s\n", served.error().line().c_str());
  return 1;
}

}  // namespace
}  // namespace weir::media::m4b

int main() {
  const auto child = weir::worker::Child::connect();
  if (!child) {
    std::fprintf(stderr, "weir-worker-m4b: %s\n", child.error().line().c_str());
    return 2;
  }
  return weir::media::m4b::run(**child);
}
