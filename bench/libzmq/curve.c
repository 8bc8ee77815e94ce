/* CURVE: the keys of libzmq's manual, as in ../ends/curve.ts; and clients that connect, ask once, and leave. */

#include "bench.h"

#include <stdlib.h>
#include <zmq.h>

static const char *const server_public = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
static const char *const server_secret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
static const char *const client_public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char *const client_secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

static void set_key(void *socket, int option, const char *key) {
  check(zmq_setsockopt(socket, option, key, 41), "zmq_setsockopt");
}

void be_server(void *socket) {
  if (number_of("curve") == 0) return;
  set_option(socket, ZMQ_CURVE_SERVER, 1);
  set_key(socket, ZMQ_CURVE_SECRETKEY, server_secret);
}

void be_client(void *socket) {
  if (number_of("curve") == 0) return;
  set_key(socket, ZMQ_CURVE_SERVERKEY, server_public);
  set_key(socket, ZMQ_CURVE_PUBLICKEY, client_public);
  set_key(socket, ZMQ_CURVE_SECRETKEY, client_secret);
}

static void *newcomer(void *context) {
  void *socket = make_socket(context, ZMQ_DEALER);
  be_client(socket);
  check(zmq_connect(socket, text_of("endpoint")), "zmq_connect");
  send_body(socket, "x", 1);
  return socket;
}

void run_newcomers(void *context) {
  long peers = number_of("peers");
  check(zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 60000), "zmq_ctx_set");
  zmq_pollitem_t *items = check_pointer(calloc((size_t) peers, sizeof *items), "calloc");
  say("{\"ready\":true}");
  await_word("go");
  struct meter meter;
  meter_begin(&meter, number_of("warmup"), number_of("count"));
  for (long i = 0; i < peers; i++) {
    items[i].socket = newcomer(context);
    items[i].events = ZMQ_POLLIN;
  }
  while (!meter_over(&meter)) {
    check(zmq_poll(items, (int) peers, -1), "zmq_poll");
    for (long i = 0; i < peers && !meter_over(&meter); i++) {
      if ((items[i].revents & ZMQ_POLLIN) == 0) continue;
      receive_one(items[i].socket, 0);
      check(zmq_close(items[i].socket), "zmq_close");
      meter_passed(&meter);
      items[i].socket = newcomer(context);
    }
  }
  meter_say(&meter);
}
