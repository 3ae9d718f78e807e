import Fairlead

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The local terminal of an interactive session: raw while the remote one interprets what is typed.
enum RawMode {
    static func enter(_ descriptor: Int32) -> Bool {
        TerminalState.modify(descriptor, isRaw: true) { settings in
            settings.c_iflag |= tcflag_t(IGNPAR)
            settings.c_iflag &= ~tcflag_t(ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXANY | IXOFF)
            settings.c_lflag &= ~tcflag_t(ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHONL | IEXTEN)
            settings.c_oflag &= ~tcflag_t(OPOST)
            unsafe withUnsafeMutableBytes(of: &settings.c_cc) { characters in
                unsafe characters[Int(VMIN)] = 1
                unsafe characters[Int(VTIME)] = 0
            }
        }
    }

    /// All modes of a terminal as `pty-req` names them (RFC 4254 §8, RFC 8160).
    static func modes(of descriptor: Int32) -> [(opcode: UInt8, argument: UInt32)] {
        var settings = termios()
        guard unsafe tcgetattr(descriptor, &settings) == 0 else { return [] }
        var modes: [(opcode: UInt8, argument: UInt32)] = []
        for (opcode, index) in characters {
            let value = unsafe withUnsafeBytes(of: &settings.c_cc) { unsafe $0[Int(index)] }
            // 255 says that the character is disabled.
            modes.append((opcode, value == 0 ? 255 : UInt32(value)))
        }
        for (opcode, flag) in inputFlags { modes.append((opcode, settings.c_iflag & tcflag_t(flag) == 0 ? 0 : 1)) }
        for (opcode, flag) in localFlags { modes.append((opcode, settings.c_lflag & tcflag_t(flag) == 0 ? 0 : 1)) }
        for (opcode, flag) in outputFlags { modes.append((opcode, settings.c_oflag & tcflag_t(flag) == 0 ? 0 : 1)) }
        for (opcode, size) in [(UInt8(90), CS7), (91, CS8)] {
            modes.append((opcode, settings.c_cflag & tcflag_t(CSIZE) == tcflag_t(size) ? 1 : 0))
        }
        for (opcode, flag) in [(UInt8(92), PARENB), (93, PARODD)] {
            modes.append((opcode, settings.c_cflag & tcflag_t(flag) == 0 ? 0 : 1))
        }
        let speed = UInt32(clamping: baudRate(cfgetospeedOf(&settings)))
        return modes + [(128, speed), (129, speed)]
    }

    private static func cfgetospeedOf(_ settings: inout termios) -> speed_t {
        unsafe cfgetospeed(&settings)
    }

    /// The speeds that terminals still report; everything else is called 38400, as by a pseudo-terminal.
    private static func baudRate(_ speed: speed_t) -> Int {
        switch speed {
        case speed_t(B9600): 9600
        case speed_t(B19200): 19200
        case speed_t(B57600): 57600
        case speed_t(B115200): 115200
        default: 38400
        }
    }

    private static let characters: [(UInt8, Int32)] = [
        (1, VINTR), (2, VQUIT), (3, VERASE), (4, VKILL), (5, VEOF), (6, VEOL), (7, VEOL2), (8, VSTART), (9, VSTOP),
        (10, VSUSP), (12, VREPRINT), (13, VWERASE), (14, VLNEXT), (18, VDISCARD),
    ]

    #if canImport(Glibc)
        private static let inputFlags: [(UInt8, Int32)] = commonInputFlags + [(37, IUCLC)]
        private static let outputFlags: [(UInt8, Int32)] = commonOutputFlags + [(71, OLCUC)]
    #else
        private static let inputFlags = commonInputFlags
        private static let outputFlags = commonOutputFlags
    #endif

    private static let commonInputFlags: [(UInt8, Int32)] = [
        (30, IGNPAR), (31, PARMRK), (32, INPCK), (33, ISTRIP), (34, INLCR), (35, IGNCR), (36, ICRNL), (38, IXON),
        (39, IXANY), (40, IXOFF), (41, IMAXBEL), (42, IUTF8),
    ]

    private static let localFlags: [(UInt8, Int32)] = [
        (50, ISIG), (51, ICANON), (53, ECHO), (54, ECHOE), (55, ECHOK), (56, ECHONL), (57, NOFLSH), (58, TOSTOP),
        (59, IEXTEN), (60, ECHOCTL), (61, ECHOKE), (62, PENDIN),
    ]

    private static let commonOutputFlags: [(UInt8, Int32)] = [
        (70, OPOST), (72, ONLCR), (73, OCRNL), (74, ONOCR), (75, ONLRET),
    ]
}
