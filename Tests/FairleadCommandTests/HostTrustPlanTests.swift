import SSHConfig
import TestSupport
import Testing

@testable import Fairlead
@testable import FairleadCommand

/// What the options say about host keys.
@Suite struct HostTrustPlanTests {
    private func rules(_ arguments: [String]) throws -> HostVerification.KnownHostsOptions {
        let plan = try Planner(Invocation(["-F", "none"] + arguments + ["host.example"])).plan()
        guard case .knownHosts(let rules) = plan.connection.hostVerification.kind else { throw CancellationError() }
        return rules
    }

    private func failure(_ arguments: [String]) -> String? {
        do {
            _ = try rules(arguments)
            return nil
        } catch {
            return (error as? UsageError)?.message ?? "\(error)"
        }
    }

    @Test("Each spelling of StrictHostKeyChecking is its policy; the default asks")
    func policies() throws {
        let spellings: [(String, HostKeyPolicy)] = [
            ("yes", .strict), ("true", .strict), ("accept-new", .acceptNew), ("ask", .ask), ("no", .off), ("off", .off),
            ("false", .off),
        ]
        for (word, policy) in spellings { #expect(try rules(["-oStrictHostKeyChecking=\(word)"]).policy == policy) }
        #expect(try rules([]).policy == .ask)
    }

    @Test("Ruling 20: UpdateHostKeys is on unless the user's file or DNS is chosen, or somebody says otherwise")
    func updates() throws {
        #expect(try rules([]).updatesHostKeys == .yes)
        #expect(try rules(["-oVerifyHostKeyDNS=no"]).updatesHostKeys == .yes)
        #expect(try rules(["-oVerifyHostKeyDNS=ask"]).updatesHostKeys == .no)
        #expect(try rules(["-oUserKnownHostsFile=/x"]).updatesHostKeys == .no)
        #expect(try rules(["-oUserKnownHostsFile=/x", "-oUpdateHostKeys=yes"]).updatesHostKeys == .yes)
        #expect(try rules(["-oUpdateHostKeys=ask"]).updatesHostKeys == .ask)
        #expect(try rules(["-oUpdateHostKeys=no"]).updatesHostKeys == .no)
    }

    @Test("Files come in any number, none is none, and the rest of the options is what it says")
    func files() throws {
        let some = try rules([
            "-oUserKnownHostsFile=/a /b", "-oGlobalKnownHostsFile=none", "-oRevokedHostKeys=/r", "-oHashKnownHosts=yes",
            "-oCheckHostIP=yes", "-oNoHostAuthenticationForLocalhost=yes", "--host-key", "SHA256:x", "--host-key=MD5:y",
        ])
        #expect(some.userFiles == ["/a", "/b"] && some.globalFiles == [] && some.revokedKeysFiles == ["/r"])
        #expect(some.hashesNames && some.checksAddress && some.trustsLoopback)
        #expect(some.pins == ["SHA256:x", "MD5:y"])
        let none = try rules(["-oUserKnownHostsFile=none"])
        #expect(none.userFiles == [] && none.globalFiles.count == 2 && none.revokedKeysFiles == [] && none.pins == [])
        #expect(!none.hashesNames && !none.checksAddress && !none.trustsLoopback && none.command == nil)
        #expect(failure(["--host-key", "x"]) == "--host-key takes a fingerprint, SHA256:... or MD5:...")
    }

    @Test("Ruling 34: the words of KnownHostsCommand are expanded one by one, and what is looked for stays for later")
    func command() throws {
        func words(_ line: String) throws -> [String]? {
            try rules(["-p", "2222", "-l", "u%H", "-oHostKeyAlias=alias", "-oKnownHostsCommand=\(line)"]).command
        }
        #expect(try words("none") == nil)
        let some = try words("/bin/x%h \"a b\" %h:%p %k %n %r %% %H %I %K %t %f [%j] ;id $HOME")
        #expect(
            some?.dropLast() == [
                "/bin/x%h", "a b", "host.example:2222", "alias", "host.example", "u%%H", "%%", "%H", "%I", "%K", "%t",
                "%f", "[]", ";id",
            ])
        #expect(some?.last == "$HOME")
        let hash = try words("/bin/x %C %l")
        let names = Array("\(hash?.last ?? "")host.example2222u%H".utf8)
        #expect(hash?[1] == SSHConfiguration.connectionHash(of: names))
        #expect(hash?[1].count == 40)
        #expect(failure(["-oKnownHostsCommand=x"])?.contains("needs an absolute path") == true)
        #expect(failure(["-oKnownHostsCommand=/x %Z"])?.contains("unknown token %Z") == true)
    }

    @Test("CASignatureAlgorithms replaces, adds and removes, and refuses what nobody has")
    func authorities() throws {
        func algorithms(_ list: String) throws -> [String] {
            try Planner(Invocation(["-F", "none", "-oCASignatureAlgorithms=\(list)", "host"])).plan().connection
                .algorithms.authorities.map(\.rawValue)
        }
        #expect(try algorithms("ssh-ed25519") == ["ssh-ed25519"])
        #expect(try algorithms("+ssh-rsa").last == "ssh-rsa")
        #expect(try !algorithms("-rsa-sha2-256").contains("rsa-sha2-256"))
        #expect(failure(["-oCASignatureAlgorithms=x"])?.contains("Bad CASignatureAlgorithms") == true)
    }
}
