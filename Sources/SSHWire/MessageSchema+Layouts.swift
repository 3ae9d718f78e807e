extension MessageSchema {
    /// The fields of every message by number, in wire order and in the RFCs' words; a number that means several things has
    /// its `MessageContext` behind it, and what a selector chose stands under the number and the chosen name.
    package static let layouts: [String: Layout] = [
        // RFC 4253 §10–11, RFC 8308 §2.3.
        "1": ["reason code": .uint32, "description": .text, "language tag": .optional(.text)],
        "2": ["data": .data], "3": ["packet sequence number": .uint32],
        "4": ["always_display": .boolean, "message": .text, "language tag": .optional(.text)],
        "5": ["service name": .text], "6": ["service name": .optional(.text)],
        "7": ["nr-extensions": .uint32, "extension-name": .optional(.text), "extension-value": .text, "": .again(2)],
        // RFC 4253 §7–8, RFC 5656 §4, RFC 4419 §3.
        "20": [
            "cookie": .cookie, "kex_algorithms": .names, "server_host_key_algorithms": .names,
            "encryption_algorithms_client_to_server": .names, "encryption_algorithms_server_to_client": .names,
            "mac_algorithms_client_to_server": .names, "mac_algorithms_server_to_client": .names,
            "compression_algorithms_client_to_server": .names, "compression_algorithms_server_to_client": .names,
            "languages_client_to_server": .names, "languages_server_to_client": .names,
            "first_kex_packet_follows": .boolean, "reserved": .uint32,
        ], "21": [:],
        "30": ["Q_C": .bytes], "31": ["K_S": .key, "Q_S": .bytes, "signature": .signature],
        "30 DH": ["e": .mpint], "31 DH": reply, "30 GEX": ["n": .uint32], "31 GEX": ["p": .mpint, "g": .mpint],
        "32": ["e": .mpint], "33": reply, "34": ["min": .uint32, "n": .uint32, "max": .uint32],
        // RFC 4252, RFC 4256.
        "50": ["user name": .text, "service name": .text, "method name": .selector],
        "50 publickey": [
            "signed": .boolean, "public key algorithm name": .text, "public key blob": .key,
            "signature": .optional(.signature),
        ], "50 password": ["change": .boolean, "plaintext password": .secret],
        "50 publickey-hostbound-v00@openssh.com": [
            "signed": .boolean, "public key algorithm name": .text, "public key blob": .key, "server host key": .key,
            "signature": .optional(.signature),
        ], "50 keyboard-interactive": ["language tag": .text, "submethods": .text],
        "51": ["authentications that can continue": .names, "partial success": .boolean], "52": [:],
        "53": ["message": .text, "language tag": .optional(.text)],
        "60 publickey": ["public key algorithm name": .text, "public key blob": .key],
        "60 password": ["prompt": .text, "language tag": .optional(.text)],
        "60 publickey-hostbound-v00@openssh.com": ["public key algorithm name": .text, "public key blob": .key],
        "60 keyboard-interactive": [
            "name": .text, "instruction": .text, "language tag": .text, "num-prompts": .uint32,
            "prompt": .optional(.text), "echo": .boolean, "": .again(2),
        ],
        "61 keyboard-interactive": ["num-responses": .uint32, "response": .secret],
        // RFC 4254, OpenSSH PROTOCOL §1.9, §2.1 and §2.5.
        "80": ["request name": .selector, "want reply": .boolean], "81": [:], "82": [:],
        "80 hostkeys-00@openssh.com": ["host key": .optional(.key), "": .again(1)],
        "90": [
            "channel type": .selector, "sender channel": .uint32, "initial window size": .uint32,
            "maximum packet size": .uint32,
        ],
        "91": [
            "recipient channel": .uint32, "sender channel": .uint32, "initial window size": .uint32,
            "maximum packet size": .uint32,
        ],
        "92": ["recipient channel": .uint32, "reason code": .uint32, "description": .text, "language tag": .text],
        "93": ["recipient channel": .uint32, "bytes to add": .uint32],
        "94": ["recipient channel": .uint32, "data": .data],
        "95": ["recipient channel": .uint32, "data_type_code": .uint32, "data": .data],
        "96": channel, "97": channel, "99": channel, "100": channel,
        "98": ["recipient channel": .uint32, "request type": .selector, "want reply": .boolean],
        "98 pty-req": [
            "TERM": .text, "width, characters": .uint32, "height, rows": .uint32, "width, pixels": .uint32,
            "height, pixels": .uint32, "encoded terminal modes": .bytes,
        ],
        "98 window-change": [
            "width, characters": .uint32, "height, rows": .uint32, "width, pixels": .uint32, "height, pixels": .uint32,
        ],
        // What a variable holds may be a secret.
        "98 env": ["variable name": .text, "variable value": .data], "98 exec": ["command": .text],
        "98 subsystem": ["subsystem name": .text], "98 signal": ["signal name": .text],
        "98 exit-status": ["exit_status": .uint32],
        "98 exit-signal": [
            "signal name": .text, "core dumped": .boolean, "error message": .text, "language tag": .text,
        ],
        "192": ["data": .data], "193": ["data": .data],
        // RFC 4253 §6.6, RFC 8709 §4, RFC 5656 §3.1, OpenSSH PROTOCOL.u2f.
        "key ssh-rsa": ["e": .mpint, "n": .mpint], "key ssh-ed25519": ["key": .bytes], "key ssh-ed448": ["key": .bytes],
        "key ecdsa-sha2-nistp256": curve, "key ecdsa-sha2-nistp384": curve, "key ecdsa-sha2-nistp521": curve,
        "key sk-ssh-ed25519@openssh.com": ["key": .bytes, "application": .text],
        "key sk-ecdsa-sha2-nistp256@openssh.com": ["curve": .text, "Q": .bytes, "application": .text],
    ]

    private static let channel: Layout = ["recipient channel": .uint32]
    private static let reply: Layout = ["K_S": .key, "f": .mpint, "signature": .signature]
    private static let curve: Layout = ["curve": .text, "Q": .bytes]

    /// Names where the number alone does not tell.
    static let names = [
        "30 DH": "KEXDH_INIT", "31 DH": "KEXDH_REPLY", "30 GEX": "KEX_DH_GEX_REQUEST_OLD", "31 GEX": "KEX_DH_GEX_GROUP",
        "60 password": "USERAUTH_PASSWD_CHANGEREQ", "60 keyboard-interactive": "USERAUTH_INFO_REQUEST",
        "61 keyboard-interactive": "USERAUTH_INFO_RESPONSE",
    ]
}
