import Fairlead
import SSHCrypto
import SSHIdentity
import Testing

@Suite struct KeyDisplayNameTests {
    @Test("a key is called by the name that ssh has for its type, whatever its curve")
    func names() throws {
        let ed25519 = VerificationKey.ed25519([UInt8](repeating: 2, count: 32))
        let curves = NISTCurve.allCases.map { VerificationKey.ecdsa($0, point: [4]) }
        let keys = [
            ed25519, .ed448([2]), .securityKey(ed25519, application: []), .securityKey(curves[0], application: []),
        ]
        #expect(
            try (keys + curves).map { try PublicKey($0).typeDisplayName } == [
                "ED25519", "ED448", "ED25519-SK", "ECDSA-SK", "ECDSA", "ECDSA", "ECDSA",
            ])
    }
}
