/* PUB and SUB, lossless by ZMQ_XPUB_NODROP. How they begin is told in ../ends/pub-sub.ts. */

#include "bench.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { TOPIC_SIZE = 8, BODIES_MAX = 4096, RUN_MAX = 1000 };

static void write_topic(char *target, long index) {
  char text[TOPIC_SIZE + 16];
  snprintf(text, sizeof text, "t%07ld", index);
  memcpy(target, text, TOPIC_SIZE);
}

void run_pub(void *context) {
  void *socket = make_socket(context, ZMQ_PUB);
  set_option(socket, ZMQ_XPUB_NODROP, 1);
  bind_and_say(socket);

  long subscriptions = number_of("subscriptions");
  long bodies = subscriptions < BODIES_MAX ? subscriptions : BODIES_MAX;
  size_t size = (size_t) number_of("size");
  char *octets = check_pointer(malloc((size_t) bodies * size), "malloc");
  memset(octets, 0x2a, (size_t) bodies * size);
  for (long i = 0; i < bodies; i++) {
    write_topic(octets + (size_t) i * size, i * subscriptions / bodies);
  }

  struct pollfd input = {.fd = 0, .events = POLLIN, .revents = 0};
  /* As helloInterval in ../ends/pub-sub.ts. */
  long peers = number_of("peers");
  int interval = peers > 40 ? (int) (peers / 20) : 2;
  while (poll(&input, 1, interval) == 0) send_body(socket, "~hello", 6);
  await_word("go");
  send_body(socket, "~start", 6);
  long total = number_of("warmup") + number_of("count");
  for (long i = 0, next = 0; i < total; i++) {
    send_body(socket, octets + (size_t) next * size, size);
    if (++next == bodies) next = 0;
  }
}

/* Receive until the message that begins the measurement. */
static void await_start(void *socket) {
  char body[16];
  for (;;) {
    int size = check(zmq_recv(socket, body, sizeof body, 0), "zmq_recv");
    if (size == 6 && memcmp(body, "~start", 6) == 0) return;
  }
}

void run_sub(void *context) {
  if (number_of("drain") != 0) {
    run_drain();
    return;
  }
  long peers = number_of("peers");
  long subscriptions = number_of("subscriptions");
  zmq_pollitem_t *items = check_pointer(calloc((size_t) peers, sizeof *items), "calloc");
  for (long i = 0; i < peers; i++) {
    void *socket = make_socket(context, ZMQ_SUB);
    set_option(socket, ZMQ_SNDHWM, 0); /* subscriptions beyond the mark would be dropped */
    check(zmq_connect(socket, text_of("endpoint")), "zmq_connect");
    for (long j = 0; j < subscriptions; j++) {
      char topic[TOPIC_SIZE];
      write_topic(topic, j);
      check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, TOPIC_SIZE), "zmq_setsockopt");
    }
    check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "~", 1), "zmq_setsockopt");
    items[i].socket = socket;
    items[i].events = ZMQ_POLLIN;
  }
  for (long i = 0; i < peers; i++) receive_one(items[i].socket, 0);
  say("{\"ready\":true}");
  for (long i = 0; i < peers; i++) await_start(items[i].socket);

  struct meter meter;
  meter_begin(&meter, number_of("warmup") * peers, number_of("count") * peers);
  while (!meter_over(&meter)) {
    if (peers == 1) {
      receive_one(items[0].socket, 0);
      meter_passed(&meter);
      continue;
    }
    check(zmq_poll(items, (int) peers, -1), "zmq_poll");
    for (long i = 0; i < peers; i++) {
      if ((items[i].revents & ZMQ_POLLIN) == 0) continue;
      for (int j = 0; j < RUN_MAX && receive_one(items[i].socket, ZMQ_DONTWAIT); j++) {
        meter_passed(&meter);
      }
    }
  }
  meter_say(&meter);
}
