/// Every table.
package enum AllRows {
    package static func rows(million: Int) -> [HostileRow] {
        let first = IdentificationRows.rows + PacketRows.rows + MessageRows.rows + NegotiationRows.rows
        let keys = KeyExchangeRows.rows + ShareRows.rows + CertificateRows.rows + StrictExchangeRows.rows
        let rest = LoginRows.rows + InteractiveRows.rows + ChannelRows.rows + RekeyRows.rows
        return first + keys + rest + FloodRows.rows(million: million)
    }
}
