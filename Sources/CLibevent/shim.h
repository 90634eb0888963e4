// Debian's event2/event-config.h defines _GNU_SOURCE midway, which makes fd_set differ between this
// module and Swift's Glibc on a clean build; features.h first settles the feature macros.
#include <features.h>
#include <event2/event.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// accept4 is declared under _GNU_SOURCE alone, which must not be defined here (see the top).
extern int accept4(int, struct sockaddr *, socklen_t *, int);
static inline int obo_accept(int descriptor) {
    return accept4(descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
