internal import ArgumentParser
internal import OpenSSL

// Top-level code belongs to the main actor, whose thread the event loop will block: everything here is synchronous.
// Threads are not waited for at the end, and reading the configuration already makes use of the library.
OpenSSLLifetime.keepUntilTheEnd()
CommandLineInterface.main()
