/* Idle server: a ROUTER with very many silent peers, and what they cost. Its I/O thread does all the work. */

#include "bench.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmq.h>

/* Octets of this process that are in memory. */
static long memory_used(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  long total = 0, resident = 0;
  if (file != NULL) {
    int found = fscanf(file, "%ld %ld", &total, &resident);
    fclose(file);
    if (found == 2) return resident * sysconf(_SC_PAGESIZE);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

static double processor_used(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void say_usage(void) {
  say("{\"usage\":{\"memory\":%ld,\"processor\":%.6f}}", memory_used(), processor_used());
}

void run_idle_server(void *context) {
  void *socket = make_socket(context, ZMQ_ROUTER);
  set_option(socket, ZMQ_BACKLOG, 4096);
  set_option(socket, ZMQ_HEARTBEAT_IVL, (int) number_of("heartbeat"));
  set_option(socket, ZMQ_HEARTBEAT_TIMEOUT, 60000);
  bind_and_say(socket);
  for (;;) {
    await_word("mark");
    say_usage();
  }
}
