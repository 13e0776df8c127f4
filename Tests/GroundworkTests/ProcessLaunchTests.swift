import Groundwork
import TestSupport
import Testing

@Suite("Starting processes")
struct ProcessLaunchTests {
    @Test("Its end is told as shells tell it")
    func ends() throws {
        #expect(waitForEnd(of: try ProcessLaunch(["sh", "-c", "exit 3"]).start()) == ProcessEnd(status: 3, signal: nil))
        #expect(waitForEnd(of: try ProcessLaunch(["sh", "-c", "kill -9 $$"]).start()) == ProcessEnd(status: 137, signal: 9))
    }

    @Test("Its environment and streams are what is given")
    func surroundings() throws {
        try withTemporaryFiles(["out": []]) { folder in
            var launch = ProcessLaunch(["sh", "-c", "read x; echo \"$GIVEN/$HOME/$x\" > \(folder)/out"], file: "/bin/sh")
            launch.environment = ["GIVEN": "yes"]
            launch.isWholeEnvironment = true
            launch.input = .nothing
            _ = waitForEnd(of: try launch.start())
            #expect(try String(decoding: readFile("\(folder)/out"), as: UTF8.self) == "yes//\n")
        }
    }

    @Test("A program that is not there is an error that says so", arguments: [[], ["no-such-program-anywhere"]])
    func missing(arguments: [String]) {
        #expect { try ProcessLaunch(arguments).start() } throws: { "\($0)".contains("No such file or directory") }
    }
}
