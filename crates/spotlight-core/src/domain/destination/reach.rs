//! Which addresses requests may go to.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use ipnet::{Ipv4Net, Ipv6Net};

/// Who can be reached at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Anybody on the Internet.
    Public,
    /// Machines of the deployment's own networks, this one among them.
    Private,
    /// Nobody that a webhook is for: metadata of a cloud, the local link, groups, and addresses that name no machine.
    Never,
}

/// Networks of IPv4 that are not the public Internet, by the registry of special-purpose addresses. The first that
/// holds an address decides.
const V4: &[(&str, Reach)] = &[
    // Metadata of clouds, where it lies outside of the local link: Azure, Alibaba, Oracle.
    ("168.63.129.16/32", Reach::Never),
    ("100.100.100.200/32", Reach::Never),
    ("192.0.0.0/24", Reach::Never),
    ("0.0.0.0/8", Reach::Never),
    ("169.254.0.0/16", Reach::Never),
    // Documentation and measurements.
    ("192.0.2.0/24", Reach::Never),
    ("198.51.100.0/24", Reach::Never),
    ("203.0.113.0/24", Reach::Never),
    ("198.18.0.0/15", Reach::Never),
    // Relays of 6to4.
    ("192.88.99.0/24", Reach::Never),
    // Groups, reserved, and everybody.
    ("224.0.0.0/4", Reach::Never),
    ("240.0.0.0/4", Reach::Never),
    ("10.0.0.0/8", Reach::Private),
    ("100.64.0.0/10", Reach::Private),
    ("127.0.0.0/8", Reach::Private),
    ("172.16.0.0/12", Reach::Private),
    ("192.168.0.0/16", Reach::Private),
];

/// The same of IPv6. What none of these holds is public only within 2000::/3.
const V6: &[(&str, Reach)] = &[
    ("::1/128", Reach::Private),
    // Metadata of Amazon's cloud.
    ("fd00:ec2::/32", Reach::Never),
    ("fc00::/7", Reach::Private),
    // Protocol assignments, Teredo and ORCHID among them.
    ("2001::/23", Reach::Never),
    // 6to4: whatever IPv4 address is in it, nobody needs it.
    ("2002::/16", Reach::Never),
    // Documentation.
    ("2001:db8::/32", Reach::Never),
    ("3fff::/20", Reach::Never),
    ("2000::/3", Reach::Public),
];

/// Addresses of IPv4 behind a translator, which stand for the address in them.
const TRANSLATED: &[&str] = &["::ffff:0:0/96", "64:ff9b::/96"];

struct Tables {
    v4: Vec<(Ipv4Net, Reach)>,
    v6: Vec<(Ipv6Net, Reach)>,
    translated: Vec<Ipv6Net>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    // A test holds that every line can be read.
    v4: V4.iter().filter_map(|(net, reach)| Some((net.parse().ok()?, *reach))).collect(),
    v6: V6.iter().filter_map(|(net, reach)| Some((net.parse().ok()?, *reach))).collect(),
    translated: TRANSLATED.iter().filter_map(|net| net.parse().ok()).collect(),
});

/// Who can be reached at an address.
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let found = TABLES.v4.iter().find(|(net, _)| net.contains(&address));
    found.map_or(Reach::Public, |(_, reach)| *reach)
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if TABLES.translated.iter().any(|net| net.contains(&address)) {
        let [.., high, low] = address.segments();
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        return reach_v4(Ipv4Addr::new(a, b, c, d));
    }
    let found = TABLES.v6.iter().find(|(net, _)| net.contains(&address));
    found.map_or(Reach::Never, |(_, reach)| *reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_network() {
        let tables = &*TABLES;
        assert_eq!((tables.v4.len(), tables.v6.len(), tables.translated.len()), (V4.len(), V6.len(), TRANSLATED.len()));
    }

    #[test]
    fn addresses_are_told_apart() {
        let cases = [
            (
                Reach::Public,
                &[
                    "1.1.1.1",
                    "93.184.216.34",
                    "100.63.255.255",
                    "100.128.0.0",
                    "172.15.0.1",
                    "172.32.0.1",
                    "223.255.255.255",
                    "2606:4700::1111",
                    "2a00:1450:4001::8a",
                    "::ffff:1.1.1.1",
                    "64:ff9b::1.1.1.1",
                ][..],
            ),
            (
                Reach::Private,
                &[
                    "10.0.0.1",
                    "10.255.255.255",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.168.1.1",
                    "127.0.0.1",
                    "127.255.255.254",
                    "100.64.0.1",
                    "100.127.255.255",
                    "::1",
                    "fc00::1",
                    "fd12:3456::1",
                    "::ffff:127.0.0.1",
                    "::ffff:10.0.0.1",
                    "64:ff9b::192.168.0.1",
                    "64:ff9b::7f00:1",
                ],
            ),
            (
                Reach::Never,
                &[
                    // Unspecified, and everything beside it.
                    "0.0.0.0",
                    "0.1.2.3",
                    "::",
                    "::ffff:0.0.0.0",
                    // The local link and metadata of clouds, however they are written.
                    "169.254.169.254",
                    "169.254.170.2",
                    "::ffff:169.254.169.254",
                    "64:ff9b::a9fe:a9fe",
                    "fe80::1",
                    "fd00:ec2::254",
                    "168.63.129.16",
                    "100.100.100.200",
                    "192.0.0.192",
                    // Groups, reserved, everybody.
                    "224.0.0.1",
                    "239.255.255.255",
                    "240.0.0.1",
                    "255.255.255.255",
                    "ff02::1",
                    // Documentation and measurements.
                    "192.0.2.1",
                    "198.51.100.7",
                    "203.0.113.7",
                    "198.18.0.1",
                    "198.19.255.255",
                    "2001:db8::1",
                    "3fff::1",
                    // IPv4 within IPv6: compatible, 6to4, Teredo, local translators.
                    "::127.0.0.1",
                    "::10.0.0.1",
                    "::1.1.1.1",
                    "2002:7f00:1::",
                    "2002:0a00:0001::1",
                    "2002:101:101::1",
                    "2001:0:7f00:1::",
                    "2001::1",
                    "64:ff9b:1::10.0.0.1",
                    // Site-local, discard, and what nobody has been given.
                    "fec0::1",
                    "100::1",
                    "4000::1",
                    "5f00::1",
                    "8000::1",
                ],
            ),
        ];
        for (expected, addresses) in cases {
            for text in addresses {
                assert_eq!(reach(text.parse().expect("an address")), expected, "{text}");
            }
        }
    }
}
