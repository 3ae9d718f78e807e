import SSHIdentity
import TestSupport
import Testing

@Suite struct RandomartTests {
    @Test(
        "The pictures of 200 keys of every kind are those of ssh-keygen -lv, by either hash",
        arguments: [FingerprintHash.sha256, .md5])
    func agreement(hash: FingerprintHash) async throws {
        var keys = try (1...195).map { try testKey($0) }
        for pair in try await KeyPair.shared(of: .user) {
            keys.append(try PublicKey(line: Array(pair.publicLine.utf8)))
        }
        let folder = try TemporaryDirectory()
        let path = try folder.write(keys.map { $0.openSSHLine + "\n" }.joined(), to: "keys.pub")
        let shown = try await RunningProcess.runSuccessfully("ssh-keygen", ["-lv", "-E", hash.rawValue, "-f", path])
        let lines = shown.outputText.split(separator: "\n")
        #expect(keys.count == 200)
        #expect(lines.count == 12 * keys.count)
        for (index, key) in keys.enumerated() {
            let picture = lines[(12 * index + 1)..<min(12 * index + 12, lines.count)].joined(separator: "\n")
            let isSame = picture == key.randomart(by: hash)
            #expect(isSame, "\(key.openSSHLine)\n\(key.randomart(by: hash))")
        }
    }
}
