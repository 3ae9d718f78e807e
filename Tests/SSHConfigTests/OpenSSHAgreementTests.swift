import Foundation
import SSHConfig
import Testing

/// What `ssh -G` prints for a file, beside what ours does.
@Suite("Agreement with ssh -G", .enabled(if: OpenSSH.isInstalled))
struct OpenSSHAgreementTests {
    @Test("Generated files resolve as in ssh, key for key and in its order", arguments: 0..<300)
    func agreement(seed: UInt64) throws {
        var generator = ConfigGenerator(seed: seed)
        let text = generator.file()
        let included = generator.included()
        let host = generator.pick(["web", "db.example.org", "WEB", "fe80::1", "127.0.0.1", "010.1"])
        let options = generator.commandLine()
        let compared = try DumpComparison(text, included: included, host: host, options: options)
        #expect(compared.unexpected == [], "for \(host) \(options) in:\n\(text)\n\(included)")
        let misplaced = zip(compared.order.theirs, compared.order.ours).first { $0 != $1 }
        #expect(misplaced == nil)
    }

    @Test("Files made by hand resolve as in ssh: every keyword, form and quirk", arguments: HandMadeConfig.all)
    func handMade(config: HandMadeConfig) throws {
        let compared = try DumpComparison(
            config.text, included: config.included, host: config.host, options: config.options, command: config.command)
        #expect(compared.unexpected == [])
    }

    @Test("Each exception is one: its example differs in that key", arguments: DumpException.all.indices)
    func exceptions(index: Int) throws {
        let exception = DumpException.all[index]
        let compared = try DumpComparison(exception.example, host: "web")
        #expect(compared.differences.contains(exception.key), "\(exception.reason)")
        #expect(compared.unexpected == [])
    }

    @Test("What ssh refuses is refused, and what it takes is taken", arguments: Verdicts.basics + Verdicts.values)
    func verdicts(text: String) throws {
        let files = try ConfigFiles(text)
        defer { files.remove() }
        let accepted = (try? OpenSSH.dump(file: files.main, host: "web")) != nil
        #expect(((try? files.resolve(host: "web")) != nil) == accepted)
    }
}
