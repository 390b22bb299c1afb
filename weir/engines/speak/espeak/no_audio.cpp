// espeak-ng can play what it makes, through libpcaudio. Here it never does: what it would call.
#include <cstddef>

extern "C" {

void* create_audio_device_object(const char* /*device*/, const char* /*name*/, const char* /*what*/) { return nullptr; }
int audio_object_open(void* /*object*/, int /*format*/, unsigned /*rate*/, unsigned char /*channels*/) { return -1; }
void audio_object_close(void* /*object*/) {}
void audio_object_destroy(void* /*object*/) {}
int audio_object_write(void* /*object*/, const void* /*data*/, std::size_t /*bytes*/) { return -1; }
int audio_object_drain(void* /*object*/) { return 0; }
int audio_object_flush(void* /*object*/) { return 0; }
const char* audio_object_strerror(void* /*object*/, int /*error*/) { return "no audio"; }
}
