/*
 * Read-only file mappings with copy-out, as a Node-API addon.
 *
 *   open(path)                                   -> { handle, size }   (throws Error with .code)
 *   read(handle, offset, target, targetOffset, length) -> bytes copied, or -1: the file could not
 *                                                   be read there (it shrank, or an I/O error)
 *   close(handle)
 *
 * Copy-out because Electron forbids ArrayBuffers over outside memory (V8 memory cage).
 *
 * A mapping of a file that shrinks raises SIGBUS on access. The copy runs under a guard: our
 * handler jumps back into read(), which answers -1. A SIGBUS elsewhere goes to the handler that
 * was there before. Other software (crash reporters) may install handlers of its own later, so
 * ours is put back on top when it is found replaced.
 *
 * Handles belong to the Node environment (thread) that opened them.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-api.h"

/* ---- SIGBUS guard ---- */

struct guard {
  sigjmp_buf back;
  const unsigned char *start;
  const unsigned char *end;
};

/* initial-exec: reading it inside the handler must not allocate. */
static __thread struct guard *volatile current_guard __attribute__((tls_model("initial-exec")));

static pthread_mutex_t handler_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;

static void on_sigbus(int signal, siginfo_t *info, void *context) {
  struct guard *guard = current_guard;
  const unsigned char *address = info->si_addr;
  if (guard != NULL && address >= guard->start && address < guard->end) {
    siglongjmp(guard->back, 1);
  }
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != on_sigbus) {
    previous.sa_sigaction(signal, info, context);
    return;
  }
  if ((previous.sa_flags & SA_SIGINFO) == 0 && previous.sa_handler != SIG_DFL &&
      previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
    return;
  }
  /* Not ours, nobody else's: the access is made again and ends the process, as it would have. */
  struct sigaction plain;
  memset(&plain, 0, sizeof plain);
  plain.sa_handler = SIG_DFL;
  sigaction(SIGBUS, &plain, NULL);
}

/* Puts our handler on top where it is not. Keeps what it replaced, unless that is itself. */
static void ensure_handler(void) {
  struct sigaction now;
  if (sigaction(SIGBUS, NULL, &now) != 0) return;
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_sigbus) return;
  pthread_mutex_lock(&handler_lock);
  if (sigaction(SIGBUS, NULL, &now) == 0 &&
      !((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_sigbus)) {
    struct sigaction ours;
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = on_sigbus;
    /* NODEFER: the jump leaves the handler without a return, so SIGBUS must not stay blocked. */
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&ours.sa_mask);
    previous = now;
    sigaction(SIGBUS, &ours, NULL);
  }
  pthread_mutex_unlock(&handler_lock);
}

/* @return false when the bytes are not there any more. */
static bool guarded_copy(unsigned char *to, const unsigned char *from, size_t length) {
  struct guard guard;
  guard.start = from;
  guard.end = from + length;
  if (sigsetjmp(guard.back, 0) != 0) {
    current_guard = NULL;
    return false;
  }
  current_guard = &guard;
  __asm__ volatile("" ::: "memory");
  memcpy(to, from, length);
  __asm__ volatile("" ::: "memory");
  current_guard = NULL;
  return true;
}

/* ---- handles ---- */

#define MAX_HANDLES 4096
#define HANDLER_CHECK_READS 256

struct mapping {
  unsigned char *start;
  uint64_t size;
};

struct instance {
  struct mapping mappings[MAX_HANDLES];
  uint32_t high;
  uint32_t reads;
};

static void unmap(struct mapping *mapping) {
  if (mapping->start != NULL) munmap(mapping->start, mapping->size);
  mapping->start = NULL;
  mapping->size = 0;
}

static void finalize_instance(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct instance *instance = data;
  for (uint32_t i = 0; i < instance->high; i++) unmap(&instance->mappings[i]);
  free(instance);
}

static const char *error_code(int error) {
  switch (error) {
    case ENOENT: return "ENOENT";
    case EACCES: return "EACCES";
    case EPERM: return "EPERM";
    case EISDIR: return "EISDIR";
    case EMFILE: return "EMFILE";
    case ENODEV: return "ENODEV";
    case ENOMEM: return "ENOMEM";
    case EINVAL: return "EINVAL";
    default: return "EIO";
  }
}

static napi_value throw_errno(napi_env env, int error) {
  napi_throw_error(env, error_code(error), strerror(error));
  return NULL;
}

static napi_value mapping_open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  struct instance *instance = NULL;
  size_t length = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != 0 || count < 1 ||
      napi_get_instance_data(env, (void **)&instance) != 0 || instance == NULL ||
      napi_get_value_string_utf8(env, argument, NULL, 0, &length) != 0) {
    napi_throw_type_error(env, NULL, "open(path: string)");
    return NULL;
  }
  uint32_t handle = 0;
  while (handle < instance->high && instance->mappings[handle].start != NULL) handle++;
  if (handle >= MAX_HANDLES) return throw_errno(env, EMFILE);
  char *path = malloc(length + 1);
  if (path == NULL) return throw_errno(env, ENOMEM);
  napi_get_value_string_utf8(env, argument, path, length + 1, &length);
  /* NONBLOCK: a FIFO must not hang here; regular files do not care. */
  int fd = strlen(path) == length ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
  int error = strlen(path) == length ? errno : EINVAL;
  free(path);
  if (fd < 0) return throw_errno(env, error);
  struct stat status;
  if (fstat(fd, &status) != 0) {
    error = errno;
    close(fd);
    return throw_errno(env, error);
  }
  if (!S_ISREG(status.st_mode) || status.st_size <= 0 || (uint64_t)status.st_size > SIZE_MAX) {
    close(fd);
    return throw_errno(env, ENODEV);
  }
  void *start = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  error = errno;
  close(fd);
  if (start == MAP_FAILED) return throw_errno(env, error);
  ensure_handler();
  instance->mappings[handle].start = start;
  instance->mappings[handle].size = (uint64_t)status.st_size;
  if (handle == instance->high) instance->high++;
  napi_value result, value;
  napi_create_object(env, &result);
  napi_create_uint32(env, handle, &value);
  napi_set_named_property(env, result, "handle", value);
  napi_create_double(env, (double)status.st_size, &value);
  napi_set_named_property(env, result, "size", value);
  return result;
}

static napi_value mapping_read(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value arguments[5];
  struct instance *instance = NULL;
  uint32_t handle;
  double offset, target_offset, length;
  napi_typedarray_type type;
  size_t target_length;
  void *target = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != 0 || count < 5 ||
      napi_get_instance_data(env, (void **)&instance) != 0 || instance == NULL ||
      napi_get_value_uint32(env, arguments[0], &handle) != 0 ||
      napi_get_value_double(env, arguments[1], &offset) != 0 ||
      napi_get_typedarray_info(env, arguments[2], &type, &target_length, &target, NULL, NULL) !=
          0 ||
      type != NAPI_UINT8_ARRAY || napi_get_value_double(env, arguments[3], &target_offset) != 0 ||
      napi_get_value_double(env, arguments[4], &length) != 0) {
    napi_throw_type_error(env, NULL, "read(handle, offset, Uint8Array, targetOffset, length)");
    return NULL;
  }
  if (handle >= instance->high || instance->mappings[handle].start == NULL) {
    napi_throw_range_error(env, NULL, "not an open mapping");
    return NULL;
  }
  /* NaN fails all of these. */
  if (!(offset >= 0) || !(offset <= 9007199254740992.0) || !(target_offset >= 0) ||
      !(length >= 0) || !(target_offset + length <= (double)target_length)) {
    napi_throw_range_error(env, NULL, "outside the target or the file");
    return NULL;
  }
  const struct mapping *mapping = &instance->mappings[handle];
  uint64_t from = (uint64_t)offset;
  uint64_t wanted = (uint64_t)length;
  double copied = 0;
  if (from < mapping->size && wanted > 0) {
    if (wanted > mapping->size - from) wanted = mapping->size - from;
    if (++instance->reads % HANDLER_CHECK_READS == 0) ensure_handler();
    bool done = guarded_copy((unsigned char *)target + (size_t)target_offset,
                             mapping->start + from, (size_t)wanted);
    copied = done ? (double)wanted : -1;
  }
  napi_value result;
  napi_create_double(env, copied, &result);
  return result;
}

static napi_value mapping_close(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  struct instance *instance = NULL;
  uint32_t handle;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == 0 && count == 1 &&
      napi_get_instance_data(env, (void **)&instance) == 0 && instance != NULL &&
      napi_get_value_uint32(env, argument, &handle) == 0 && handle < instance->high) {
    unmap(&instance->mappings[handle]);
  }
  return NULL;
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
  export_function(env, exports, "open", mapping_open);
  export_function(env, exports, "read", mapping_read);
  export_function(env, exports, "close", mapping_close);
  return exports;
}
