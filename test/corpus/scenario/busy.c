/* SPDX-License-Identifier: Apache-2.0 */
/*
 * busy: fills a small machine with processes that look like work, then crashes it.
 * One static program with several roles; every process takes a name of its own.
 * usage: busy [WORKERS [THREADS]]   (more of both for a machine with thousands of tasks)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DATA "/data" /* ext4 on a loop device, or a plain folder */

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;

static void name_it(const char *name) { prctl(PR_SET_NAME, name); }

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Starts a process; the child runs role() and then sleeps for good. */
static pid_t start(const char *name, void (*role)(long), long argument)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	prctl(PR_SET_PDEATHSIG, 0);
	name_it(name);
	role(argument);
	for (;;)
		pause();
}

static void *thread_main(void *argument)
{
	long i = (long)argument;
	char name[16];

	snprintf(name, sizeof(name), "%s-%ld", i >= 100 ? "db" : "web", i % 100);
	name_it(name);
	if (i % 4 == 3)
		for (;;)
			usleep(700000 + 1000 * (int)i);
	if (i % 4 == 2) {
		int fd = eventfd(0, EFD_CLOEXEC);
		unsigned long value;

		for (;;)
			if (read(fd, &value, sizeof(value)) < 0)
				pause();
	}
	pthread_mutex_lock(&queue_lock);
	for (;;)
		pthread_cond_wait(&queue_filled, &queue_lock);
	return NULL;
}

static void start_threads(long first, long count)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (long i = 0; i < count; i++)
		pthread_create(&thread, &attr, thread_main, (void *)(first + i));
}

static int unix_socket(int type, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		perror(path);
	return fd;
}

/* A server: listening TCP, TCP over IPv6, UDP, unix stream and datagram, epoll, timerfd, inotify, threads. */
static void webd(long threads)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(8080) };
	struct sockaddr_in6 address6 = { .sin6_family = AF_INET6, .sin6_port = htons(8443), .sin6_addr = in6addr_any };
	int one = 1, tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0), tcp6, local, poller;
	struct epoll_event event = { .events = EPOLLIN };
	struct itimerspec every = { { 30, 0 }, { 30, 0 } };

	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	bind(tcp, (struct sockaddr *)&address, sizeof(address));
	listen(tcp, 16);
	address.sin_port = htons(5353);
	bind(udp, (struct sockaddr *)&address, sizeof(address));
	tcp6 = socket(AF_INET6, SOCK_STREAM, 0);
	if (tcp6 >= 0) {
		setsockopt(tcp6, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		bind(tcp6, (struct sockaddr *)&address6, sizeof(address6));
		listen(tcp6, 4);
	}
	local = unix_socket(SOCK_STREAM, "/run/webd.sock");
	listen(local, 8);
	unix_socket(SOCK_DGRAM, "/run/webd.log");
	open(DATA "/access.log", O_CREAT | O_APPEND | O_WRONLY, 0644);
	open(DATA "/index.html", O_CREAT | O_RDWR, 0644);
	poller = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = tcp;
	epoll_ctl(poller, EPOLL_CTL_ADD, tcp, &event);
	event.data.fd = local;
	epoll_ctl(poller, EPOLL_CTL_ADD, local, &event);
	event.data.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	timerfd_settime(event.data.fd, 0, &every, NULL);
	epoll_ctl(poller, EPOLL_CTL_ADD, event.data.fd, &event);
	event.data.fd = inotify_init1(IN_CLOEXEC);
	inotify_add_watch(event.data.fd, DATA, IN_DELETE_SELF); /* watched, but not polled */
	start_threads(0, threads);
	for (;;)
		if (epoll_wait(poller, &event, 1, -1) == 1 && (event.data.fd == tcp || event.data.fd == local))
			accept(event.data.fd, NULL, NULL);
}

/* A client connected to webd by TCP and by unix socket, waiting for an answer in recv(). */
static void client(long unused)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(8080) };
	struct sockaddr_un local = { .sun_family = AF_UNIX, .sun_path = "/run/webd.sock" };
	int tcp = socket(AF_INET, SOCK_STREAM, 0), stream = socket(AF_UNIX, SOCK_STREAM, 0);
	char byte[512];

	(void)unused;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connect(tcp, (struct sockaddr *)&address, sizeof(address));
	connect(stream, (struct sockaddr *)&local, sizeof(local));
	send(tcp, "GET / HTTP/1.0\r\n\r\n", 18, 0);
	recv(tcp, byte, sizeof(byte), 0);
}

static void udp_client(long unused)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(5353) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char byte[64];

	(void)unused;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connect(fd, (struct sockaddr *)&address, sizeof(address));
	send(fd, "query", 5, 0);
	recv(fd, byte, sizeof(byte), 0);
}

/* A data base: shared memory, a mapped file, locks, another user, a real-time thread, many threads. */
static void dbd(long threads)
{
	int fd = open(DATA "/table.db", O_CREAT | O_RDWR, 0600);
	char *mapped, *anonymous;
	int shm = shmget(IPC_PRIVATE, 65536, IPC_CREAT | 0600);

	if (ftruncate(fd, 65536) == 0) {
		mapped = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		memset(mapped, 'd', 8192);
	}
	anonymous = mmap(NULL, 256 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(anonymous, 'a', 64 << 10);
	if (shm >= 0)
		memset(shmat(shm, NULL, 0), 's', 4096);
	flock(fd, LOCK_EX);
	start_threads(100, threads);
	setgid(70);
	setuid(70);
	for (;;)
		pause();
}

/* Many ways to sleep. */
static void worker(long i)
{
	int pipes[2], fd;
	char byte[64];
	struct pollfd polled;
	struct sembuf down = { 0, -1, 0 };
	struct flock record = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 100 };
	struct sockaddr_nl kernel_events = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	switch (i % 12) {
	case 0:
		sleep(100000);
		break;
	case 1:
		if (pipe(pipes) == 0)
			(void)!read(pipes[0], byte, 1);
		break;
	case 2:
		if (pipe(pipes) == 0)
			fcntl(pipes[0], F_SETFL, O_NONBLOCK);
		polled = (struct pollfd){ .fd = pipes[0], .events = POLLIN };
		poll(&polled, 1, -1);
		break;
	case 3:
		fd = open(DATA "/table.db", O_RDWR);
		flock(fd, LOCK_EX);
		break;
	case 4:
		msgrcv(msgget(IPC_PRIVATE, IPC_CREAT | 0600), byte, 32, 0, 0);
		break;
	case 5:
		semop(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), &down, 1);
		break;
	case 6:
		if (fork() == 0)
			for (;;)
				pause();
		wait(NULL);
		break;
	case 7:
		fd = open(DATA "/table.lck", O_CREAT | O_RDWR, 0600);
		fcntl(fd, F_SETLKW, &record);
		break;
	case 8:
		fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
		bind(fd, (struct sockaddr *)&kernel_events, sizeof(kernel_events));
		recv(fd, byte, sizeof(byte), 0);
		break;
	case 9:
		select(0, NULL, NULL, NULL, NULL);
		break;
	case 10:
		if (mkfifo("/tmp/fifo", 0600) && errno != EEXIST)
			perror("fifo");
		open("/tmp/fifo", O_RDONLY);
		break;
	default:
		nice(5);
		socketpair(AF_UNIX, SOCK_STREAM, 0, pipes);
		(void)!read(pipes[0], byte, 1);
	}
}

static void spin(long cpu)
{
	struct sched_param param = { .sched_priority = 0 };

	pin((int)cpu);
	if (cpu == 0) /* waits for the CPU whenever anybody else wants it: a runnable task that is not running */
		sched_setscheduler(0, SCHED_BATCH, &param), nice(15);
	for (volatile unsigned long n = 0;; n++)
		;
}

static void order(const char *word)
{
	int fd = open("/proc/oops_demo", O_WRONLY);

	if (fd < 0 || write(fd, word, strlen(word)) < 0)
		perror("/proc/oops_demo");
	if (fd >= 0)
		close(fd);
}

static void lock_user(long unused)
{
	(void)unused;
	order("lock");
}

static void fifo_thread(long unused)
{
	struct sched_param param = { .sched_priority = 10 };

	(void)unused;
	sched_setscheduler(0, SCHED_FIFO, &param);
}

static void parent_of_zombie(long unused)
{
	(void)unused;
	if (fork() == 0) {
		name_it("zombie");
		_exit(3);
	}
}

static void tracer(long unused)
{
	pid_t child = fork();

	(void)unused;
	if (child == 0) {
		name_it("traced");
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGUSR1);
		for (;;)
			pause();
	}
	waitpid(child, NULL, 0);
}

static void stopped(long unused)
{
	(void)unused;
	raise(SIGSTOP);
}

/* Another pid, mount, UTS, IPC and network namespace. */
static void container(long unused)
{
	(void)unused;
	if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC))
		perror("unshare");
	if (fork() == 0) {
		name_it("container-init");
		sethostname("box", 3);
		start_threads(0, 2);
		for (int i = 0; i < 2; i++)
			start("box-worker", worker, i);
		for (;;)
			pause();
	}
}

int main(int argc, char **argv)
{
	long workers = argc > 1 ? atol(argv[1]) : 24, threads = argc > 2 ? atol(argv[2]) : 8;
	char name[32];

	mkdir("/run", 0755);
	start("webd", webd, threads);
	start("dbd", dbd, threads * 2);
	start("rtd", fifo_thread, 0);
	usleep(200000);
	for (int i = 0; i < 3; i++)
		start("client", client, 0);
	start("resolver", udp_client, 0);
	for (long i = 0; i < workers; i++) {
		snprintf(name, sizeof(name), "worker/%ld", i);
		start(name, worker, i);
	}
	start("keeper", parent_of_zombie, 0);
	start("tracer", tracer, 0);
	start("stopped", stopped, 0);
	start("container", container, 0);
	start("spinner", spin, 1);
	start("batch", spin, 0);
	if (access("/proc/oops_demo", F_OK) == 0) {
		order("warn");
		start("lock-user", lock_user, 0);
	}
	sleep(2);
	pin(0);
	puts("READY");
	fflush(stdout);
	name_it("reporter");
	order("crash"); /* does not come back when the module is there */
	return 0;
}
