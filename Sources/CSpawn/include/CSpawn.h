/// Starts a child process with three pipes, in a session of its own, and reaps it.
///
/// posix_spawn(3) cannot set a umask, resource limits, a user, a control group or a parent-death signal, so this is
/// vfork(2), or clone3(2) with the same meaning, and execve(2) by hand: as fast as posix_spawn (glibc's does the same),
/// and the child runs async-signal-safe code only.
#ifndef CSPAWN_H
#define CSPAWN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A resource limit, see setrlimit(2). A soft limit above the hard limit in force is lowered to it.
struct cspawn_limit {
    int resource;
    uint64_t soft;
};

/// What to start, and as whom. Nothing is inherited but what stands here.
struct cspawn_request {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    uint32_t file_mode_mask;
    const struct cspawn_limit *limits;
    size_t limit_count;
    /// When 0, the ids below are not used and the child runs as its parent does.
    int changes_user;
    uid_t user;
    gid_t group;
    const gid_t *supplementary_groups;
    size_t supplementary_group_count;
    /// A descriptor of a control group of version 2 (cgroups(7)) in which the child starts, or -1.
    int control_group;
};

/// The step of the start that failed.
enum cspawn_stage {
    CSPAWN_STAGE_PIPES = 1,
    CSPAWN_STAGE_FORK,
    CSPAWN_STAGE_SESSION,
    CSPAWN_STAGE_DESCRIPTORS,
    CSPAWN_STAGE_DIRECTORY,
    CSPAWN_STAGE_LIMITS,
    CSPAWN_STAGE_USER,
    CSPAWN_STAGE_PARENT,
    CSPAWN_STAGE_EXECUTE,
};

/// A started child. The descriptors are the parent's ends: close-on-exec, and non-blocking but for
/// `process_descriptor`, a pidfd (pidfd_open(2)) that polls readable when the child has ended. All four are the
/// caller's to close.
struct cspawn_process {
    pid_t pid;
    int process_descriptor;
    int input;
    int output;
    int error;
};

/// What became of a child.
struct cspawn_ending {
    /// As waitpid(2) gives it.
    int status;
    int64_t user_microseconds;
    int64_t system_microseconds;
};

/// Starts the child. It leads its own session and process group, so that kill(-pid) reaches all that it starts; signals
/// are at their defaults and unblocked; it gets SIGKILL when the *thread* that called this ends (PR_SET_PDEATHSIG), so
/// that thread must outlive it.
///
/// Returns 0, or errno with `stage` set; then there is no child and no descriptor is left open.
int cspawn_start(const struct cspawn_request *request, struct cspawn_process *process, enum cspawn_stage *stage);

/// Kills what is left of the child's process group and reaps the child, which must have ended: the caller saw its pidfd
/// readable. As long as the child is a zombie its id names no other group, which is why the kill comes first.
///
/// Returns 0 or errno.
int cspawn_reap(pid_t pid, struct cspawn_ending *ending);

/// Sends a signal to the process group of a child that is not reaped yet. Returns 0 or errno.
int cspawn_signal_group(pid_t pid, int signal);

/// A pidfd (pidfd_open(2)) of any process, close-on-exec, or -1 with errno set.
int cspawn_open_process(pid_t pid);

/// Signals the process of a pidfd, and never another one that has reused its id. Returns 0 or errno.
int cspawn_signal_process(int process_descriptor, int signal);

/// Opens the directory of a cgroup v2 control group, close-on-exec. On failure returns -1 with errno set: ENODEV if the
/// directory is not a control group.
int cspawn_open_control_group(const char *path);

/// Lets write(2) to a pipe that nobody reads return EPIPE instead of ending this process.
void cspawn_ignore_sigpipe(void);

/// Names the calling thread as ps(1) and top(1) show it; at most 15 bytes.
void cspawn_name_thread(const char *name);

/// A non-blocking eventfd(2), which Swift's view of glibc lacks. Returns the descriptor, or -1 with errno set.
int cspawn_open_event(void);

#endif
