import SSHWire

@testable import SSHCrypto

/// Further keys made for these tests alone, with signatures over `message` that Python's `cryptography` made.
extension RecordedKeys {
    static let message = Array("fairlead".utf8)

    struct ECDSA: Sendable {
        let curve: NISTCurve
        let scalar, point, der: [UInt8]

        var key: VerificationKey { .ecdsa(curve, point: point) }

        /// The algorithm whose name is that of the key's type.
        var algorithm: SignatureAlgorithm {
            switch curve {
            case .p256: .ecdsaNISTP256
            case .p384: .ecdsaNISTP384
            case .p521: .ecdsaNISTP521
            }
        }
    }

    static let ecdsa: [ECDSA] = [
        ECDSA(curve: .p256, scalar: ecdsaScalar, point: ecdsaPoint, der: ecdsaDER),
        ECDSA(
            curve: .p384,
            scalar: hex(
                "e582f3f878ef4d5b0a4af3d4279da2891e73976087ab2b67f41d8bc633a198eb4fc7daaf5e5b4f2d2332fcda88b45f05"),
            point: hex(
                "04cc19549e015209b416a7980eaaba8d5dd89a670c5cf010dcaea6951732d7b41e20a8b7b03ace723b53934390657705"
                    + "01c581e9c31057eae2af934e79974464fa2cc9badc6c2c7e411b175bb582708339e31c09a85ef6f79c737d5d689d3108"
                    + "47"),
            der: hex(
                "306402304dacc14f028cf14acd544389a7ae4c8f3837ce5e096f79e7dbab2af5a7a2d6741062ca76b0818951ccef5539"
                    + "fd446987023035c733466184e718aa170d2fd11911bb65f541cb6200ca8beb5b0b2560f4d936e1e1104d75b6f09f6a64"
                    + "56ab3531c0e9")),
        ECDSA(
            curve: .p521,
            scalar: hex(
                "009e2f47e3cab86bebf7dd8d014ad86119f9f3526566965c6ec409dc2a281c35f740c2e8a367ff79a009d6030e4d0cf1"
                    + "e221cbe98ed1733e6cbb77a24fb21dc8bb01"),
            point: hex(
                "0401c452064aa17eaa457b7c660f511eaa2d1ba8b5523990029588617c8eabaae634c91c6138383fd2b442e1a29dfa05"
                    + "05bcc5b264920f27ab574891a75f6da69e498d015f6d7ac37d4c11514a5772720440fda1e757e29fc81deebe0552c57f"
                    + "64c870606500279fb5e8acff8f27d2e7408b65a6aa4f668139a0a7d24390d1b8f2fd050c75"),
            der: hex(
                "308188024200d08b1aa1098e109724e1ed6ca3aa3152c18955c639c4e61e81b0fb5349c76031dea557a5d8c5306e8ae4"
                    + "339102f6332283cd5b844408e5d2a611eeb3caf8e3dcc3024200a26ec16622387a96539762cd126223a88fd2683c67d7"
                    + "bb059ac794749ed65161435f3bf5eba224daa3d851080b7c61c75259a8abf9fb5dffe316af9ad970825c41")),
    ]
}
