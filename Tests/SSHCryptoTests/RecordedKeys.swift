@testable import SSHCrypto

import SSHWire

/// An RSA-2048 and a P-256 key made for these tests alone, with signatures that Python's `cryptography` made.
enum RecordedKeys {
    /// SHA-512 over this begins with a zero byte.
    static let rsaMessage = Array("message 142".utf8)

    static let modulus = hex(
        "ca6e591c1f39575b9d0d8e065e7cd0a0d1bc9afc9e11b6da3bd1c7aa93d60cbdbe551e20c7ae42072dc518262a6c0cd2"
            + "83d3d186731ec87b148455b4cd6f553eb893c81a022d3221b19a27998494a2eb4c8b21503a7766bf8253a9da06027e61"
            + "bc7293e6d46d76457a37888dae135fa46c06502361370e913aa6c132029654565d58370189e19e088475603a4daad771"
            + "f6b2f5edfdcc479ee6a41fd35db9c3da280b1e31bf2c618c29cd76d46cea986bd6021469c915adc80cd6a9c4105942fa"
            + "6259e7497bb6489f008ce1078b8d3f78eca02f03b78fc6609f717dcd2877aab75aca9df5c4db916a2b3cd2cc0d51b7d1"
            + "cbf829337c3a0227c80e2b530aba8837")
    static let privateExponent = hex(
        "4e5fb1cd730352e0abea2b122933fedc3cc7de63aed961e795606f8309d0c647123147445ebb07625b24a36867654503"
            + "9e397cb626cd04c6ae575c0d6fba4a91498a21df7bf73ea10fef84a469d1d84fec67338329d7bfa6a6d138822a707db8"
            + "de6aa7fba7442815d72f3805ce9f3e98dca00717e3941ae63c84826917da571515f03c7cd2a716c2497977331b498f17"
            + "b1dbefc9259c42e0db69a85c82aa83a74001a5215163a04238dfae6fd30ecc4ba499cf8907e89d7df7654b1a0fdf218d"
            + "69ea63a282ac58131761c9bfffa01b43f64c59479483f84e043639deb448fa5e84ba6d0a44f75dd15e90911596896b03"
            + "2080c3eba8f5557797244cdb525ffb2d")
    static let firstPrime = hex(
        "f9b715160f93f2f198848eeed78e948cf07f64d42903598b497828c1d2bb7d630eb64c516c4e30f9e8acfca4b53a04bf"
            + "3dfb94eff003a2cbf129debadc1a300e64b704b020b4a1cee9bdc3dae459802a3e1f419bdb22b9cd053d2e7b5ef39c48"
            + "f10dde70f7635dce927b819f3a411ef27e9db0e06d909674847684c5bfa0a055")
    static let secondPrime = hex(
        "cf869d157e3aa02f2dce50c831f215975cd24e081afb5c7e0aed7c0c6460584146b198240c369ee38d68615f2d70ba79"
            + "1ab502b7ff95b42bbee6cbdc148236b5407455305bc2732fcd260585b5119b37a46565e4772dff818d70601e6a860845"
            + "9744031ffd980e3acfc1e6987733b65cdce8dc509b576fa2c5a39b3c4f3d625b")
    static let coefficient = hex(
        "9481b79ccbb500ede3dba7257eae1a49aba98b9291cf5d6e187e37944f5eed0f6846251a710f4bf9e6f6bfe2bc66a2cc"
            + "9bd3095abb2be946cf3adacbf6637efa9e611fd50cf5e062cfcf129f6d11e800782ad636abc7a86cc5c1653f7d1a0632"
            + "bd31ea30b3d8e706dd9af53e07f7c73cafe29bb06431e2f1d04bf23f3b6be34c")
    static let rsaSHA512Signature = hex(
        "00f14afb9d2ec1f463ee743722c1cf863e0d6829ea9c796193e3cc96745afa71fad224f08bd33fac5547dfeeacfe81b5"
            + "1e6e148ff803b5569fb9b441af3e130254c359e6ee761ceb22f0e3b3fe93fd0702593c72346c90b5d53f153dba2824b8"
            + "dfb31ae386029ca8f77427071dd86d1dd49b8c1fca4dcdea1b2562943061525cfdbd9b78264d8dd67ca0a05eccafc23e"
            + "302c63833ae22228c4e8c46ea7e49370a9b147fcb9cc241be767b67d9f7083eeaf991dcef9e50f1492c22d060a82c0db"
            + "f0afd2fe8cd6f8cc6b8c32e90d1bdc2ca83a479e4f2ee4c11937ea27cafad304df4c08d24c7a0342c2d3daad1698bea0"
            + "be072157561870aef46d9604d98d6582")
    static let rsaSHA256Signature = hex(
        "23af73c248a4fed5cdb8735235da50ea45cf2924add56efc7e449c13ebf37881bdfba62e473e4f84aa4c4c6750bc8527"
            + "7714e141d332bca69ba165b611b91314e3fdc73a7bb918bb4a3a43cf1687737742744c11fc07e6b46de3a7ecfe87cdeb"
            + "72551ec9070ef609aee0194871bcee54de887ff8113af714b9f76c05318dbf0c44c2d8b3975a25a79f98996685bc02ad"
            + "632255239ba46ac2fcbf155135997a4ae0047e185ba0800d4b55b6f5154cc792cc5f827f3b167b7a93500b99d44a2d59"
            + "04125982cf847fa87b6941da2cf50766f8432e444a42917709500d7833552f245d826e7329de1c558ae5686e5dbd075d"
            + "a2ebc18e4061aa6be866d14af62463f6")
    static let ecdsaScalar = hex(
        "364c988989f219dd80217aba6d8cd4afa2492df8780a23de207ac9e88b52badf")
    static let ecdsaPoint = hex(
        "045562de994b2744a9aac0b920b6d1b132ef339a398094bcbe401bac4cb373184f8ea3d9f1caf266f33e7f28662ebf43"
            + "26e150d91c069eac93e5046c7bd788b2d4")
    static let ecdsaDER = hex(
        "30450220105ce42c46ba863cfdceed0fb3fd87e4f0d2cf9d1aa99491f49b3ba4a9f2f3c7022100827e3e1c8ab3e327e9"
            + "f860ba418bee428e42d0d5c9f144da31de7e7aae35134c")

    static var rsaKey: RSAPrivateKey {
        var key = RSAPrivateKey(modulus: MPInt(magnitude: modulus), exponent: MPInt(magnitude: [1, 0, 1]))
        key.privateExponent = SecretBytes(copying: privateExponent)
        key.firstPrime = SecretBytes(copying: firstPrime)
        key.secondPrime = SecretBytes(copying: secondPrime)
        key.coefficient = SecretBytes(copying: coefficient)
        return key
    }

    static var rsaPublic: VerificationKey {
        .rsa(exponent: MPInt(magnitude: [1, 0, 1]), modulus: MPInt(magnitude: modulus))
    }
}
