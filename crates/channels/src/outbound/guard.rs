//! Which addresses a call may not reach, so that nobody who may write a campaign can make this
//! server talk to its own network. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that share the first bits of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: IpAddr,
    bits: u8,
}

impl Range {
    /// The addresses that share the first `bits` bits of `first`.
    #[must_use]
    pub const fn new(first: IpAddr, bits: u8) -> Self {
        Self { first, bits }
    }

    const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Self {
        Self::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits)
    }

    const fn v6(head: [u16; 6], bits: u8) -> Self {
        let [a, b, c, d, e, f] = head;
        Self::new(IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, 0, 0)), bits)
    }

    /// Whether `address` lies in the range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let kept = 32_u32.saturating_sub(u32::from(self.bits));
                let differ = first.to_bits() ^ address.to_bits();
                differ.checked_shr(kept).unwrap_or(0) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let kept = 128_u32.saturating_sub(u32::from(self.bits));
                let differ = first.to_bits() ^ address.to_bits();
                differ.checked_shr(kept).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// What is no place on the internet, by the registries of special addresses; the first match names
/// it.
const SPECIAL: [(&str, Range); 33] = [
    ("unspecified", Range::v4(0, 0, 0, 0, 8)),
    ("private", Range::v4(10, 0, 0, 0, 8)),
    ("shared by a carrier", Range::v4(100, 64, 0, 0, 10)),
    ("loopback", Range::v4(127, 0, 0, 0, 8)),
    ("cloud metadata", Range::v4(169, 254, 169, 254, 32)),
    ("cloud metadata", Range::v4(168, 63, 129, 16, 32)),
    ("link-local", Range::v4(169, 254, 0, 0, 16)),
    ("private", Range::v4(172, 16, 0, 0, 12)),
    ("reserved", Range::v4(192, 0, 0, 0, 24)),
    ("reserved", Range::v4(192, 0, 2, 0, 24)),
    ("reserved", Range::v4(192, 88, 99, 0, 24)),
    ("private", Range::v4(192, 168, 0, 0, 16)),
    ("reserved", Range::v4(198, 18, 0, 0, 15)),
    ("reserved", Range::v4(198, 51, 100, 0, 24)),
    ("reserved", Range::v4(203, 0, 113, 0, 24)),
    ("multicast", Range::v4(224, 0, 0, 0, 4)),
    ("reserved", Range::v4(240, 0, 0, 0, 4)),
    ("loopback", Range::v6([0; 6], 127)),
    ("an IPv4 address in disguise", Range::v6([0; 6], 96)),
    (
        "an IPv4 address in disguise",
        Range::v6([0, 0, 0, 0, 0, 0xffff], 96),
    ),
    (
        "an IPv4 address in disguise",
        Range::v6([0x64, 0xff9b, 0, 0, 0, 0], 96),
    ),
    (
        "an IPv4 address in disguise",
        Range::v6([0x64, 0xff9b, 1, 0, 0, 0], 48),
    ),
    (
        "an IPv4 address in disguise",
        Range::v6([0x2002, 0, 0, 0, 0, 0], 16),
    ),
    ("reserved", Range::v6([0x100, 0, 0, 0, 0, 0], 64)),
    ("reserved", Range::v6([0x2001, 0, 0, 0, 0, 0], 23)),
    ("reserved", Range::v6([0x2001, 0xdb8, 0, 0, 0, 0], 32)),
    ("reserved", Range::v6([0x3fff, 0, 0, 0, 0, 0], 20)),
    ("reserved", Range::v6([0x5f00, 0, 0, 0, 0, 0], 16)),
    ("cloud metadata", Range::v6([0xfd00, 0xec2, 0, 0, 0, 0], 32)),
    ("private", Range::v6([0xfc00, 0, 0, 0, 0, 0], 7)),
    ("link-local", Range::v6([0xfe80, 0, 0, 0, 0, 0], 10)),
    ("private", Range::v6([0xfec0, 0, 0, 0, 0, 0], 10)),
    ("multicast", Range::v6([0xff00, 0, 0, 0, 0, 0], 8)),
];

/// An address that is not to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not called: it is {what}; outbound.allow_private can allow it")]
pub struct Forbidden {
    /// The address.
    pub address: IpAddr,
    /// What it is.
    pub what: &'static str,
}

/// Tells addresses that may be called from others.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<Range>,
}

impl Guard {
    /// Lets public addresses through, and those in `allowed`.
    #[must_use]
    pub const fn new(allowed: Vec<Range>) -> Self {
        Self { allowed }
    }

    /// Whether `address` may be called.
    ///
    /// # Errors
    /// It is no public address, and no range lets it through.
    pub fn check(&self, address: IpAddr) -> Result<(), Forbidden> {
        if self.allowed.iter().any(|range| range.contains(address)) {
            return Ok(());
        }
        let found = SPECIAL.iter().find(|(_, range)| range.contains(address));
        found.map_or(Ok(()), |(what, _)| Err(Forbidden { address, what }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[track_caller]
    fn check(address: &str, want: Option<&str>) {
        let got = Guard::default().check(ip(address)).err();
        assert_eq!(got.map(|it| it.what), want, "{address}");
    }

    #[test]
    fn only_public_addresses_are_called() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860::8888",
            "2a00::1",
        ] {
            check(public, None);
        }
        let disguised = Some("an IPv4 address in disguise");
        for (address, want) in [
            ("0.0.0.0", Some("unspecified")),
            ("0.1.2.3", Some("unspecified")),
            ("10.0.0.1", Some("private")),
            ("100.64.0.1", Some("shared by a carrier")),
            ("100.100.100.200", Some("shared by a carrier")),
            ("127.0.0.1", Some("loopback")),
            ("127.255.255.254", Some("loopback")),
            ("168.63.129.16", Some("cloud metadata")),
            ("169.254.169.254", Some("cloud metadata")),
            ("169.254.170.2", Some("link-local")),
            ("172.16.0.1", Some("private")),
            ("172.31.255.255", Some("private")),
            ("192.168.1.1", Some("private")),
            ("192.0.0.192", Some("reserved")),
            ("198.19.0.1", Some("reserved")),
            ("224.0.0.1", Some("multicast")),
            ("239.255.255.255", Some("multicast")),
            ("240.0.0.1", Some("reserved")),
            ("255.255.255.255", Some("reserved")),
            ("::", Some("loopback")),
            ("::1", Some("loopback")),
            ("::7f00:1", disguised),
            ("::ffff:127.0.0.1", disguised),
            ("::ffff:1.1.1.1", disguised),
            ("64:ff9b::a9fe:a9fe", disguised),
            ("2002:7f00:1::1", disguised),
            ("2001:0:1::1", Some("reserved")),
            ("2001:db8::1", Some("reserved")),
            ("fc00::1", Some("private")),
            ("fd00:ec2::254", Some("cloud metadata")),
            ("fd12:3456::1", Some("private")),
            ("fe80::1", Some("link-local")),
            ("fec0::1", Some("private")),
            ("ff02::1", Some("multicast")),
        ] {
            check(address, want);
        }
    }

    #[test]
    fn ranges_let_private_addresses_through() {
        let guard = Guard::new(vec![
            Range::new(ip("127.0.0.0"), 8),
            Range::new(ip("fd12::"), 16),
            Range::new(ip("10.1.2.3"), 32),
        ]);
        for (address, want) in [
            ("127.9.9.9", true),
            ("fd12:1::1", true),
            ("fd13::1", false),
            ("10.1.2.3", true),
            ("10.1.2.4", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(guard.check(ip(address)).is_ok(), want, "{address}");
        }
        let all = Guard::new(vec![Range::new(ip("0.0.0.0"), 0)]);
        assert!(all.check(ip("192.168.0.1")).is_ok());
    }
}
