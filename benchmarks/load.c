/* A load generator that leaves the processor to what it measures: one thread, epoll, requests written in place.

       load PORT CLIENTS EVENTS SECONDS < request        # EVENTS: how many a request holds

   The request on the standard input is sent as it is but for its runs of '@': in one of 12 stands the number of the
   event, which no other has, in one of 6 the number of its person. Each client sends its next request when the answer
   to the last is there. Printed is one JSON object; whatever is not answered by 200 counts as refused. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_REQUEST = 1 << 20, LONGEST_ANSWER = 16384, PERSON = 6, EVENT = 12, PEOPLE = 100000 };

struct gap { size_t at, width; };
struct client {
    int socket, is_waiting;
    char *request;
    size_t sent, received;
    double sent_at;
    char answer[LONGEST_ANSWER + 1];
};

static struct gap *gaps;
static char *template;
static size_t length, gap_count;
static unsigned long number;
static float *latencies;
static size_t answered, room;
static unsigned long refused;
static char first_refusal[401];
static double ends_at;
static int poller, left;

static void fail(const char *doing) {
    perror(doing);
    exit(1);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void read_template(void) {
    template = malloc(LONGEST_REQUEST);
    gaps = malloc(sizeof *gaps * LONGEST_REQUEST / PERSON);
    if (!template || !gaps) fail("memory");
    length = fread(template, 1, LONGEST_REQUEST, stdin);
    for (size_t at = 0; at < length; at++) {
        size_t width = 0;
        while (at + width < length && template[at + width] == '@') width++;
        if (width == PERSON || width == EVENT) gaps[gap_count++] = (struct gap){at, width};
        at += width;
    }
}

static void write_digits(char *at, size_t width, unsigned long value) {
    while (width--) {
        at[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void watch(struct client *client, unsigned events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(poller, operation, client->socket, &event)) fail("epoll_ctl");
}

static void wait_to_send(struct client *client, int is_waiting) {
    if (client->is_waiting == is_waiting) return;
    client->is_waiting = is_waiting;
    watch(client, is_waiting ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
}

static void send_rest(struct client *client) {
    while (client->sent < length) {
        ssize_t taken = send(client->socket, client->request + client->sent, length - client->sent, MSG_NOSIGNAL);
        if (taken < 0 && errno == EAGAIN) {
            wait_to_send(client, 1);
            return;
        }
        if (taken < 0) fail("send");
        client->sent += (size_t)taken;
    }
    wait_to_send(client, 0);
}

static void ask(struct client *client) {
    client->sent_at = now();
    if (client->sent_at > ends_at) {
        close(client->socket);
        left--;
        return;
    }
    for (size_t one = 0; one < gap_count; one++) {
        if (gaps[one].width == PERSON) write_digits(client->request + gaps[one].at, PERSON, ++number % PEOPLE);
        else write_digits(client->request + gaps[one].at, EVENT, number);
    }
    client->sent = client->received = 0;
    send_rest(client);
}

/* Bytes of a whole answer, 0 while some are missing. */
static size_t answer_length(struct client *client) {
    client->answer[client->received] = 0;
    char *end = strstr(client->answer, "\r\n\r\n");
    char *told = end ? strcasestr(client->answer, "content-length:") : NULL;
    if (!end) return 0;
    size_t whole = (size_t)(end + 4 - client->answer) + (told && told < end ? strtoul(told + 15, NULL, 10) : 0);
    return client->received < whole ? 0 : whole;
}

static void keep_latency(double spent) {
    if (answered == room) {
        room = room ? room * 2 : 1 << 20;
        latencies = realloc(latencies, room * sizeof *latencies);
        if (!latencies) fail("memory");
    }
    latencies[answered++] = (float)spent;
}

static void hear(struct client *client) {
    size_t space = LONGEST_ANSWER - client->received;
    ssize_t taken = recv(client->socket, client->answer + client->received, space, 0);
    if (taken < 0 && errno == EAGAIN) return;
    if (taken <= 0) {
        errno = taken ? errno : ECONNRESET;
        fail("an answer was cut off");
    }
    client->received += (size_t)taken;
    if (!answer_length(client)) return;
    if (!strncmp(client->answer, "HTTP/1.1 200 ", 13)) keep_latency(now() - client->sent_at);
    else if (!refused++) snprintf(first_refusal, sizeof first_refusal, "%.400s", client->answer);
    ask(client);
}

static void start(struct client *client, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (client->socket < 0 || connect(client->socket, (struct sockaddr *)&address, sizeof address)) fail("connect");
    int yes = 1;
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (fcntl(client->socket, F_SETFL, O_NONBLOCK)) fail("fcntl");
    client->request = malloc(length);
    if (!client->request) fail("memory");
    memcpy(client->request, template, length);
    watch(client, EPOLLIN, EPOLL_CTL_ADD);
}

static int by_size(const void *one, const void *other) {
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

static void tell(double spent, unsigned long events) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double busy = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
                + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    qsort(latencies, answered, sizeof *latencies, by_size);
    for (char *one = first_refusal; *one; one++)
        if (*one == '"' || *one == '\\' || (unsigned char)*one < ' ') *one = ' ';
    printf("{\"rate\": %f, \"events\": %lu, \"p50\": %f, \"p99\": %f, \"refused\": %lu, \"first_refusal\": \"%s\","
           " \"cpu\": %f}\n", (double)(answered * events) / spent, answered * events,
           answered ? latencies[answered / 2] * 1e3 : 0, answered ? latencies[answered * 99 / 100] * 1e3 : 0,
           refused, first_refusal, busy / spent);
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "load PORT CLIENTS EVENTS SECONDS < request\n");
        return 2;
    }
    left = atoi(words[2]);
    struct client *clients = calloc((size_t)left, sizeof *clients);
    struct epoll_event ready[256];
    int many = left;
    poller = epoll_create1(0);
    if (!clients || poller < 0) fail("start");
    read_template();
    double started = now();
    ends_at = started + atof(words[4]);
    for (int one = 0; one < many; one++) start(&clients[one], atoi(words[1]));
    for (int one = 0; one < many; one++) ask(&clients[one]);
    while (left) {
        int found = epoll_wait(poller, ready, 256, -1);
        if (found < 0 && errno != EINTR) fail("epoll_wait");
        for (int one = 0; one < found; one++) {
            struct client *client = ready[one].data.ptr;
            if (ready[one].events & EPOLLOUT) send_rest(client);
            if (ready[one].events & ~(unsigned)EPOLLOUT) hear(client);
        }
    }
    tell(now() - started, strtoul(words[3], NULL, 10));
    return 0;
}
