@testable import SSHCore
import SSHCrypto
import SSHWire
import Synchronization
import Testing

@testable import Fairlead

@Suite struct AlgorithmProfileTests {
    @Test("a profile is its policy, and its name is the core's", arguments: AlgorithmProfile.allCases)
    func policies(profile: AlgorithmProfile) {
        var configuration = SSHConfiguration.example
        configuration.profile = profile
        #expect(AlgorithmPolicy.Profile(rawValue: profile.rawValue).map(AlgorithmPolicy.init) == profile.policy)
        #expect(configuration.algorithms == profile.policy)
        #expect(AlgorithmPolicy.Profile.allCases.count == AlgorithmProfile.allCases.count)
    }

    @Test("setting a profile takes back the lists that were chosen before, and lists modify it afterwards")
    func reset() throws {
        var configuration = SSHConfiguration.example
        try configuration.select("aes128-ctr", for: .cipher)
        try configuration.select("ssh-ed25519", for: .hostKey)
        configuration.profile = .legacy
        #expect(configuration.algorithms == AlgorithmPolicy(.legacy))
        #expect(!configuration.keepsHostKeyOrder)
        try configuration.select("-aes*", for: .cipher)
        #expect(!configuration.algorithms.ciphers.contains(.aes128GCM))
        #expect(configuration.algorithms.macs == AlgorithmPolicy(.legacy).macs)
    }

    @Test(
        "RSA keys need 2,048 bits, 1,024 in the legacy profile, or what is required, never less than 1,024",
        arguments: [
            (.standard, nil, 2048), (.strict, nil, 2048), (.interop, nil, 2048), (.legacy, nil, 1024),
            (.standard, 1024, 1024), (.standard, 512, 1024), (.legacy, 3072, 3072), (.standard, -1, 1024),
        ] as [(AlgorithmProfile, Int?, Int)])
    func keySize(profile: AlgorithmProfile, required: Int?, bitCount: Int) {
        var configuration = SSHConfiguration.example
        configuration.profile = profile
        configuration.requiredRSASize = required
        #expect(configuration.minimumRSABitCount == bitCount)
    }

    @Test("compression is first where it is wanted, and none stays in the offer")
    func compression() {
        var configuration = SSHConfiguration.example
        #expect(configuration.offer.compressions.first == CompressionAlgorithm.none)
        configuration.prefersCompression = true
        #expect(configuration.offer.compressions == [.zlibOpenSSH, .none])
    }

    @Test("the legacy profile alone announces itself, in one line that names what it permits")
    func announcement() {
        for profile in AlgorithmProfile.allCases {
            let lines = Mutex<[String]>([])
            var configuration = SSHConfiguration.example
            configuration.log { weight, line in
                #expect(weight == .warning)
                lines.withLock { $0.append(line) }
            }
            configuration.profile = profile
            configuration.announceProfile()
            let said = lines.withLock { $0 }
            #expect(said.count == (profile == .legacy ? 1 : 0))
            guard let line = said.first else { continue }
            for name in ["diffie-hellman-group14-sha1", "ssh-rsa", "3des-cbc", "hmac-sha1", "RSA keys of 1024 bits"] {
                #expect(line.contains(name))
            }
            #expect(!line.contains("curve25519"))
        }
    }

    @Test(
        "what a profile would permit names it",
        arguments: [
            (
                .keyExchange, "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1",
                "--profile legacy, or -o KexAlgorithms=+diffie-hellman-group14-sha1"
            ),
            (.keyExchange, "curve448-sha512", "--profile interop, or -o KexAlgorithms=+curve448-sha512"),
            (.hostKey, "ssh-rsa", "--profile legacy, or -o HostKeyAlgorithms=+ssh-rsa"),
            (.cipherServerToClient, "3des-cbc,aes128-cbc", "--profile legacy, or -o Ciphers=+aes128-cbc"),
        ] as [(NegotiationFailure.Slot, String, String)])
    func remedy(slot: NegotiationFailure.Slot, theirs: String, remedy: String) {
        let names = NameList(theirs.split(separator: ",").map { Name(String($0)) })
        let failure = NegotiationFailure(slot: slot, ours: ["none-of-these"], theirs: names)
        #expect(SSHError(.negotiation(failure)).offers?.remedy == remedy)
    }

    @Test("every query of ssh -Q has an answer, and other questions have none")
    func queries() throws {
        let help = try #require(SSHConfiguration.algorithmNames("help"))
        #expect(help == help.sorted())
        for query in help where query != "key-cert" {
            #expect(SSHConfiguration.algorithmNames(query)?.isEmpty == false, "\(query)")
        }
        #expect(SSHConfiguration.algorithmNames("cipher") == CipherAlgorithm.allCases.map(\.rawValue))
        #expect(SSHConfiguration.algorithmNames("kex") == KeyExchangeAlgorithm.available.map(\.rawValue))
        #expect(SSHConfiguration.algorithmNames("cipher-auth")?.contains("aes128-ctr") == false)
        #expect(SSHConfiguration.algorithmNames("cipher-auth")?.contains("aes128-gcm@openssh.com") == true)
        #expect(SSHConfiguration.algorithmNames("key")?.filter { $0 == "ssh-rsa" }.count == 1)
        #expect(SSHConfiguration.algorithmNames("sig")?.contains("rsa-sha2-512") == true)
        for (option, query) in [
            ("Ciphers", "cipher"), ("macs", "mac"), ("KEXALGORITHMS", "kex"), ("HostKeyAlgorithms", "key-sig"),
        ] { #expect(SSHConfiguration.algorithmNames(option) == SSHConfiguration.algorithmNames(query)) }
        #expect(SSHConfiguration.algorithmNames("nonsense") == nil)
        #expect(SSHConfiguration.algorithmNames("Port") == nil)
    }
}
