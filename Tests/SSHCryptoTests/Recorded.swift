import Testing

@testable import SSHCrypto

/// What an independent implementation computed: Python's `cryptography` and `hashlib`, from the inputs named here.
enum Recorded {
    /// One packet: its sequence number, what is inside, and the bytes on the wire.
    struct Packet: Sendable {
        let sequence: UInt32
        let body: [UInt8]
        let wire: [UInt8]

        /// Inside are a padding length of 4, bytes that count up from `first`, and four times `aa`.
        init(_ sequence: UInt32, bodyByteCount: Int, first: UInt8, _ wire: String) {
            self.sequence = sequence
            body = [4] + (0..<bodyByteCount - 5).map { first &+ UInt8($0) } + [0xAA, 0xAA, 0xAA, 0xAA]
            self.wire = hex(wire)
        }
    }

    /// Consecutive packets under one set of keys.
    struct Stream: Sendable {
        let cipher: CipherAlgorithm
        let mac: MACAlgorithm?
        let initialVector: [UInt8]
        let packets: [Packet]

        /// Encryption keys count up from 0, MAC keys from 100.
        var keys: DirectionKeys {
            DirectionKeys(
                initialVector: SecretBytes(copying: initialVector),
                encryptionKey: SecretBytes(copying: (0..<cipher.keyByteCount).map { UInt8($0) }),
                macKey: SecretBytes(copying: (0..<(mac?.keyByteCount ?? 0)).map { UInt8(100 + $0) }))
        }
    }

    static let recent: [Stream] = [
        Stream(
            cipher: .chaCha20Poly1305, mac: nil, initialVector: [],
            packets: [
                Packet(
                    7, bodyByteCount: 24, first: 0x30,
                    "a39afcb22c7624717db71f685b5582caecb3ee120bf27174d4499729f381ad8503838e7c67456e901f19697e"),
                Packet(
                    0xFFFF_FFFE, bodyByteCount: 136, first: 0x01,
                    "69a61440337b5e9fda218a3ceaf44ee57214390085008a3e45449946f05f2c79951d65abc4f4f77c557f645704fae94d"
                        + "f3c8b5733aaa7cc62b3a26bc887bb5999cd7b7694e06a5483a345b95df0c86455fe75b493f7fd4fff9321283078dece0"
                        + "18651ab194a9d94bc1b7223847db884619234bd64a83623629dc1b38637af2538f3901019b3b8e4dd1a4720f21e54b27"
                        + "7bd8518c29f5ce39e48bd2a7"),
            ]),
        Stream(
            cipher: .aes128GCM, mac: nil, initialVector: hex("a0a1a2a3ffffffffffffffff"),
            packets: [
                Packet(
                    0, bodyByteCount: 32, first: 0x40,
                    "00000020d47333051d826387f7c0fd410110576b8441a154afaf007dd6d173d0b061ea7e1464b59444caecfc9413a358"
                        + "a2e6bebb"),
                Packet(
                    0, bodyByteCount: 32, first: 0x41,
                    "000000208e1c8cde03ca72281b8f60683d8735ef3cd987a44735f52227e176f35ec428c53455cda04d23ce4020e67ea1"
                        + "ede578c9"),
            ]),
        Stream(
            cipher: .aes256GCM, mac: nil, initialVector: hex("a0a1a2a3ffffffffffffffff"),
            packets: [
                Packet(
                    0, bodyByteCount: 32, first: 0x40,
                    "00000020a0ff830dbf6b366b5d165a1660519734d9a8051af9b477aa63045d0b8f48cb68669de50a944cd82d176eb2b7"
                        + "2039d6b9"),
                Packet(
                    0, bodyByteCount: 32, first: 0x41,
                    "0000002018f81e756721f3fbf172f1781d972b94c2c14f16ad18c3423b6c9f6f91f0e0f6f467baf02bffff48de2ba172"
                        + "54bf2783"),
            ]),
        Stream(
            cipher: .aes128CTR, mac: .hmacSHA256, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 28, first: 0x50,
                    "b6b5c2c429db855d9c1a8da2f936ceb46718426c9167e34107b3c7ffa4fa11b98c8b6ef688c83802e07c3653be693f35"
                        + "9aa71236261a8ad4fa6afbb049d10bda"),
                Packet(
                    0, bodyByteCount: 28, first: 0x51,
                    "c6a13b2b83de09d13b1ad735f99182222f1b4dcaf5a1d67d2d1edb84cf5e87a0812b39e9885c548eced1b5ef152ad439"
                        + "768814c52917b38d4ab2279be53b7abc"),
            ]),
        Stream(
            cipher: .aes128CTR, mac: .hmacSHA256ETM, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 32, first: 0x50,
                    "00000020b2e5938a7edf8159981681aef532cab063247e50ad63e74503bfcbf3a4fa11b9fbb647cef5c26eada413a98c"
                        + "73211e4245bb712d4b7d8a4aac1e6f23f55c88cf"),
                Packet(
                    0, bodyByteCount: 32, first: 0x51,
                    "00000020c2f06964d3da0dd53716db39fd958626132771f6f1a5d2792112d788cf5e87a0c3a45fc3491769f41fdeab8e"
                        + "bf3e87f1fdb774046cbf6097286f85830af8518a"),
            ]),
        Stream(
            cipher: .aes128CTR, mac: .hmacSHA512, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 28, first: 0x50,
                    "b6b5c2c429db855d9c1a8da2f936ceb46718426c9167e34107b3c7ffa4fa11b9fe19027eeaefe2e35198572b89eced59"
                        + "987a1d8f82740235ee76a9f662cba31b274c5fe3a1011103367da033b55cc016763b953064c5325243a321f076ba4933"
                ),
                Packet(
                    0, bodyByteCount: 28, first: 0x51,
                    "c6a13b2b83de09d13b1ad735f99182222f1b4dcaf5a1d67d2d1edb84cf5e87a09e69f8456d45de7486a7885be5160637"
                        + "f61cc56f220b37c9ca806984a3e7e2a31aba208cf870c05e052f56629912758df604431ecbb4c6e592870c97060452f2"
                ),
            ]),
        Stream(
            cipher: .aes128CTR, mac: .hmacSHA512ETM, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 32, first: 0x50,
                    "00000020b2e5938a7edf8159981681aef532cab063247e50ad63e74503bfcbf3a4fa11b9f8b5493564a7983c25794aa5"
                        + "3e1dee8d42f2172c395b312e95c1c0037a596bd0faf2a41842fea8cd05a2557382bbe84020f427220cf2db80408e0930"
                        + "33bcf3e3"),
                Packet(
                    0, bodyByteCount: 32, first: 0x51,
                    "00000020c2f06964d3da0dd53716db39fd958626132771f6f1a5d2792112d788cf5e87a0dbfd7c3cd35bd8a8c07f298d"
                        + "eeb2a1c8ad9daf22dedc45185e2c390452b4a03d4b214366bcd17593199fcf4eac82b86928100f263d10f3ddc387923a"
                        + "2aceada0"),
            ]),
        Stream(
            cipher: .aes192CTR, mac: .hmacSHA256, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 28, first: 0x50,
                    "235b1722990beb59acac67201ff7e5455a84a4c446cbf0924f62b25d588e22228c8b6ef688c83802e07c3653be693f35"
                        + "9aa71236261a8ad4fa6afbb049d10bda"),
                Packet(
                    0, bodyByteCount: 28, first: 0x51,
                    "9162519e1822f77197c380706058cc5c151366052b5ecdd4778f8acfa2c8cdbd812b39e9885c548eced1b5ef152ad439"
                        + "768814c52917b38d4ab2279be53b7abc"),
            ]),
        Stream(
            cipher: .aes192CTR, mac: .hmacSHA256ETM, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 32, first: 0x50,
                    "00000020270b466cce0fef5da8a06b2c13f3e1415eb898f87acff4964b6ebe51588e222292b4c271eea40e894797386c"
                        + "5f095d3d974d07a213448480b138428c534d4831"),
                Packet(
                    0, bodyByteCount: 32, first: 0x51,
                    "00000020953303d14826f3759bcf8c7c645cc858292f5a392f5ac9d07b8386c3a2c8cdbd8c0bbc845caf7c36b59f3a37"
                        + "1f810bfb0b33ee57b889b7cb1890c6d674e878e0"),
            ]),
        Stream(
            cipher: .aes192CTR, mac: .hmacSHA512, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 28, first: 0x50,
                    "235b1722990beb59acac67201ff7e5455a84a4c446cbf0924f62b25d588e2222fe19027eeaefe2e35198572b89eced59"
                        + "987a1d8f82740235ee76a9f662cba31b274c5fe3a1011103367da033b55cc016763b953064c5325243a321f076ba4933"
                ),
                Packet(
                    0, bodyByteCount: 28, first: 0x51,
                    "9162519e1822f77197c380706058cc5c151366052b5ecdd4778f8acfa2c8cdbd9e69f8456d45de7486a7885be5160637"
                        + "f61cc56f220b37c9ca806984a3e7e2a31aba208cf870c05e052f56629912758df604431ecbb4c6e592870c97060452f2"
                ),
            ]),
        Stream(
            cipher: .aes192CTR, mac: .hmacSHA512ETM, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 32, first: 0x50,
                    "00000020270b466cce0fef5da8a06b2c13f3e1415eb898f87acff4964b6ebe51588e22228e8f9608cbf5966d0b0d8697"
                        + "e9543f0aa9eacaa29cffe5a1b7cc253076d4e0d8e43947960d4e8f9789a255d448d8339b75449ae570b091bde408d5a3"
                        + "31ad0fdb"),
                Packet(
                    0, bodyByteCount: 32, first: 0x51,
                    "00000020953303d14826f3759bcf8c7c645cc858292f5a392f5ac9d07b8386c3a2c8cdbd6296a4b8040ed028590def53"
                        + "bb18878c14b9f32776ef6c6fa8beca40348dd0704c6f07f3cc785e62c20d53ed5dd425df0f92b7288a89632c4aeef754"
                        + "b5ea67db"),
            ]),
        Stream(
            cipher: .aes256CTR, mac: .hmacSHA256, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 28, first: 0x50,
                    "63e5b41eb14e198fa9b9ac88ce947e1eb2c5b94313c711b830e3741df725fd448c8b6ef688c83802e07c3653be693f35"
                        + "9aa71236261a8ad4fa6afbb049d10bda"),
                Packet(
                    0, bodyByteCount: 28, first: 0x51,
                    "f29000aa2e18cd83fda6cc3d85772ddbac0028f12ad8fd86c293fd56e2689c97812b39e9885c548eced1b5ef152ad439"
                        + "768814c52917b38d4ab2279be53b7abc"),
            ]),
        Stream(
            cipher: .aes256CTR, mac: .hmacSHA256ETM, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 32, first: 0x50,
                    "0000002067b5e550e64a1d8badb5a084c2907a1ab6f9857f2fc315bc34ef7811f725fd4482b59aadc6e66ccdcb719f48"
                        + "e121aad813412f9f3badde2f59ba45cbc8f8e13d"),
                Packet(
                    0, bodyByteCount: 32, first: 0x51,
                    "00000020f6c152e57e1cc987f1aac031817329df903c14cd2edcf982ce9ff15ae2689c9737083a02b0e6f01843fea8f6"
                        + "d92619e9bb12baf46c55ebef951a187158dd49fa"),
            ]),
        Stream(
            cipher: .aes256CTR, mac: .hmacSHA512, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 28, first: 0x50,
                    "63e5b41eb14e198fa9b9ac88ce947e1eb2c5b94313c711b830e3741df725fd44fe19027eeaefe2e35198572b89eced59"
                        + "987a1d8f82740235ee76a9f662cba31b274c5fe3a1011103367da033b55cc016763b953064c5325243a321f076ba4933"
                ),
                Packet(
                    0, bodyByteCount: 28, first: 0x51,
                    "f29000aa2e18cd83fda6cc3d85772ddbac0028f12ad8fd86c293fd56e2689c979e69f8456d45de7486a7885be5160637"
                        + "f61cc56f220b37c9ca806984a3e7e2a31aba208cf870c05e052f56629912758df604431ecbb4c6e592870c97060452f2"
                ),
            ]),
        Stream(
            cipher: .aes256CTR, mac: .hmacSHA512ETM, initialVector: hex("fffffffffffffffffffffffffffffffe"),
            packets: [
                Packet(
                    0xFFFF_FFFF, bodyByteCount: 32, first: 0x50,
                    "0000002067b5e550e64a1d8badb5a084c2907a1ab6f9857f2fc315bc34ef7811f725fd44904e30fe8ae2f2d93030700c"
                        + "d653a417ee6fcf3efde4a2cc19394412bcf8dd0c024e6e746524cf4abc3235009ee1d6614713f647af014122d4d1cc42"
                        + "45199bb5"),
                Packet(
                    0, bodyByteCount: 32, first: 0x51,
                    "00000020f6c152e57e1cc987f1aac031817329df903c14cd2edcf982ce9ff15ae2689c977fcee69e9a44b648b164e8d5"
                        + "d96626fbf1df72a811826b1dedfd626fa0e4b7a51275a85e8a5f852c6a4e8eda721355d155b8ec4209c82c399971b473"
                        + "a09d9608"),
            ]),
    ]
}
