#include <zita-convolver.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

#include "bench/spatial/subject.hpp"

namespace bench {
namespace {

void checked(int error, const char* what) {
  if (error != 0) throw std::runtime_error(std::string("zita: ") + what + ": " + std::to_string(error));
}

class ZitaSubject final : public Subject {
 public:
  ZitaSubject(const Work& work, const ZitaOptions& options, Schedule schedule)
      : block_(work.block()), sync_(options.sync) {
    const auto quantum = static_cast<unsigned>(block_), taps = static_cast<unsigned>(work.taps());
    // It must not stop after five late blocks: those after them would cost nothing.
    convolver_.set_options(Convproc::OPT_FFTW_MEASURE | Convproc::OPT_LATE_CONTIN |
                           (options.vector ? unsigned{Convproc::OPT_VECTOR_MODE} : 0U));
    // A shortest partition of more than a block would add latency. Density 0 stands for the least, 1 / ears.
    checked(convolver_.configure(inputs, ears, taps, quantum, quantum, std::max(options.maxpart, quantum),
                                 options.dense ? 1.0F : 0.0F),
            "configure");
    for (unsigned input = 0; input < inputs; ++input) {
      for (unsigned ear = 0; ear < ears; ++ear) {
        auto* const data = const_cast<float*>(work.response(input, ear).data());  // it only reads
        checked(convolver_.impdata_create(input, ear, 1, data, 0, static_cast<int>(taps)), "impdata_create");
      }
    }
    checked(convolver_.start_process(schedule.priority, schedule.policy), "start_process");
  }
  ~ZitaSubject() override {
    convolver_.stop_process();
    convolver_.cleanup();
  }
  bool process(const float* const* in, float* const* out) override {
    for (unsigned i = 0; i < inputs; ++i) std::copy_n(in[i], block_, convolver_.inpdata(i));
    const int late = convolver_.process(sync_);
    for (unsigned ear = 0; ear < ears; ++ear) std::copy_n(convolver_.outdata(ear), block_, out[ear]);
    return late == 0;
  }

 private:
  std::size_t block_;
  bool sync_;
  Convproc convolver_;
};

}  // namespace

std::string ZitaOptions::text() const {
  std::ostringstream text;
  text << "vector=" << vector << ",maxpart=" << maxpart << ",dense=" << dense << ",sync=" << sync;
  return text.str();
}

ZitaOptions ZitaOptions::from(const std::string& text) {
  unsigned vector = 0, maxpart = 0, dense = 0, sync = 0;
  int end = 0;
  const int read =
      std::sscanf(text.c_str(), "vector=%u,maxpart=%u,dense=%u,sync=%u%n", &vector, &maxpart, &dense, &sync, &end);
  if (read != 4 || static_cast<std::size_t>(end) != text.size())
    throw std::runtime_error("zita's options are vector=…,maxpart=…,dense=…,sync=…, not: " + text);
  return {vector != 0, maxpart, dense != 0, sync != 0};
}

std::unique_ptr<Subject> zita_subject(const Work& work, const ZitaOptions& options, Schedule schedule) {
  return std::make_unique<ZitaSubject>(work, options, schedule);
}

}  // namespace bench
