@testable import SSHCrypto

/// What an independent computation with plain integers gave, in Python: curves, fixed groups, and ML-KEM-768 by the
/// `cryptography` package.
enum RecordedAgreements {
    /// Both scalars, both shares, and x of their product.
    struct Curve: Sendable {
        let curve: NISTCurve
        let scalars: [[UInt8]]
        let shares: [[UInt8]]
        let product: [UInt8]
        /// A point whose x is 0, which p may be added to.
        let zero: [UInt8]
        /// The same with x = p.
        let unreduced: [UInt8]
    }

    static let curves = [
        Curve(
            curve: .p256,
            scalars: [
                hex("d76d4330f1446beab0c11fdecb91ce375bc8fbbcbde5c0994164d8399f767c46"),
                hex("c6a5387777330bdbd7210dff076ce2ef87b0b125ec1d7da0a6eb8c9ebd69fe2a"),
            ],
            shares: [
                hex(
                    "046a1918d922bfe0889368d4ec1f4c8db715b14017f80952188e889e0de2bcfac1d9c3b56c51861817e8cd49b6a6ed"
                        + "67b17941b48ccfd25a556f4ee151dbb3e8cb"),
                hex(
                    "04d40cf39c7629339bd8419ee9349abd9304b5aafdd6f736262429c302e1f88c947fb5dd733afcb96f2280818da8d6"
                        + "f434c117877c064eefc9981d8fe4b00a61f6"),
            ],
            product: hex("dafa6f5766c8a91ed9be73074cf65c5fa0d3e5034bf9504d228c219da53220e5"),
            zero: hex(
                "04000000000000000000000000000000000000000000000000000000000000000066485c780e2f83d72433bd5d84a0"
                    + "6bb6541c2af31dae871728bf856a174f93f4"),
            unreduced: hex(
                "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff66485c780e2f83d72433bd5d84a0"
                    + "6bb6541c2af31dae871728bf856a174f93f4")),
        Curve(
            curve: .p384,
            scalars: [
                hex("617959ce3f1f65a8de5271007814e8a25f2dd97f1cfb10f62827688de6a16a3b0d464138a62332553fc1ea36f17fd375"),
                hex("de11cc9dea959c212e9c82b1478c281d687c966c377b9aa2bb2edb20035b73993fd4235992edcf451a1afe878b33e969"),
            ],
            shares: [
                hex(
                    "0480801bd46ba4f24be01095842e5d0463d5d639fd3832ef7b6e0fef478e2968f07b42a3bd2f5dab45e0e3990cd584"
                        + "9309d12532daa4cff016ee06ff9b53e56e575cb41653aa281d3006d6e26f58acb6b65237e5c5b3b29a90587b70c635"
                        + "012d2a"),
                hex(
                    "040fcab32f8c0a00dfbd1c50308f0ba8841607bc3010e3aff50db5055020b7a76a4e9290c1f5c76c8095f39ed5c30a"
                        + "b9f4de88d60426b82c372c3fa9083a20974497ba2ae07f498b069ac3e896553c565d94ef047df5fec377f667de1271"
                        + "596c7c"),
            ],
            product: hex(
                "c1ef956fd7552d07b4c7922c9e1abff1d539f228bb428396418272ff59835bcca822fbf6b5d58c94dde8081a1d58fee1"),
            zero: hex(
                "0400000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "0000c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487a"
                    + "f1ade1"),
            unreduced: hex(
                "04fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffff"
                    + "ffffc306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487a"
                    + "f1ade1")),
        Curve(
            curve: .p521,
            scalars: [
                hex(
                    "006b015c33b2df1461aaf8eb18b90074513021da8978206f5c6671e0c07e9e115e4b9e30691c238642ea126a1e48cc"
                        + "11d357c30d8b7628dbd25e63b229f1c4069546"),
                hex(
                    "005d346c6e2ba02fdaa1ad864c44e049548e8a0a8c9632ea6928f6236bf2504b74ba4a0fe75d2a9eba0cdf561d802a"
                        + "759159fb7ff337f5cae3bf3729c619c60a3cac"),
            ],
            shares: [
                hex(
                    "040088366131724bbdbda8cb3cd941291ede7f06fb6b8348e97d5a697d9ff8281848904d8262464ea9b215d93cbaa0"
                        + "77468609a916146dd6223795bee1d68988b0ed790119a63d3e32717161a2d4181726add08a076b7a09b74013d320dd"
                        + "205f3edbb08f819c6a8100a1e66f51a1642a1de4a99a981890f49d5c186b7aea655f341c20753a"),
                hex(
                    "0400de4de78bd4ea124198a23afa4fd224c5c20eef14081b9d80086f97a45cb0df293cd4fcf16b52cf4ac6a5d5d8ff"
                        + "f52430a7b37b4c7fe9dc021044c66ac9cb11157a0188fa536418e3437b72f2f7e456321c3b6e634e8866debc111e18"
                        + "c022735607335a64fbe7f3f324ecdc4fa8bf3185519cb020c95a0736b74660741dc523e9fbd7fa"),
            ],
            product: hex(
                "0142eaf419c2f0a95a1d3573aa4847708a14c432dd3292dc826e087233b4507eda94c09b6cca8747427d93c53e2984"
                    + "4cf89e24c3db62091b98dd39d27e373eeefb08"),
            zero: hex(
                "0400000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "0000000000000000000000000000000000000000012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97"
                    + "769011c0719eb439cfab2a88d40fe59a2bed1f43557169a2d0a2ccd280c607b92bbf51ffe0b078"),
            unreduced: hex(
                "0401ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                    + "ffffffffffffffffffffffffffffffffffffffff012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97"
                    + "769011c0719eb439cfab2a88d40fe59a2bed1f43557169a2d0a2ccd280c607b92bbf51ffe0b078")),
    ]

    /// SHA-256 of the prime, of both shares, and of K with its zeros in front.
    struct Group: Sendable {
        let name: FiniteFieldGroup.Name
        let number: UInt8
        let prime, first, second, product: String
    }

    static let groups = [
        Group(
            name: .group1, number: 1,
            prime: "3f35a3f5f6c4376a744acad409bb22f8d897f949d2311d885adaa890981b67a0",
            first: "7f317c935f6dbd103263a6d5555dd3f6b46a823d4cb81b3501692229090e19b1",
            second: "94a568b221600871cbf0290c854242c31cc79b6cb51a1126cdc08ee0b20c2b6b",
            product: "bff36299c7e3d069b92b11b9a7df9265beca73a7e088dd6e7fa11e41fd9ebb81"),
        Group(
            name: .group14, number: 14,
            prime: "d66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e",
            first: "a99e5de4f0db45a01bc78ed48576f2acc7ef353e28a516d09f2d532649862def",
            second: "0aa80bc1e1e9d0f5be59a1262be2544afd4cafb7ed9ca7ad4815d61cb4f9fbef",
            product: "b5e7d0f68225dc335314aff0a99ec277ad590f95461b75362f1ae43078ba6bb0"),
        Group(
            name: .group15, number: 15,
            prime: "48cf8b092fbce4359d9871abf74f98e25b6163379eaa15cd9087e800c6d1c55c",
            first: "42073328e1a9e3966d9acb07eaa554993b70edc5a50ed6d00ab98e0a9dc52e69",
            second: "a75d3a40a381a298f89abdc5ef47ecd9d79a4f1704fe276743aa40e15b9ccfd0",
            product: "d50704988bbf25203af24cc59aa7fc70168d524bc5914a2eaa095ba5d27a702d"),
        Group(
            name: .group16, number: 16,
            prime: "4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33",
            first: "8dcb953d90dfa64238768917e86ca77adcf01fbfd49c5df271f9f06bd130e54f",
            second: "8fed85aaeabc745318a4ef5edafe9b49341fc9571fd57d88df35f60550cfd571",
            product: "81186566fd39904603c6f1bbb93cf8a64b504c8f5a9e669cf4970d9547a60223"),
        Group(
            name: .group17, number: 17,
            prime: "d1bfe6d0925ce7e4da262b62861514a7755e35831e429f343e7b864848657efd",
            first: "04cdc689fad592196dba0a77dc8825a9bd90370da8a2792c33bd636c602eb1f8",
            second: "e44827cfe8abfda30ee299ca6382e7a4910becf341688a665fb055092dc5a48d",
            product: "c2a25779481c96c2e668d706e37b1d4bca51960215c298ed19af46bb06d69993"),
        Group(
            name: .group18, number: 18,
            prime: "39ab4feab950a3128fb71accb9fc3965d857012e081998a85996e3ea8b3c3bcf",
            first: "37e49a97debef2050c902a2fde66f33763e556443d87b2358a48c5c78a74b3f5",
            second: "404ee25db507425fe970ec080cc3719d3497bc8b3d1c188f14147b71feb63de6",
            product: "a3adda3370d3934c2159425c54e926b4a0813bb2d0b2b6a375817f2ca7e09c0f"),
    ]

    /// SHA-256 of the public key that byte i = 11 i + 3 of the seed gives.
    static let mlkemPublicKey = "55e314038ab41e7f1d87ea94e272cd045486d741466af14c3e64dec6393fc41c"
    /// Encapsulated to it, in base64.
    static let mlkemCiphertext =
        "V2bJL3IquECND4+eiC8sw1AJaVpQhvKIwz5ZrTe1fYc4cvVKRxItaFCZDpOh/MyQ0epTHxnJzRemAeNJePZ0GTA89hQI4hHJMdYUO2uTZt"
        + "chY6IqeP5m9Ks0teI79EgHz8kRXKV0cHUonu5WzXDgt+dqfBGJo39JDPmo+iWoLQzhezATy53KvOEifDDm4gDodqIxBt1R7YwLl8GOlJzN"
        + "3yc+GwFaml3xaQXW4ZkvpnF9SM+/mqYAB3kAGjD6LyiigfOHqx8kjlKxOKDgD9TtsmaKOsyvaFwMbtsFwzehlpIQg7q/xAUrl7nbu5rG7q"
        + "thl4LwNANEzk/cXgtIhlsP2ff+/fhSFtoVQuyaySRZcExIUp69VfX65xk3eGoSsRPbcMGwpCetv7h0Qx5gMl8iSwN8hWd1Fbm2pC51mTln"
        + "/TDtg2x6JyqsCHU2F2sFZ6SN1IEes5AlYDqxWPcq0tWVsnQ0Q5QAJV9kbC32G4c+p5+aVDhab+nkfYxcl48r8YlZTYp7zKpYl2YLRGY7T1"
        + "yeyVerro2aelWi3OLQ1oHaYQlGXIGkPTaM47xIzXmrMYl7oLbMIWM7Gvpxty2eFvYK8GMlVpibXTjEtbTIHVv3A702NxLAMORxkNqo+Y2b"
        + "Pi4UzWcKYXSTBiC2IKxBpDs67r73jcFOOOj/e8Ld1hkaebu+e953pKbZf/tOnpYJKLrImpjcQabCpz/TRA3hYFTAA+iigN1+cuttIePhu2"
        + "+kDHvR3kldx3yuK1YYT5swxMHXg0HMMdJ6ddtncdYX1qljkPDGTLwo/l3iByMg5BZa5uEdkCJ8juPbRLzPM4OILSuME6/nPvwoL8gcdxwE"
        + "tKkguz16uyhHDJAxeCLptLWEqtvuGg0zW680tPEGiy9/RCk0NwihcPQHUPJrF/XCLGRL1xD0VD9oZDnLNhTD4lRyteun5IeZd7YTvCPd0+"
        + "rpM2ux26Xq3tq0YqC3Dndo4m7fhSwAWzgV+q1U1oXYtmBa9/p0fcRt9djrRg1dProYOTWF1ilH+ExuQ6YW5DoADRJ6D0lXc6dQM16z1d41"
        + "3xPhSg26ldDKJaPagJZ4SSvQgRukNhZkpofj0PGDr/yT98ydjrcb5yNn/XIXbpNAG8EyiVY4iN1d0+SrcD12v45Gez5ur6SNkKAqS+Pc6o"
        + "z5veDGh//82dGj2h0t7zwx16EjGE3q6JZC9yQFf/h551N/9pMoY89cV3uPmgX3f3Bt+mctebUNODRZhrPlPAhcKLKpVFaadvaIikBM2Z6k"
        + "hsuRtcM4dEODnnMlumSKV/E1NrTrico3nn2Bh57fG+QAnPU59110vDfMLA0yMSGChl2ZMwf6WiOR6N9ywKkjod0mfUTeJCPWJtZFWZOUuI"
        + "vEYjUYw4ialK4FCLL8VGyTbtbQZk9UgAvcyMaFEjVV0YMJqDKjRG8v7coZLUItu04uaY+FOcM="
    static let mlkemSecret = "6c86cc188def4f112aa58949daa7ef024c6d46f7a549b4110a285d95430329e3"
    /// What a ciphertext gives that was never made: SHAKE256 of the seed's second half and of it (FIPS 203 §6.3).
    static let mlkemRejection = "e85bc8c2f4f219bfe256071981cfff83e3d6d41b1ceecbab2bc29a8d325195a1"
}
