import Demo
import Glibc
import Libevent

guard let command = Command(Array(CommandLine.arguments.dropFirst())) else {
    say(Command.usage)
    exit(64)
}
UnixSignal.ignoreBrokenPipes()
let loop = try EventLoop()
Task.detached(executorPreference: loop) {
    do {
        if let code = try await command.run(on: loop) { exit(code) }
    } catch {
        say("obo-demo: \(error)")
        exit(1)
    }
}
loop.run()
