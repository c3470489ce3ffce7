//! Which addresses a URL from outside may lead to (ATK-15). Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Whether one address may be dialled: public, or in a range that the operator named. IPv4 in IPv6 clothes is judged as
/// IPv4.
pub fn may_reach(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    let public = match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    };
    public || allowed.iter().any(|range| range.contains(&address))
}

/// The IANA special-purpose registry, and multicast and class E.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

/// Global unicast only, without the parts of it that embed or tunnel IPv4 (Teredo, 6to4) or are for documentation.
/// NAT64, local, link-local, mapped and multicast addresses lie outside 2000::/3.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = first & 0xe000 == 0x2000;
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) || first == 0x2002;
    global && !special && !(first == 0x3fff && second < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atk_15_addresses() {
        fn check(address: &str, expected: bool) {
            let allowed: Vec<IpNet> =
                ["10.1.0.0/16", "fd00:1::/32"].iter().map(|range| range.parse().unwrap()).collect();
            assert_eq!(may_reach(address.parse().unwrap(), &allowed), expected, "{address}");
        }
        for public in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111"] {
            check(public, true);
        }
        for allowed in ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5"] {
            check(allowed, true);
        }
        for refused in [
            "0.0.0.0",
            "10.2.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a01:203",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
        ] {
            check(refused, false);
        }
    }
}
