#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/// `struct clone_args` of Linux 5.7 (clone3(2)), which older headers lack or have without `cgroup`.
struct clone3_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/// The three pipes, [0] the reading and [1] the writing end of each.
struct pipes {
    int input[2], output[2], error[2];
};

static void close_if_open(int descriptor) {
    if (descriptor >= 0) close(descriptor);
}

static void close_pipes(struct pipes *pipes) {
    for (int end = 0; end < 2; end++) {
        close_if_open(pipes->input[end]);
        close_if_open(pipes->output[end]);
        close_if_open(pipes->error[end]);
    }
}

/// A pipe whose ends stand above the standard descriptors, even in a host that was started with one of them closed:
/// the child's dup2 calls would overwrite an end below 3.
static int open_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) {
        ends[0] = ends[1] = -1;
        return errno;
    }
    for (int end = 0; end < 2; end++) {
        if (ends[end] > 2) continue;
        int moved = fcntl(ends[end], F_DUPFD_CLOEXEC, 3);
        int reason = errno;
        close(ends[end]);
        ends[end] = moved;
        if (moved < 0) return reason;
    }
    return 0;
}

static int open_pipes(struct pipes *pipes) {
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    int reason = open_pipe(pipes->input);
    if (reason == 0) reason = open_pipe(pipes->output);
    if (reason == 0) reason = open_pipe(pipes->error);
    // The parent's ends only: the child's are other open file descriptions and stay blocking.
    if (reason == 0 && (fcntl(pipes->input[1], F_SETFL, O_NONBLOCK) != 0 ||
                        fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) != 0 ||
                        fcntl(pipes->error[0], F_SETFL, O_NONBLOCK) != 0))
        reason = errno;
    if (reason != 0) close_pipes(pipes);
    return reason;
}

/// What the child reports to the parent, through the memory that they share until the exec.
struct report {
    volatile int reason;
    volatile enum cspawn_stage stage;
};

__attribute__((noreturn)) static void give_up(struct report *report, enum cspawn_stage stage, int reason) {
    report->stage = stage;
    report->reason = reason;
    _exit(127);
}

/// Runs in the child of a vfork: it shares the parent's memory, so it calls nothing that locks, allocates or keeps
/// state in user space. glibc's setuid family is such a thing (it signals every thread), hence the raw system calls.
__attribute__((noinline, noreturn)) static void become(const struct cspawn_request *request, const struct pipes *pipes,
                                             const struct rlimit *limits, pid_t parent, struct report *report) {
    if (setsid() < 0) give_up(report, CSPAWN_STAGE_SESSION, errno);

    if (dup2(pipes->input[0], 0) < 0 || dup2(pipes->output[1], 1) < 0 || dup2(pipes->error[1], 2) < 0)
        give_up(report, CSPAWN_STAGE_DESCRIPTORS, errno);
    if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0) {
        // A kernel before 5.9. Descriptors that others opened without O_CLOEXEC must not leak either.
        for (int descriptor = 3; descriptor < 65536; descriptor++) close(descriptor);
    }

    if (chdir(request->directory) != 0) give_up(report, CSPAWN_STAGE_DIRECTORY, errno);
    umask((mode_t)request->file_mode_mask);
    for (size_t i = 0; i < request->limit_count; i++)
        if (setrlimit((__rlimit_resource_t)request->limits[i].resource, &limits[i]) != 0)
            give_up(report, CSPAWN_STAGE_LIMITS, errno);

    if (request->changes_user) {
        if (syscall(SYS_setgroups, request->supplementary_group_count, request->supplementary_groups) != 0 ||
            syscall(SYS_setresgid, request->group, request->group, request->group) != 0 ||
            syscall(SYS_setresuid, request->user, request->user, request->user) != 0)
            give_up(report, CSPAWN_STAGE_USER, errno);
    }

    // After the change of user, which clears it. The parent may have died before: then nobody would end this child.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(report, CSPAWN_STAGE_PARENT, errno);
    if (getppid() != parent) give_up(report, CSPAWN_STAGE_PARENT, ESRCH);

    // Every signal is blocked until here, so that no handler of the parent runs in the shared memory.
    // By system call, since glibc's sigaction(2) leaves out the two signals that it keeps for itself; all zero is the
    // kernel's struct for SIG_DFL, with no flags and an empty mask.
    static const uint64_t standard[8] = {0};
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, standard, NULL, NSIG / 8);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    execve(request->path, request->arguments, request->environment);
    give_up(report, CSPAWN_STAGE_EXECUTE, errno);
}

/// clone3(2), which glibc does not wrap. Not by syscall(3): the child runs on its parent's stack and returns from this
/// first, so a return address on the stack would be overwritten before the parent needs it.
///
/// Returns what the kernel does: a process id, 0 in the child, or a negative errno.
__attribute__((always_inline)) static inline long clone_sharing_memory(struct clone3_arguments *arguments) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long first __asm__("x0") = (long)arguments;
    register long size __asm__("x1") = sizeof *arguments;
    register long number __asm__("x8") = SYS_clone3;
    __asm__ volatile("svc #0" : "+r"(first) : "r"(size), "r"(number) : "memory");
    return first;
#else
    (void)arguments;
    return -ENOSYS;
#endif
}

/// As vfork(2), with the child born in the request's control group. In a function of its own, so that the child writes to
/// no stack slot that the caller still needs. vfork itself stands here too: it is what makes the compiler expect a second
/// return.
__attribute__((noinline)) static pid_t fork_child(const struct cspawn_request *request, const struct pipes *pipes,
                                                  const struct rlimit *limits, struct report *report) {
    pid_t parent = getpid();
    pid_t pid;
    if (request->control_group < 0) {
        pid = vfork();
    } else {
        struct clone3_arguments arguments = {
            .flags = CLONE_VM | CLONE_VFORK | CLONE_INTO_CGROUP,
            .exit_signal = SIGCHLD,
            .cgroup = (uint64_t)request->control_group,
        };
        long result = clone_sharing_memory(&arguments);
        if (result < 0) {
            errno = (int)-result;
            result = -1;
        }
        pid = (pid_t)result;
    }
    if (pid == 0) become(request, pipes, limits, parent, report);
    return pid;
}

enum { LIMIT_MAXIMUM = 16 };

static int prepare_limits(const struct cspawn_request *request, struct rlimit *limits) {
    if (request->limit_count > LIMIT_MAXIMUM) return EINVAL;
    for (size_t i = 0; i < request->limit_count; i++) {
        if (getrlimit((__rlimit_resource_t)request->limits[i].resource, &limits[i]) != 0) return errno;
        rlim_t soft = (rlim_t)request->limits[i].soft;
        limits[i].rlim_cur = soft < limits[i].rlim_max ? soft : limits[i].rlim_max;
    }
    return 0;
}

int cspawn_start(const struct cspawn_request *request, struct cspawn_process *process, enum cspawn_stage *stage) {
    struct rlimit limits[LIMIT_MAXIMUM];
    struct pipes pipes;
    *stage = CSPAWN_STAGE_LIMITS;
    int reason = prepare_limits(request, limits);
    if (reason != 0) return reason;
    *stage = CSPAWN_STAGE_PIPES;
    reason = open_pipes(&pipes);
    if (reason != 0) return reason;

    struct report report = {0, CSPAWN_STAGE_FORK};
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    pid_t pid = fork_child(request, &pipes, limits, &report);
    reason = pid < 0 ? errno : report.reason;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);

    int process_descriptor = -1;
    *stage = report.stage;
    if (pid > 0 && reason == 0) {
        process_descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
        if (process_descriptor < 0) {
            reason = errno;
            *stage = CSPAWN_STAGE_DESCRIPTORS;
            kill(-pid, SIGKILL);
        }
    }
    if (reason != 0) {
        if (pid > 0)
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
        close_pipes(&pipes);
        return reason;
    }

    close(pipes.input[0]);
    close(pipes.output[1]);
    close(pipes.error[1]);
    *process = (struct cspawn_process){pid, process_descriptor, pipes.input[1], pipes.output[0], pipes.error[0]};
    return 0;
}

int cspawn_reap(pid_t pid, struct cspawn_ending *ending) {
    // ESRCH means that nothing is left of the group, which is what is wanted.
    kill(-pid, SIGKILL);
    struct rusage usage;
    int status = 0;
    pid_t reaped;
    do reaped = wait4(pid, &status, 0, &usage);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return errno;
    *ending = (struct cspawn_ending){
        .status = status,
        .user_microseconds = (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
        .system_microseconds = (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec,
    };
    return 0;
}

int cspawn_signal_group(pid_t pid, int signal) {
    return kill(-pid, signal) == 0 ? 0 : errno;
}

int cspawn_open_process(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int cspawn_signal_process(int process_descriptor, int signal) {
    return syscall(SYS_pidfd_send_signal, process_descriptor, signal, NULL, 0) == 0 ? 0 : errno;
}

int cspawn_open_control_group(const char *path) {
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct statfs file_system;
    if (directory < 0) return -1;
    if (fstatfs(directory, &file_system) == 0 && file_system.f_type == CGROUP2_SUPER_MAGIC) return directory;
    close(directory);
    errno = ENODEV;
    return -1;
}

void cspawn_ignore_sigpipe(void) {
    signal(SIGPIPE, SIG_IGN);
}

void cspawn_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

int cspawn_open_event(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}
