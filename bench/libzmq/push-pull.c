/* PUSH and PULL: one way, over the network or between two threads. */

#include "bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void receive_all(void *socket) {
  struct meter meter;
  meter_begin(&meter, number_of("warmup"), number_of("count"));
  while (!meter_over(&meter)) {
    receive_one(socket, 0);
    meter_passed(&meter);
  }
  meter_say(&meter);
}

/* One message on each socket in turn. */
static void send_all(void **sockets, long peers) {
  size_t size = (size_t) number_of("size");
  char *body = check_pointer(malloc(size), "malloc");
  memset(body, 0x2a, size);
  long total = number_of("warmup") + number_of("count");
  if (peers == 1) {
    for (long i = 0; i < total; i++) send_body(sockets[0], body, size);
    return;
  }
  for (long i = 0; i < total; i += peers) {
    for (long j = 0; j < peers; j++) send_body(sockets[j], body, size);
  }
}

void run_pull(void *context) {
  void *socket = make_socket(context, ZMQ_PULL);
  set_option(socket, ZMQ_RCVHWM, (int) number_of("mark"));
  be_server(socket);
  bind_and_say(socket);
  receive_all(socket);
}

void run_push(void *context) {
  long peers = number_of("peers");
  void **sockets = check_pointer(calloc((size_t) peers, sizeof *sockets), "calloc");
  for (long i = 0; i < peers; i++) {
    sockets[i] = make_socket(context, ZMQ_PUSH);
    set_option(sockets[i], ZMQ_SNDHWM, (int) number_of("mark"));
    be_client(sockets[i]);
    check(zmq_connect(sockets[i], text_of("endpoint")), "zmq_connect");
  }
  say("{\"ready\":true}");
  await_word("go");
  send_all(sockets, peers);
}

void run_backlog(void *context) {
  void *socket = make_socket(context, ZMQ_PUSH);
  set_option(socket, ZMQ_SNDHWM, (int) number_of("mark"));
  set_option(socket, ZMQ_RECONNECT_IVL, 10);
  check(zmq_connect(socket, text_of("endpoint")), "zmq_connect");
  say("{\"ready\":true}");
  await_word("mark");
  say_usage();
  await_word("go");
  send_all(&socket, 1);
  say("{\"filled\":true}");
  for (;;) {
    await_word("mark");
    say_usage();
  }
}

static void *send_in_thread(void *socket) {
  send_all(&socket, 1);
  return NULL;
}

void run_inproc(void *context) {
  void *pull = make_socket(context, ZMQ_PULL);
  void *push = make_socket(context, ZMQ_PUSH);
  set_option(pull, ZMQ_RCVHWM, (int) number_of("mark"));
  set_option(push, ZMQ_SNDHWM, (int) number_of("mark"));
  check(zmq_bind(pull, "inproc://bench"), "zmq_bind");
  check(zmq_connect(push, "inproc://bench"), "zmq_connect");
  say("{\"ready\":true}");
  await_word("go");
  pthread_t thread;
  check(-pthread_create(&thread, NULL, send_in_thread, push), "pthread_create");
  receive_all(pull);
  pthread_join(thread, NULL);
}
