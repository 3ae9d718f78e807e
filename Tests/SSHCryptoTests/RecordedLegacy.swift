@testable import SSHCrypto

extension Recorded {
    static let streams = recent + legacy

    /// The old ciphers and MACs; each stream under the same inputs as those of `recent`, but with a vector of `a0…` for CBC.
    static let legacy: [Stream] = [
        Stream(
            .aes128CTR, .hmacSHA1,
            """
            b6b5c2c429db855d9c1a8da2f936ceb46718426c9167e34107b3c7ffa4fa11b91461a92e109b4b1a7e281a8f3192fb71 \
            0176df5e
            """,
            """
            c6a13b2b83de09d13b1ad735f99182222f1b4dcaf5a1d67d2d1edb84cf5e87a0d702b490133320f4affecb6d8df8b4e9 \
            5b5a6f69
            """),
        Stream(
            .aes128CTR, .hmacSHA1ETM,
            """
            00000020b2e5938a7edf8159981681aef532cab063247e50ad63e74503bfcbf3a4fa11b99e36a90498e545ef7e299de4 \
            f9131b530fd12f49
            """,
            """
            00000020c2f06964d3da0dd53716db39fd958626132771f6f1a5d2792112d788cf5e87a02ff347e67e65c43172930bec \
            945fbf643cea5b9d
            """),
        Stream(
            .aes128CTR, .hmacSHA1Truncated,
            """
            b6b5c2c429db855d9c1a8da2f936ceb46718426c9167e34107b3c7ffa4fa11b91461a92e109b4b1a7e281a8f
            """,
            """
            c6a13b2b83de09d13b1ad735f99182222f1b4dcaf5a1d67d2d1edb84cf5e87a0d702b490133320f4affecb6d
            """),
        Stream(
            .aes192CTR, .hmacSHA1,
            """
            235b1722990beb59acac67201ff7e5455a84a4c446cbf0924f62b25d588e22221461a92e109b4b1a7e281a8f3192fb71 \
            0176df5e
            """,
            """
            9162519e1822f77197c380706058cc5c151366052b5ecdd4778f8acfa2c8cdbdd702b490133320f4affecb6d8df8b4e9 \
            5b5a6f69
            """),
        Stream(
            .aes192CTR, .hmacSHA1ETM,
            """
            00000020270b466cce0fef5da8a06b2c13f3e1415eb898f87acff4964b6ebe51588e222269009866bc98bb525ccc631c \
            65b054b75450efa0
            """,
            """
            00000020953303d14826f3759bcf8c7c645cc858292f5a392f5ac9d07b8386c3a2c8cdbd6b88658b4da75431b8d05db7 \
            ed84114cdd0e5403
            """),
        Stream(
            .aes192CTR, .hmacSHA1Truncated,
            """
            235b1722990beb59acac67201ff7e5455a84a4c446cbf0924f62b25d588e22221461a92e109b4b1a7e281a8f
            """,
            """
            9162519e1822f77197c380706058cc5c151366052b5ecdd4778f8acfa2c8cdbdd702b490133320f4affecb6d
            """),
        Stream(
            .aes256CTR, .hmacSHA1,
            """
            63e5b41eb14e198fa9b9ac88ce947e1eb2c5b94313c711b830e3741df725fd441461a92e109b4b1a7e281a8f3192fb71 \
            0176df5e
            """,
            """
            f29000aa2e18cd83fda6cc3d85772ddbac0028f12ad8fd86c293fd56e2689c97d702b490133320f4affecb6d8df8b4e9 \
            5b5a6f69
            """),
        Stream(
            .aes256CTR, .hmacSHA1ETM,
            """
            0000002067b5e550e64a1d8badb5a084c2907a1ab6f9857f2fc315bc34ef7811f725fd4475327786b0fb90f738979f49 \
            3a3ac255c49fde69
            """,
            """
            00000020f6c152e57e1cc987f1aac031817329df903c14cd2edcf982ce9ff15ae2689c9768ab983c0f55b49a851f1526 \
            59be14c53fee5c68
            """),
        Stream(
            .aes256CTR, .hmacSHA1Truncated,
            """
            63e5b41eb14e198fa9b9ac88ce947e1eb2c5b94313c711b830e3741df725fd441461a92e109b4b1a7e281a8f
            """,
            """
            f29000aa2e18cd83fda6cc3d85772ddbac0028f12ad8fd86c293fd56e2689c97d702b490133320f4affecb6d
            """),
        Stream(
            .aes256CBC, .hmacSHA256ETM,
            """
            0000002017d63f21408b35fc9cbf4937cd8286ce123551ebd6df4eb3a77bb252608e44a01fb323f86520d712686d10fb \
            3e0c49ed40b056b082e05abe7e9ecaa857ebd86d
            """,
            """
            00000020ddc86f38b54f3db5b8ee77395c0a2cdae208e47ce9b939eb3896b33a17b4e2a193995ec02d27883f0785b053 \
            33fa696db02e26319715adde802c86d69ce11299
            """),
        Stream(
            .aes256CBC, .hmacSHA512ETM,
            """
            0000002017d63f21408b35fc9cbf4937cd8286ce123551ebd6df4eb3a77bb252608e44a0608576da2b3aed67e68e11f0 \
            076f5ff8179ae23cfdfbd77b408e1cff262d263f674d3ebc8981689273e7056c2761a7d9ea284b9a27405c1945876082 \
            e9e1509d
            """,
            """
            00000020ddc86f38b54f3db5b8ee77395c0a2cdae208e47ce9b939eb3896b33a17b4e2a1786fd00ddbefe7604f26d13a \
            2cd45bd38080f16d206efb856b5ad9126420d6029e7005cf56283749915bd8cb847529f1053709c538eacfdd8ade36c3 \
            3af1e66b
            """),
        Stream(
            .aes256CBC, .hmacSHA256,
            """
            6022f7a98d6b6160795eababe7d94b0115bb8cd35647ef0747e7f20289e941ce8c8b6ef688c83802e07c3653be693f35 \
            9aa71236261a8ad4fa6afbb049d10bda
            """,
            """
            931ebfcb7f3d2a6f00f05231a69f30ece423c5d55892d38a3d431839d38cc88d812b39e9885c548eced1b5ef152ad439 \
            768814c52917b38d4ab2279be53b7abc
            """),
        Stream(
            .aes256CBC, .hmacSHA512,
            """
            6022f7a98d6b6160795eababe7d94b0115bb8cd35647ef0747e7f20289e941cefe19027eeaefe2e35198572b89eced59 \
            987a1d8f82740235ee76a9f662cba31b274c5fe3a1011103367da033b55cc016763b953064c5325243a321f076ba4933
            """,
            """
            931ebfcb7f3d2a6f00f05231a69f30ece423c5d55892d38a3d431839d38cc88d9e69f8456d45de7486a7885be5160637 \
            f61cc56f220b37c9ca806984a3e7e2a31aba208cf870c05e052f56629912758df604431ecbb4c6e592870c97060452f2
            """),
        Stream(
            .aes256CBC, .hmacSHA1,
            """
            6022f7a98d6b6160795eababe7d94b0115bb8cd35647ef0747e7f20289e941ce1461a92e109b4b1a7e281a8f3192fb71 \
            0176df5e
            """,
            """
            931ebfcb7f3d2a6f00f05231a69f30ece423c5d55892d38a3d431839d38cc88dd702b490133320f4affecb6d8df8b4e9 \
            5b5a6f69
            """),
        Stream(
            .aes256CBC, .hmacSHA1ETM,
            """
            0000002017d63f21408b35fc9cbf4937cd8286ce123551ebd6df4eb3a77bb252608e44a01ea2a7173f127a1e12f0c8a3 \
            a5388be282141a65
            """,
            """
            00000020ddc86f38b54f3db5b8ee77395c0a2cdae208e47ce9b939eb3896b33a17b4e2a155884cefc3fe2f3f53118cf4 \
            f2b6a057f080ab7b
            """),
        Stream(
            .aes256CBC, .hmacSHA1Truncated,
            """
            6022f7a98d6b6160795eababe7d94b0115bb8cd35647ef0747e7f20289e941ce1461a92e109b4b1a7e281a8f
            """,
            """
            931ebfcb7f3d2a6f00f05231a69f30ece423c5d55892d38a3d431839d38cc88dd702b490133320f4affecb6d
            """),
        Stream(
            .aes192CBC, .hmacSHA256ETM,
            """
            00000020168fd1fb4c9639da2080a5f26b8415a904b63a7558963cd407880fd0d99f7111ff99e5ced066f8eb71321eac \
            0636525afa87bd980920ede45192aa4fbccfd196
            """,
            """
            0000002027c87989a4e6fa294ba94a9164e1725eb4c01318d458760bed61c3f1d6b5b1c26baee15fa6fdd3ed3d8637b8 \
            a8ef33c5fc9b1d5f9c69416b77fd9f14fe1a8f3a
            """),
        Stream(
            .aes192CBC, .hmacSHA512ETM,
            """
            00000020168fd1fb4c9639da2080a5f26b8415a904b63a7558963cd407880fd0d99f71111b7e25995bf7a2956dfdf14f \
            648b855573c5e8bfb668d5872cf415736516dea05316f1a9213ce41e07ef437bd2aaa0b25abe14ed6bd4dd0ce7b574cf \
            4387e8ac
            """,
            """
            0000002027c87989a4e6fa294ba94a9164e1725eb4c01318d458760bed61c3f1d6b5b1c2d6e2c3fa9d4bf2f36efea5e5 \
            68b934faf50ec208a47337f31899f484e367089cbfd5cba000d162db21a2e42ce1e5b23ee383c68873aa1d216d0af0a2 \
            4b5a264f
            """),
        Stream(
            .aes192CBC, .hmacSHA256,
            """
            bb43811e981663773733f6199d33e2cc491f6abe7c88bbb2125122f7fe1263dd8c8b6ef688c83802e07c3653be693f35 \
            9aa71236261a8ad4fa6afbb049d10bda
            """,
            """
            9b3fe126fabf98f560ad5ac474ed7e6d13c58c035d421c73de84e5dcf1781815812b39e9885c548eced1b5ef152ad439 \
            768814c52917b38d4ab2279be53b7abc
            """),
        Stream(
            .aes192CBC, .hmacSHA512,
            """
            bb43811e981663773733f6199d33e2cc491f6abe7c88bbb2125122f7fe1263ddfe19027eeaefe2e35198572b89eced59 \
            987a1d8f82740235ee76a9f662cba31b274c5fe3a1011103367da033b55cc016763b953064c5325243a321f076ba4933
            """,
            """
            9b3fe126fabf98f560ad5ac474ed7e6d13c58c035d421c73de84e5dcf17818159e69f8456d45de7486a7885be5160637 \
            f61cc56f220b37c9ca806984a3e7e2a31aba208cf870c05e052f56629912758df604431ecbb4c6e592870c97060452f2
            """),
        Stream(
            .aes192CBC, .hmacSHA1,
            """
            bb43811e981663773733f6199d33e2cc491f6abe7c88bbb2125122f7fe1263dd1461a92e109b4b1a7e281a8f3192fb71 \
            0176df5e
            """,
            """
            9b3fe126fabf98f560ad5ac474ed7e6d13c58c035d421c73de84e5dcf1781815d702b490133320f4affecb6d8df8b4e9 \
            5b5a6f69
            """),
        Stream(
            .aes192CBC, .hmacSHA1ETM,
            """
            00000020168fd1fb4c9639da2080a5f26b8415a904b63a7558963cd407880fd0d99f71110515b73a3f96afbb31eee1e5 \
            7d4d8399efcde4fe
            """,
            """
            0000002027c87989a4e6fa294ba94a9164e1725eb4c01318d458760bed61c3f1d6b5b1c277b0907c4a61c918e69c978a \
            e7ca3128ae4752d7
            """),
        Stream(
            .aes192CBC, .hmacSHA1Truncated,
            """
            bb43811e981663773733f6199d33e2cc491f6abe7c88bbb2125122f7fe1263dd1461a92e109b4b1a7e281a8f
            """,
            """
            9b3fe126fabf98f560ad5ac474ed7e6d13c58c035d421c73de84e5dcf1781815d702b490133320f4affecb6d
            """),
        Stream(
            .aes128CBC, .hmacSHA256ETM,
            """
            000000207e57a35c7f53c8d22fc0584d9bfed0c3edf480bd152d2594517739dcbe47cfb5e03560e71057b607a04f3e28 \
            14e7c221f290878dbd589abc688fb9899ecabaf5
            """,
            """
            000000205c8db3141569085b231ea23a60e96d9ec3c88a337eddee74b71fd449cce148aad701400bb5475cb7a3e13ee0 \
            97027e646061eefc2143ac14fe435c7f3ce0c82d
            """),
        Stream(
            .aes128CBC, .hmacSHA512ETM,
            """
            000000207e57a35c7f53c8d22fc0584d9bfed0c3edf480bd152d2594517739dcbe47cfb507d9379717dde0cb0d488b9d \
            4566c52a79793b227f13f157df346429cb6b7fe9f8c696d1622fab85e3d386ee43a3c099313719578ba1d48933a38fa7 \
            c2b1b436
            """,
            """
            000000205c8db3141569085b231ea23a60e96d9ec3c88a337eddee74b71fd449cce148aa02e3e30bf07989bd6d3c3586 \
            63dcb54518f2b146c1a8373713ed6c8d81f3efa51eefec571b7a929ebfe2dba00ad2b8118cccc45cb3d0bc01c43a3c56 \
            38eb693b
            """),
        Stream(
            .aes128CBC, .hmacSHA256,
            """
            bcac7b8ce45716ed5b6771678796a9eb6b1f927de28d9188ff1812135139cf338c8b6ef688c83802e07c3653be693f35 \
            9aa71236261a8ad4fa6afbb049d10bda
            """,
            """
            87dc2a6ec990f84bbefd6f971fc789078e0a5c08539d179b9f047b2fb59ff5a9812b39e9885c548eced1b5ef152ad439 \
            768814c52917b38d4ab2279be53b7abc
            """),
        Stream(
            .aes128CBC, .hmacSHA512,
            """
            bcac7b8ce45716ed5b6771678796a9eb6b1f927de28d9188ff1812135139cf33fe19027eeaefe2e35198572b89eced59 \
            987a1d8f82740235ee76a9f662cba31b274c5fe3a1011103367da033b55cc016763b953064c5325243a321f076ba4933
            """,
            """
            87dc2a6ec990f84bbefd6f971fc789078e0a5c08539d179b9f047b2fb59ff5a99e69f8456d45de7486a7885be5160637 \
            f61cc56f220b37c9ca806984a3e7e2a31aba208cf870c05e052f56629912758df604431ecbb4c6e592870c97060452f2
            """),
        Stream(
            .aes128CBC, .hmacSHA1,
            """
            bcac7b8ce45716ed5b6771678796a9eb6b1f927de28d9188ff1812135139cf331461a92e109b4b1a7e281a8f3192fb71 \
            0176df5e
            """,
            """
            87dc2a6ec990f84bbefd6f971fc789078e0a5c08539d179b9f047b2fb59ff5a9d702b490133320f4affecb6d8df8b4e9 \
            5b5a6f69
            """),
        Stream(
            .aes128CBC, .hmacSHA1ETM,
            """
            000000207e57a35c7f53c8d22fc0584d9bfed0c3edf480bd152d2594517739dcbe47cfb561be1ef4350348879e8081c3 \
            bff24e06918ea8d3
            """,
            """
            000000205c8db3141569085b231ea23a60e96d9ec3c88a337eddee74b71fd449cce148aac6a971f2787c7161c42204d4 \
            469d5d2c8e080127
            """),
        Stream(
            .aes128CBC, .hmacSHA1Truncated,
            """
            bcac7b8ce45716ed5b6771678796a9eb6b1f927de28d9188ff1812135139cf331461a92e109b4b1a7e281a8f
            """,
            """
            87dc2a6ec990f84bbefd6f971fc789078e0a5c08539d179b9f047b2fb59ff5a9d702b490133320f4affecb6d
            """),
        Stream(
            .tripleDESCBC, .hmacSHA256ETM,
            """
            0000001853250c5125b1dda389a3e6cc3d2aef0ceb4714b8556994c282dd4a6d5e4b028c3c54c610767b042eb44d1675 \
            aafcf6db5a68ac24ab40bfe3
            """,
            """
            000000185b10e85cfa2e308b97409bf390cb90e76248267d1e60c2d02e8fbed13e7db24de01bf26043e1a756a2bc11f1 \
            fa8e04843b656d98f1305494
            """),
        Stream(
            .tripleDESCBC, .hmacSHA512ETM,
            """
            0000001853250c5125b1dda389a3e6cc3d2aef0ceb4714b8556994c225f7d94da6352a9cf287382879594ca9d431ed0b \
            da4d8a084892093bced7276a17577ae4c5f230d7ec385b45d87dd41038355134f02b923bd2928567e0bca79d
            """,
            """
            000000185b10e85cfa2e308b97409bf390cb90e76248267d1e60c2d056d06076e953570bea622e21c3e59bde891a624b \
            03b5b9ea5057c635d05cc531dd6336522b5588cfcc93b6316279367d2ed5c5e93ee004cf748cd792818ceac3
            """),
        Stream(
            .tripleDESCBC, .hmacSHA256,
            """
            6b132f624510bfa480f53a0769811b5d698695233a65abd4ad2ac685b26cc7a24184fe43b518c6ab912a80fec99b728e \
            ff8fe7907cbcc37d
            """,
            """
            0b7af6c07a7947f7ca148ecd1b2ea31e721b08faab146deeb8fcb43f33ecff567e892db0600467cea9330a41d69f21dc \
            ca89a73b34b4555a
            """),
        Stream(
            .tripleDESCBC, .hmacSHA512,
            """
            6b132f624510bfa480f53a0769811b5d698695233a65abd45f906cc5e648f25eaccad95d66c84dc119f7865a51fa76b7 \
            cd0f1961a85db2e6fc65bbc8e39afec5ae61677aed66a942ef80ab0da1b3fb95bf584988903436eb
            """,
            """
            0b7af6c07a7947f7ca148ecd1b2ea31e721b08faab146dee51e901de2cd882f04400d8f902c93544438dd526a67f6389 \
            addb9eed58c27bcf0e65ad26ee3318bf1460bdc6719c50b3bb760199ddb7a2a4bf2ce6dd08f9667e
            """),
        Stream(
            .tripleDESCBC, .hmacSHA1,
            """
            6b132f624510bfa480f53a0769811b5d698695233a65abd4bf9f310004d915c5c9dcbf6f6ea77b400dfe8aa2
            """,
            """
            0b7af6c07a7947f7ca148ecd1b2ea31e721b08faab146deec929c0beffa5780397c8bf9fc2fda942a74201f3
            """),
        Stream(
            .tripleDESCBC, .hmacSHA1ETM,
            """
            0000001853250c5125b1dda389a3e6cc3d2aef0ceb4714b8556994c2147bdae2e6f83df8b0923e3e03eaeaf2445a2e0e
            """,
            """
            000000185b10e85cfa2e308b97409bf390cb90e76248267d1e60c2d0721db8ef53c79ff3fdf311b76fd358665a4812c0
            """),
        Stream(
            .tripleDESCBC, .hmacSHA1Truncated,
            """
            6b132f624510bfa480f53a0769811b5d698695233a65abd4bf9f310004d915c5c9dcbf6f
            """,
            """
            0b7af6c07a7947f7ca148ecd1b2ea31e721b08faab146deec929c0beffa5780397c8bf9f
            """),
    ]
}

extension Recorded.Stream {
    fileprivate init(_ cipher: CipherAlgorithm, _ mac: MACAlgorithm, _ first: String, _ second: String) {
        let isCounter = [.aes128CTR, .aes192CTR, .aes256CTR].contains(cipher)
        let lengthOutside = mac.encryptsFirst ? 0 : 4
        let bodyByteCount = (cipher.blockByteCount == 8 ? 24 : 32) - lengthOutside
        self.init(
            cipher: cipher, mac: mac,
            initialVector: isCounter
                ? [UInt8](repeating: 0xFF, count: 15) + [0xFE] : (0..<cipher.blockByteCount).map { UInt8(0xA0 + $0) },
            packets: [
                .init(0xFFFF_FFFF, bodyByteCount: bodyByteCount, first: 0x50, first),
                .init(0, bodyByteCount: bodyByteCount, first: 0x51, second),
            ])
    }
}
