// flite can play what it makes, through ALSA. Here it never does: what it would call, so that ALSA is not needed.
#include <cstddef>

extern "C" {

struct cst_audiodev_struct;

cst_audiodev_struct* audio_open_alsa(unsigned /*rate*/, int /*channels*/, int /*format*/) { return nullptr; }
int audio_close_alsa(cst_audiodev_struct* /*device*/) { return -1; }
int audio_write_alsa(cst_audiodev_struct* /*device*/, void* /*samples*/, int /*bytes*/) { return -1; }
int audio_flush_alsa(cst_audiodev_struct* /*device*/) { return -1; }
int audio_drain_alsa(cst_audiodev_struct* /*device*/) { return -1; }
}
