//! Every range with its first, last and an inner address, its neighbours outside, and every form of them in IPv6.

use super::is_public;
use std::net::IpAddr;

fn public(text: &str) -> bool {
    is_public(
        text.parse::<IpAddr>()
            .unwrap_or_else(|error| panic!("{text}: {error}")),
    )
}

const REFUSED: &[&str] = &[
    // IPv4: the first, an inner and the last address of each range.
    "0.0.0.0",
    "0.1.2.3",
    "0.255.255.255",
    "10.0.0.0",
    "10.1.2.3",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.20.10.1",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.99",
    "192.0.2.255",
    "192.88.99.0",
    "192.88.99.1",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.1.1",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.0.1",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.7",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.7",
    "203.0.113.255",
    "224.0.0.0",
    "239.255.255.250",
    "239.255.255.255",
    "240.0.0.0",
    "250.1.2.3",
    "255.255.255.255",
    // IPv6.
    "::",
    "::1",
    "::2",
    "::ffff:0:0",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.255.255",
    "::ffff:255.255.255.255",
    "::127.0.0.1",
    "::10.0.0.1",
    "::8.8.8.8",       // IPv4-compatible, whatever is inside
    "::ffff:0:7f00:1", // IPv4-translated
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::",
    "64:ff9b::ffff:ffff",
    "64:ff9b:1::",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::808:808",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "64:ff9b::1:808:808", // beyond the well-known prefix
    "100::",
    "100::1",
    "100::ffff:ffff:ffff:ffff",
    "2001::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::",
    "2001:db8:1::1",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2002::",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",
    "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::",
    "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
    "4000::",
    "5f00::1",
    "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fc00::",
    "fd00:ec2::254",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::",
    "fe80::1",
    "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fec0::",
    "fec0::1",
    "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "ff00::",
    "ff02::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

const PUBLIC: &[&str] = &[
    "1.0.0.0",
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2000::",
    "2001:200::1",
    "2001:db7:ffff::1",
    "2001:db9::",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "3ffe:ffff:ffff::1",
    "3fff:1000::",
];

#[test]
fn what_is_not_the_public_internet_is_refused() {
    assert!(REFUSED.len() >= 60, "{}", REFUSED.len());
    let let_through: Vec<_> = REFUSED.iter().filter(|text| public(text)).collect();
    assert!(let_through.is_empty(), "{let_through:?}");
}

#[test]
fn what_stands_beside_the_ranges_is_public() {
    let refused: Vec<_> = PUBLIC.iter().filter(|text| !public(text)).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn every_mapped_form_is_judged_by_the_address_inside() {
    for text in REFUSED.iter().chain(PUBLIC).filter(|text| !text.contains(':')) {
        for form in [format!("::ffff:{text}"), format!("64:ff9b::{text}")] {
            assert_eq!(public(&form), public(text), "{form}");
        }
    }
}
