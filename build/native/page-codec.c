/*
 * Decompression of single dump pages with the zstd and zlib that Node is linked with, as a Node-API
 * addon: no stream objects, no copies, a fraction of what node:zlib takes for so little data.
 *
 *   zstd(source, sourceLength, target) -> true when the frame gave exactly the target's bytes
 *   zlib(source, sourceLength, target) -> the same for a zlib stream
 *
 * A host that does not export the libraries' functions (Electron may not) has the export missing.
 * On false the target may hold parts of a page. Contexts belong to the Node environment (thread).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "node-api.h"

/* ---- the libraries' own ABI: zstd.h (stable part), zlib.h ---- */

typedef struct ZSTD_DCtx_s ZSTD_DCtx;
struct zstd {
  ZSTD_DCtx *(*create)(void);
  size_t (*release)(ZSTD_DCtx *);
  size_t (*decompress)(ZSTD_DCtx *, void *, size_t, const void *, size_t);
  unsigned (*is_error)(size_t);
};

typedef struct {
  const unsigned char *next_in;
  unsigned avail_in;
  unsigned long total_in;
  unsigned char *next_out;
  unsigned avail_out;
  unsigned long total_out;
  const char *msg;
  void *state;
  void *(*zalloc)(void *, unsigned, unsigned);
  void (*zfree)(void *, void *);
  void *opaque;
  int data_type;
  unsigned long adler;
  unsigned long reserved;
} z_stream;
#define Z_OK 0
#define Z_STREAM_END 1
#define Z_FINISH 4
struct zlib {
  const char *(*version)(void);
  int (*init)(z_stream *, const char *, int);
  int (*reset)(z_stream *);
  int (*inflate)(z_stream *, int);
  int (*end)(z_stream *);
};

/* ---- one per environment ---- */

struct instance {
  struct zstd zstd;
  struct zlib zlib;
  ZSTD_DCtx *context;
  z_stream stream;
  bool stream_ready;
};

static void finalize_instance(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct instance *instance = data;
  if (instance->context != NULL) instance->zstd.release(instance->context);
  if (instance->stream_ready) instance->zlib.end(&instance->stream);
  free(instance);
}

/* POSIX wants the detour: a void pointer need not hold a function's address in C. */
static bool look_up(const char *name, void *function) {
  void *found = dlsym(RTLD_DEFAULT, name);
  memcpy(function, &found, sizeof found);
  return found != NULL;
}

static bool find_zstd(struct zstd *zstd) {
  return look_up("ZSTD_createDCtx", &zstd->create) && look_up("ZSTD_freeDCtx", &zstd->release) &&
         look_up("ZSTD_decompressDCtx", &zstd->decompress) &&
         look_up("ZSTD_isError", &zstd->is_error);
}

static bool find_zlib(struct zlib *zlib) {
  return look_up("zlibVersion", &zlib->version) && look_up("inflateInit_", &zlib->init) &&
         look_up("inflateReset", &zlib->reset) && look_up("inflate", &zlib->inflate) &&
         look_up("inflateEnd", &zlib->end);
}

/* ---- calls ---- */

struct call {
  struct instance *instance;
  const unsigned char *source;
  size_t source_length;
  unsigned char *target;
  size_t target_length;
};

/* @return false when the arguments were wrong; an exception is pending then. */
static bool read_arguments(napi_env env, napi_callback_info info, struct call *call) {
  size_t count = 3;
  napi_value arguments[3];
  napi_typedarray_type source_type, target_type;
  size_t available;
  void *source = NULL, *target = NULL;
  uint32_t wanted;
  call->instance = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != 0 || count < 3 ||
      napi_get_instance_data(env, (void **)&call->instance) != 0 || call->instance == NULL ||
      napi_get_typedarray_info(env, arguments[0], &source_type, &available, &source, NULL, NULL) !=
          0 ||
      source_type != NAPI_UINT8_ARRAY || napi_get_value_uint32(env, arguments[1], &wanted) != 0 ||
      napi_get_typedarray_info(env, arguments[2], &target_type, &call->target_length, &target, NULL,
                               NULL) != 0 ||
      target_type != NAPI_UINT8_ARRAY) {
    napi_throw_type_error(env, NULL, "(Uint8Array, sourceLength, Uint8Array)");
    return false;
  }
  if (wanted > available || call->target_length > UINT32_MAX) {
    napi_throw_range_error(env, NULL, "outside the source or the target");
    return false;
  }
  call->source = source;
  call->source_length = wanted;
  call->target = target;
  return true;
}

static napi_value answer(napi_env env, bool done) {
  napi_value result = NULL;
  napi_get_boolean(env, done, &result);
  return result;
}

static napi_value decompress_zstd(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_arguments(env, info, &call)) return NULL;
  struct instance *instance = call.instance;
  const struct zstd *zstd = &instance->zstd;
  if (instance->context == NULL) instance->context = zstd->create();
  if (instance->context == NULL) return answer(env, false);
  size_t size = zstd->decompress(instance->context, call.target, call.target_length, call.source,
                                 call.source_length);
  return answer(env, !zstd->is_error(size) && size == call.target_length);
}

static bool ready_stream(struct instance *instance) {
  const struct zlib *zlib = &instance->zlib;
  if (instance->stream_ready) return zlib->reset(&instance->stream) == Z_OK;
  memset(&instance->stream, 0, sizeof instance->stream);
  instance->stream_ready =
      zlib->init(&instance->stream, zlib->version(), (int)sizeof instance->stream) == Z_OK;
  return instance->stream_ready;
}

static napi_value decompress_zlib(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_arguments(env, info, &call)) return NULL;
  if (!ready_stream(call.instance)) return answer(env, false);
  z_stream *stream = &call.instance->stream;
  stream->next_in = call.source;
  stream->avail_in = (unsigned)call.source_length;
  stream->next_out = call.target;
  stream->avail_out = (unsigned)call.target_length;
  int status = call.instance->zlib.inflate(stream, Z_FINISH);
  return answer(env, status == Z_STREAM_END && stream->avail_out == 0);
}

__attribute__((visibility("default"))) int32_t node_api_module_get_api_version_v1(void) {
  return 8;
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env,
                                                                          napi_value exports) {
  struct instance *instance = calloc(1, sizeof *instance);
  if (instance == NULL ||
      napi_set_instance_data(env, instance, finalize_instance, NULL) != 0) {
    free(instance);
    napi_throw_error(env, "ENOMEM", "out of memory");
    return exports;
  }
  if (find_zstd(&instance->zstd)) export_function(env, exports, "zstd", decompress_zstd);
  if (find_zlib(&instance->zlib)) export_function(env, exports, "zlib", decompress_zlib);
  return exports;
}
