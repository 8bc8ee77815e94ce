/* The ends on libzmq: a program `ROLE key=value...`, and what its roles share. */

#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

static int arg_count;
static char **args;

static const struct {
  const char *name;
  void (*run)(void *context);
} roles[] = {
    {"push", run_push},     {"pull", run_pull},     {"inproc", run_inproc},
    {"threads", run_inproc},
    {"backlog", run_backlog},
    {"req", run_req},       {"rep", run_rep},       {"pub", run_pub},
    {"sub", run_sub},       {"dealer", run_dealer}, {"router", run_router},
    {"idle-server", run_idle_server}, {"newcomers", run_newcomers},
};

int main(int argc, char **argv) {
  arg_count = argc;
  args = argv;
  setvbuf(stdout, NULL, _IOLBF, 0);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the runner */
#endif
  if (argc > 1 && strcmp(argv[1], "version") == 0) {
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    printf("%d.%d.%d\n", major, minor, patch);
    return 0;
  }
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  void *context = check_pointer(zmq_ctx_new(), "zmq_ctx_new");
  for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++) {
    if (strcmp(argv[1], roles[i].name) != 0) continue;
    if (number_of("peers") > ZMQ_MAX_SOCKETS_DFLT) {
      check(zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int) number_of("peers")), "zmq_ctx_set");
    }
    roles[i].run(context);
    await_word(""); /* what is still queued is sent until the runner ends us */
    return 0;
  }
  fprintf(stderr, "no such role\n");
  return 2;
}

const char *text_of(const char *key) {
  size_t length = strlen(key);
  for (int i = 2; i < arg_count; i++) {
    if (strncmp(args[i], key, length) == 0 && args[i][length] == '=') return args[i] + length + 1;
  }
  fprintf(stderr, "%s= is missing\n", key);
  exit(2);
}

long number_of(const char *key) {
  return atol(text_of(key));
}

void say(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  putchar('\n');
  fflush(stdout);
}

void await_word(const char *word) {
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (strcmp(line, word) == 0) return;
  }
  _exit(0);
}

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

int check(int rc, const char *what) {
  if (rc >= 0) return rc;
  fprintf(stderr, "%s: %s\n", what, zmq_strerror(errno));
  exit(1);
}

void *check_pointer(void *pointer, const char *what) {
  if (pointer == NULL) check(-1, what);
  return pointer;
}

void *make_socket(void *context, int type) {
  void *socket = check_pointer(zmq_socket(context, type), "zmq_socket");
  set_option(socket, ZMQ_LINGER, 0);
  return socket;
}

void set_option(void *socket, int option, int value) {
  check(zmq_setsockopt(socket, option, &value, sizeof value), "zmq_setsockopt");
}

void bind_and_say(void *socket) {
  char endpoint[256];
  size_t size = sizeof endpoint;
  check(zmq_bind(socket, text_of("endpoint")), "zmq_bind");
  check(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size), "zmq_getsockopt");
  say("{\"ready\":true,\"endpoint\":\"%s\"}", endpoint);
}

static void keep(void *data, void *hint) {
  (void) data;
  (void) hint;
}

void send_body(void *socket, const void *body, size_t size) {
  if (size <= 2048) {
    check(zmq_send(socket, body, size, 0), "zmq_send");
    return;
  }
  zmq_msg_t message;
  check(zmq_msg_init_data(&message, (void *) body, size, keep, NULL), "zmq_msg_init_data");
  check(zmq_msg_send(&message, socket, 0), "zmq_msg_send");
}

int receive_one(void *socket, int flags) {
  zmq_msg_t message;
  zmq_msg_init(&message);
  int rc = zmq_msg_recv(&message, socket, flags);
  if (rc < 0 && errno != EAGAIN) check(rc, "zmq_msg_recv");
  zmq_msg_close(&message);
  return rc >= 0;
}

void meter_begin(struct meter *meter, long warmup, long count) {
  memset(meter, 0, sizeof *meter);
  meter->first = warmup;
  meter->last = warmup + count;
}

void meter_passed(struct meter *meter) {
  meter_reach(meter, meter->seen + 1);
}

void meter_reach(struct meter *meter, long seen) {
  long before = meter->seen;
  meter->seen = seen;
  if (before >= meter->first || seen < meter->first) return;
  say("{\"measuring\":true}");
  meter->started_at = now();
  meter->seen_at_start = seen;
}

int meter_over(const struct meter *meter) {
  return meter->seen >= meter->last;
}

void meter_say(const struct meter *meter) {
  double seconds = now() - meter->started_at;
  say("{\"result\":{\"seconds\":%.9f,\"messages\":%ld}}", seconds,
      meter->seen - meter->seen_at_start);
}
