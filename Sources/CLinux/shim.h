// As in CLibevent's shim: features.h first, so that this module and Swift's Glibc agree on fd_set.
#include <features.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl and syscall take variable arguments, and the C library has no other names for these calls.
static inline int obo_prctl(int option, unsigned long value) { return prctl(option, value, 0UL, 0UL, 0UL); }
static inline int obo_set_filter(const struct sock_fprog *program) {
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, program);
}
static inline int obo_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
}
// The rights come as a number, since the structure grows with the kernel's headers; its size says what is known here.
static inline int obo_landlock_rules(uint64_t rights) {
    return (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0U);
}
// A packed structure, which Swift cannot fill in.
static inline int obo_landlock_allow(int rules, uint64_t rights, int directory) {
    struct landlock_path_beneath_attr below = {.allowed_access = rights, .parent_fd = directory};
    return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0U);
}
static inline int obo_landlock_restrict(int rules) {
    return (int)syscall(SYS_landlock_restrict_self, rules, 0U);
}

// O_PATH and CLONE_THREAD, in headers under _GNU_SOURCE alone, which must not be defined here (see the top).
static const int obo_path_only = 010000000;
static const uint32_t obo_clone_thread = 0x10000;

// Macros made of casts and other macros.
#if defined(__x86_64__)
static const uint32_t obo_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
static const uint32_t obo_architecture = AUDIT_ARCH_AARCH64;
#endif
