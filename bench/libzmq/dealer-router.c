/* DEALER and ROUTER: many clients, each with some questions under way. */

#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

void run_router(void *context) {
  void *socket = make_socket(context, ZMQ_ROUTER);
  set_option(socket, ZMQ_BACKLOG, 4096);
  be_server(socket);
  bind_and_say(socket);
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (;;) {
    check(zmq_msg_recv(&message, socket, 0), "zmq_msg_recv");
    int flags = zmq_msg_more(&message) ? ZMQ_SNDMORE : 0;
    check(zmq_msg_send(&message, socket, flags), "zmq_msg_send");
  }
}

void run_dealer(void *context) {
  long peers = number_of("peers");
  size_t size = (size_t) number_of("size");
  char *body = check_pointer(malloc(size), "malloc");
  memset(body, 0x2a, size);
  zmq_pollitem_t *items = check_pointer(calloc((size_t) peers, sizeof *items), "calloc");
  long *sent = check_pointer(calloc((size_t) peers, sizeof *sent), "calloc");
  for (long i = 0; i < peers; i++) {
    items[i].socket = make_socket(context, ZMQ_DEALER);
    items[i].events = ZMQ_POLLIN;
    check(zmq_connect(items[i].socket, text_of("endpoint")), "zmq_connect");
    send_body(items[i].socket, body, size);
  }
  /* All connections are up once each has had an answer. */
  for (long i = 0; i < peers; i++) receive_one(items[i].socket, 0);
  say("{\"ready\":true}");
  await_word("go");

  struct meter meter;
  meter_begin(&meter, number_of("warmup"), number_of("count"));
  long share = meter.last / peers;
  long window = number_of("window");
  if (window > share) window = share;
  for (long i = 0; i < peers; i++) {
    for (; sent[i] < window; sent[i]++) send_body(items[i].socket, body, size);
  }
  while (!meter_over(&meter)) {
    if (peers > 1) check(zmq_poll(items, (int) peers, -1), "zmq_poll");
    for (long i = 0; i < peers; i++) {
      if (peers > 1 && (items[i].revents & ZMQ_POLLIN) == 0) continue;
      int flags = peers > 1 ? ZMQ_DONTWAIT : 0;
      while (!meter_over(&meter) && receive_one(items[i].socket, flags)) {
        meter_passed(&meter);
        if (sent[i] == share) continue;
        send_body(items[i].socket, body, size);
        sent[i]++;
      }
    }
  }
  meter_say(&meter);
}
