#include <stdexcept>
#include <vector>

#include "bench/spatial/subject.hpp"
#include "weir/engines/convolve/convolver.hpp"

namespace bench {
namespace {

using weir::convolve::Convolver;
using weir::convolve::Filter;
using weir::convolve::Impulses;
using weir::convolve::Shape;

template <class T>
T whole(weir::Result<T> result) {
  if (!result) throw std::runtime_error("weir: " + std::string(result.error().text));
  return std::move(*result);
}

class WeirSubject final : public Subject {
 public:
  explicit WeirSubject(const Work& work) : frames_(static_cast<int>(work.block())) {
    const Shape shape{static_cast<int>(inputs), frames_, static_cast<int>(work.taps())};
    convolver_ = whole(Convolver::make(shape));
    std::vector<Impulses> impulses;
    for (std::size_t i = 0; i < inputs; ++i) impulses.push_back({work.response(i, 0), work.response(i, 1)});
    auto filter = whole(Filter::prepare(shape, impulses));
    if (!convolver_->fade_to(filter.get(), 0)) throw std::runtime_error("weir: takes no filter");
    (void)filter.release();  // the convolver's from now on
  }
  bool process(const float* const* in, float* const* out) override {
    convolver_->process(in, out, frames_);
    return true;
  }

 private:
  int frames_;
  std::unique_ptr<Convolver> convolver_;
};

}  // namespace

std::unique_ptr<Subject> weir_subject(const Work& work) { return std::make_unique<WeirSubject>(work); }

}  // namespace bench
