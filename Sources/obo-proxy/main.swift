internal import ArgumentParser

// Top-level code belongs to the main actor, whose thread the event loop will block: everything here is synchronous.
CommandLineInterface.main()
