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

    static let ed448Point = hex(
        "3ef9047a661d08dca00414684e87743a6f4003f7cda7972157bb863288477c697ed3daaa1abe7b42128b8d4c83d0f329"
            + "293de8d1be0b06fa80")
    static let ed448Signature = hex(
        "4eb7d8e45f5aa92902cd91eca7ee54e3d9926751de117f7455ca99992e57ee6e74289dd8dbf9f62264ce702e48890d49"
            + "652b58c60f38bec180545bbd368d82730869549cd498d02a973d38a5a100f4b36df7a11a2bd67b2763e3a1ca5a5e6e6d"
            + "ed8f16b0f4c450fbe88143d4e27c45660900")

    /// Over `message`, for the application `ssh:`, with the flags 1 and the counter 7.
    static let securityEd25519Point = hex(
        "deff285c929fca94c6d761d8d49cc637537556eddee9da4cc057caa87ad7473c")
    static let securityEd25519Signature = hex(
        "621c464b1722cff103169d551c47c93965ccd06a7bf1a3c62a2e0ad697de46bc7607631b0b77ab59d845a75b9e61348b"
            + "a7c57e1b82ae7b9b26bed743dbb9630e")
    static let securityECDSAPoint = hex(
        "041ec852816b407deb65db0c19898ceb032723ce1c6fca1f335168343301d629cd86039da6d08d904cd5cd4cab2042c1"
            + "76dc3564aaf42204888c512a5b8c4ce87c")
    static let securityECDSADER = hex(
        "3046022100922dd1e73a4394374de5a39046237de0b8d88b8e9512002fe8cd2416100070060221008e55236dd062f057"
            + "afe54333947702e1f328ad06704d9b9f94f94bc4cccbd357")

    /// Over `rsaMessage`.
    static let rsaSHA1Signature = hex(
        "61e98c93373afbefe0d0ca21f3c7edae7d96fe14c6b1b63ceae92d6a39822d5b3a58bb8c3f1ac4fe668b8e7d11bc79b3"
            + "198eae160da487c525c26078ec796945d4d38f82618bb7faef435232d6db094821bd3e028727995c39cf0cb2eea49ad4"
            + "b3c6b8a5be30ccae16da020f47f25ed31a778998519ff6066250e45d0b32f7b2e50799b16c8d5324f6c596532cc88ba5"
            + "0e7c4843439e08eb04cbdd3ef2774c69961201001642ed9e386985e394bd1f3f2ffd525506552da6e12c97066e13c322"
            + "69e3b5df415336496c34bfabc0f517790da76500ca0af8d527b298511c15a8673e0cfb0ca44045ee8e7adbddaf155ea7"
            + "198382485c80917cbea9cd5988af25cd")
    static let shortModulus = hex(
        "b05c6a3a0bf919694c16a88136a8a90f0e7eb9819e8e588628869377027f6a1eb433114f25b53ab7fffb64f05bad7fcc"
            + "1b4bbcdfd0cae26565ccaee1943db10a9fb4484681e39fe26eb3913d365f49652a04b66d6f5a1895004ae5feab522771"
            + "9002508270c54adb0439ba23b3cb7382732972d0a9b4d0d310f3e8bc51173c31")
    /// Over `message`, with 1,024 bits.
    static let shortSHA1Signature = hex(
        "87907b38f6f8126135c329aa083da6796fe6191213c956f8dabfc3c235db5be6ccf7ddaed7e2f4a67947a24bb250615e"
            + "2102db72e4ebb4fd8aa7e267c2a8b1ef122269030f173c26c7996c3f6cf4d2acfbef3b945f5cbbda1b93f9e4e613fca4"
            + "0850715ce90e69452b4dc36062b78b494f14ae3f22465222e0a83e345c3e64c9")
    static let shortSHA512Signature = hex(
        "8d2404d9f11e8a347b23232f7f1269e0a1c8b6ca9b2e8d1bb4a20122f15d19faba2c95fda34cae1d0340847ac7642361"
            + "c70968be4880a303584212213ee96c35e2db8dbef193b694baea743330d9bc020a2d69b2658407140c50e6703529799e"
            + "860c4039fb963471755ae0d1e56399c2c11dcd578931676535d455fc0aa3e912")
}
