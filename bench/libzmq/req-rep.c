/* REQ and REP: one question, one answer, and how long that takes. */

#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

void run_rep(void *context) {
  void *socket = make_socket(context, ZMQ_REP);
  be_server(socket);
  bind_and_say(socket);
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (;;) {
    check(zmq_msg_recv(&message, socket, 0), "zmq_msg_recv");
    check(zmq_msg_send(&message, socket, 0), "zmq_msg_send");
  }
}

static void ask(void *socket, const char *body, size_t size, double *times, long count) {
  double before = now();
  for (long i = 0; i < count; i++) {
    send_body(socket, body, size);
    receive_one(socket, 0);
    double after = now();
    times[i] = after - before;
    before = after;
  }
}

static int by_value(const void *a, const void *b) {
  double difference = *(const double *) a - *(const double *) b;
  return difference < 0 ? -1 : difference > 0;
}

/* The latency below which a share of the round trips was, in microseconds. */
static double percentile(const double *sorted, long count, double share) {
  double rank = (double) count * share;
  long index = (long) rank;
  if ((double) index == rank && index > 0) index--;
  return sorted[index < count ? index : count - 1] * 1e6;
}

void run_req(void *context) {
  void *socket = make_socket(context, ZMQ_REQ);
  be_client(socket);
  check(zmq_connect(socket, text_of("endpoint")), "zmq_connect");
  say("{\"ready\":true}");
  await_word("go");
  size_t size = (size_t) number_of("size");
  char *body = check_pointer(malloc(size), "malloc");
  memset(body, 0x2a, size);
  long warmup = number_of("warmup");
  long count = number_of("count");
  long most = warmup > count ? warmup : count;
  double *times = check_pointer(calloc((size_t) most, sizeof *times), "calloc");
  ask(socket, body, size, times, warmup);
  say("{\"measuring\":true}");
  double started_at = now();
  ask(socket, body, size, times, count);
  double seconds = now() - started_at;
  qsort(times, (size_t) count, sizeof *times, by_value);
  say("{\"result\":{\"seconds\":%.9f,\"messages\":%ld,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f}}",
      seconds, count, percentile(times, count, 0.5), percentile(times, count, 0.99),
      percentile(times, count, 0.999));
}
