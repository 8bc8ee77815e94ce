/* Bare subscribers: ZMTP by hand over sockets of the system, which throw away what comes. What a publisher costs shows best
 * when nobody else takes the processor. Each message must be one short frame, as those of the scenarios are. */

#define _GNU_SOURCE
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GREETING_SIZE = 64, HELLO_SIZE = 8, TOPIC_SIZE = 8, SCRATCH_SIZE = 1 << 18 };

static void write_all(int fd, const void *octets, size_t size) {
  for (const char *at = octets; size > 0;) {
    ssize_t count = check((int) write(fd, at, size), "write");
    at += count;
    size -= (size_t) count;
  }
}

static void read_all(int fd, void *octets, size_t size) {
  for (char *at = octets; size > 0;) {
    ssize_t count = check((int) read(fd, at, size), "read");
    if (count == 0) exit(1);
    at += count;
    size -= (size_t) count;
  }
}

/* ff 00000000 00000000 01 7f, version 3.0, mechanism NULL, no server; then a READY. Neither is sent before it is its turn. */
static void shake_hands(int fd) {
  char greeting[GREETING_SIZE] = {(char) 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
  static const char ready[] = "\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB";
  char octets[256];
  write_all(fd, greeting, sizeof greeting);
  read_all(fd, octets, GREETING_SIZE);
  write_all(fd, ready, sizeof ready - 1);
  read_all(fd, octets, 2); /* the head of READY, then its body */
  read_all(fd, octets, (unsigned char) octets[1]);
}

/* A subscription is a message that begins with 01. */
static void subscribe(int fd, const char *topic, size_t size) {
  char frame[3 + TOPIC_SIZE] = {0, (char) (size + 1), 1};
  memcpy(frame + 3, topic, size);
  write_all(fd, frame, 3 + size);
}

static int open_one(long subscriptions) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_port = htons((uint16_t) atoi(strrchr(text_of("endpoint"), ':') + 1));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(connect(fd, (struct sockaddr *) &address, sizeof address), "connect");
  shake_hands(fd);
  for (long i = 0; i < subscriptions; i++) {
    char topic[TOPIC_SIZE + 16];
    snprintf(topic, sizeof topic, "t%07ld", i);
    subscribe(fd, topic, TOPIC_SIZE);
  }
  subscribe(fd, "~", 1);
  return fd;
}

void run_drain(void) {
  long peers = number_of("peers");
  int *fds = check_pointer(calloc((size_t) peers, sizeof *fds), "calloc");
  char hello[HELLO_SIZE];
  for (long i = 0; i < peers; i++) fds[i] = open_one(number_of("subscriptions"));
  for (long i = 0; i < peers; i++) read_all(fds[i], hello, sizeof hello);
  say("{\"ready\":true}");

  int poll = check(epoll_create1(0), "epoll_create1");
  for (long i = 0; i < peers; i++) {
    do read_all(fds[i], hello, sizeof hello);
    while (memcmp(hello + 2, "~start", 6) != 0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
    check(epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &event), "epoll_ctl");
  }
  struct meter meter;
  meter_begin(&meter, number_of("warmup") * peers, number_of("count") * peers);
  char *scratch = check_pointer(malloc(SCRATCH_SIZE), "malloc");
  long frame = number_of("size") + 2;
  for (long long octets = 0; !meter_over(&meter);) {
    struct epoll_event events[256];
    int count = epoll_wait(poll, events, 256, -1);
    if (count < 0 && errno != EINTR) check(count, "epoll_wait");
    for (int i = 0; i < count; i++) {
      octets += check((int) read(events[i].data.fd, scratch, SCRATCH_SIZE), "read");
    }
    meter_reach(&meter, (long) (octets / frame));
  }
  meter_say(&meter);
}
