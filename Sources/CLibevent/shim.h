// Debian's event2/event-config.h defines _GNU_SOURCE midway, which makes fd_set differ between this
// module and Swift's Glibc on a clean build; features.h first settles the feature macros.
#include <features.h>
#include <event2/event.h>
