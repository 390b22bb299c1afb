// weir-worker-document: reads one document for a parent, in a box.
#include <cstdio>

#include "weir/media/documents/parse/document_worker.hpp"

int main() {
  const auto child = weir::worker::Child::connect();
  if (!child) {
    std::fprintf(stderr, "weir-worker-document: %s\n", child.error().line().c_str());
    return 2;
  }
  return weir::documents::run_worker(**child);
}
