/* What the ends on libzmq share. Their contract with the runner is told in ../ends/contract.ts. */

#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

/* The command line: ROLE key=value... */
const char *text_of(const char *key);
long number_of(const char *key);

/* Print a line for the runner; wait for a line from it. The end of input ends the process. */
void say(const char *format, ...);
void await_word(const char *word);

/* Seconds, from any fixed moment. */
double now(void);

/* Print the memory (octets) and processor time (seconds) of this process. */
void say_usage(void);

/* End the process with what failed and why, unless `rc` is fine. */
int check(int rc, const char *what);
void *check_pointer(void *pointer, const char *what);

/* A socket with linger 0. */
void *make_socket(void *context, int type);
void set_option(void *socket, int option, int value);
void bind_and_say(void *socket);

/* Under CURVE, if the command line wants it; before bind or connect. */
void be_server(void *socket);
void be_client(void *socket);

/* Send `body` (by reference above 2 KiB, as it is never changed); receive and forget one message. */
void send_body(void *socket, const void *body, size_t size);
int receive_one(void *socket, int flags);

/* The messages that come after a warm-up are measured. */
struct meter {
  long first, last, seen, seen_at_start;
  double started_at;
};
void meter_begin(struct meter *meter, long warmup, long count);
void meter_passed(struct meter *meter);
void meter_reach(struct meter *meter, long seen);
int meter_over(const struct meter *meter);
void meter_say(const struct meter *meter);

/* The roles. */
void run_push(void *context);
void run_pull(void *context);
void run_inproc(void *context);
void run_backlog(void *context);
void run_req(void *context);
void run_rep(void *context);
void run_pub(void *context);
void run_sub(void *context);
void run_dealer(void *context);
void run_router(void *context);
void run_idle_server(void *context);
void run_newcomers(void *context);
void run_drain(void);

#endif
