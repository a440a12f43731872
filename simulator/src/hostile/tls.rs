//! Connections that cannot prove where they lead, or are none.

use super::Told::Nothing;
use super::{ALL, Case, Issuer, Shown, Step, Subject, case};

const fn tls(id: &'static str, why: &'static str) -> Case {
    case(ALL, id, Nothing, why).about(Subject::Connection)
}

const GOOD: Shown = Shown::GOOD;

pub(super) const CASES: &[Case] = &[
    tls(
        "tls/wrong-host",
        "A certificate for another name is another server's.",
    )
    .shown(Shown {
        names: &["wrong-host.invalid"],
        ..GOOD
    }),
    tls(
        "tls/no-names",
        "A name in the subject alone has not counted since RFC 6125.",
    )
    .shown(Shown {
        names: &[],
        common_name: "localhost",
        ..GOOD
    }),
    tls(
        "tls/wildcard-of-another",
        "A wildcard stands for labels of its own domain alone.",
    )
    .shown(Shown {
        names: &["*.invalid"],
        ..GOOD
    }),
    tls(
        "tls/bare-wildcard",
        "A certificate for every name in the world is nobody's.",
    )
    .shown(Shown {
        names: &["*"],
        ..GOOD
    }),
    tls(
        "tls/longer-name",
        "A name that begins like the host's is another name.",
    )
    .shown(Shown {
        names: &["localhost.invalid"],
        ..GOOD
    }),
    tls(
        "tls/sub-domain",
        "A name that ends like the host's is another name.",
    )
    .shown(Shown {
        names: &["pay.localhost"],
        ..GOOD
    }),
    tls(
        "tls/address-for-name",
        "The host was asked for by name; an address does not prove it.",
    )
    .shown(Shown {
        names: &["127.0.0.1"],
        ..GOOD
    }),
    tls(
        "tls/expired",
        "What was revoked since may have left the lists when it expired.",
    )
    .shown(Shown {
        years: (2020, 2021),
        ..GOOD
    }),
    tls(
        "tls/not-yet-valid",
        "A certificate of the future is wrong, or the till's clock is.",
    )
    .shown(Shown {
        years: (2090, 2100),
        ..GOOD
    }),
    tls(
        "tls/backwards",
        "A certificate that ends before it begins is never valid.",
    )
    .shown(Shown {
        years: (2100, 2020),
        ..GOOD
    }),
    tls("tls/unknown-ca", "Anybody can make an authority.").shown(Shown {
        issuer: Issuer::Stranger,
        ..GOOD
    }),
    tls(
        "tls/namesake-ca",
        "An authority is known by its key, not by its name.",
    )
    .shown(Shown {
        issuer: Issuer::Namesake,
        ..GOOD
    }),
    tls(
        "tls/self-signed",
        "A certificate that vouches for itself proves nothing.",
    )
    .shown(Shown {
        issuer: Issuer::Itself,
        ..GOOD
    }),
    tls(
        "tls/self-signed-authority",
        "Nor does it as an authority that nobody knows.",
    )
    .shown(Shown {
        issuer: Issuer::Itself,
        authority: true,
        ..GOOD
    }),
    tls(
        "tls/issued-by-a-server",
        "A server's certificate must not issue others, or every shop could be the gateway.",
    )
    .shown(Shown {
        issuer: Issuer::NoAuthority,
        ..GOOD
    }),
    tls(
        "tls/chain-with-a-gap",
        "Without the authority in between the chain leads nowhere.",
    )
    .shown(Shown {
        issuer: Issuer::Missing,
        ..GOOD
    }),
    tls(
        "tls/for-clients-only",
        "A merchant's client certificate must not make a server of him.",
    )
    .shown(Shown {
        server: false,
        client: true,
        ..GOOD
    }),
    tls(
        "tls/another-key",
        "Whoever shows a certificate without its key has copied it.",
    )
    .shown(Shown {
        other_key: true,
        ..GOOD
    }),
    tls(
        "tls/plain-http",
        "An answer in plain text could be anybody's.",
    )
    .wire(&[Step::Send(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    )]),
    tls(
        "tls/plain-http-error",
        "A proxy's error in plain text is no gateway's.",
    )
    .wire(&[Step::Send(
        "HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\nContent-Length: 0\r\n\r\n",
    )]),
    tls(
        "tls/redirect-in-plain",
        "Nor is its advice to go elsewhere.",
    )
    .wire(&[Step::Send(
        "HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\nContent-Length: 0\r\n\r\n",
    )]),
    tls("tls/ssh", "Another service listens on the port.")
        .wire(&[Step::Send("SSH-2.0-OpenSSH_9.6\r\n")]),
    tls("tls/smtp", "Another service that speaks first.")
        .wire(&[Step::Send("220 mail.invalid ESMTP\r\n"), Step::Hold]),
    tls("tls/zeros", "Bytes without meaning.").wire(&[Step::Repeat(4096, "\0")]),
    tls(
        "tls/close",
        "The connection ends where the answer to the hello belongs.",
    )
    .wire(&[Step::Cut]),
    tls(
        "tls/stall",
        "A server that says nothing is given up after the connect time-out.",
    )
    .wire(&[Step::Hold]),
    tls(
        "tls/slow-record",
        "Nor may a server dawdle over its hello, a byte at a time.",
    )
    .wire(&[
        Step::Raw(b"\x16\x03\x03\x40\x00"),
        Step::Drip(400, "xxxxxxxxxxxxxxxxxxxxxxxx"),
        Step::Hold,
    ]),
    tls("tls/half-a-record", "The hello ends in its middle.")
        .wire(&[Step::Raw(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")]),
    tls(
        "tls/huge-record",
        "A record may have 16 KiB and a little, not 64.",
    )
    .wire(&[
        Step::Raw(b"\x16\x03\x03\xff\xff"),
        Step::Repeat(65_535, "x"),
    ]),
    tls("tls/empty-records", "Records without content, without end.")
        .wire(&[Step::Repeat(100_000, "\x16\x03\x03\0\0")]),
    tls("tls/endless-warnings", "Warnings without end.")
        .wire(&[Step::Repeat(100_000, "\x15\x03\x03\0\x02\x01\x5a")]),
    tls(
        "tls/alert-handshake-failure",
        "The server found nothing in common.",
    )
    .wire(&[Step::Raw(b"\x15\x03\x03\x00\x02\x02\x28")]),
    tls(
        "tls/alert-protocol-version",
        "The server is too old, or pretends to be.",
    )
    .wire(&[Step::Raw(b"\x15\x03\x01\x00\x02\x02\x46")]),
    tls(
        "tls/alert-unrecognised-name",
        "The server does not know the name.",
    )
    .wire(&[Step::Raw(b"\x15\x03\x03\x00\x02\x02\x70")]),
    tls("tls/alert-close-notify", "A farewell before the hello.")
        .wire(&[Step::Raw(b"\x15\x03\x03\x00\x02\x01\x00")]),
    tls("tls/alert-of-no-kind", "An alert that no document has.")
        .wire(&[Step::Raw(b"\x15\x03\x03\x00\x02\x02\xff")]),
    tls(
        "tls/1.1",
        "TLS 1.1 has been broken since 2011 and withdrawn since RFC 8996.",
    )
    .wire(&[
        Step::Raw(b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02"),
        Step::Send("0123456789abcdef0123456789abcdef"),
        Step::Raw(b"\x00\xc0\x13\x00"),
        Step::Hold,
    ]),
    tls("tls/1.0", "So has TLS 1.0.").wire(&[
        Step::Raw(b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01"),
        Step::Send("0123456789abcdef0123456789abcdef"),
        Step::Raw(b"\x00\xc0\x13\x00"),
        Step::Hold,
    ]),
    tls("tls/ssl-3.0", "And SSL 3.0, since POODLE.").wire(&[
        Step::Raw(b"\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00"),
        Step::Send("0123456789abcdef0123456789abcdef"),
        Step::Raw(b"\x00\x00\x2f\x00"),
        Step::Hold,
    ]),
    tls(
        "tls/null-cipher",
        "A suite that encrypts nothing was not offered.",
    )
    .wire(&[
        Step::Raw(b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"),
        Step::Send("0123456789abcdef0123456789abcdef"),
        Step::Raw(b"\x00\x00\x02\x00"),
        Step::Hold,
    ]),
    tls("tls/rc4", "Nor was RC4.").wire(&[
        Step::Raw(b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"),
        Step::Send("0123456789abcdef0123456789abcdef"),
        Step::Raw(b"\x00\x00\x05\x00"),
        Step::Hold,
    ]),
    tls(
        "tls/compression",
        "Compression gives away what is encrypted (CRIME).",
    )
    .wire(&[
        Step::Raw(b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"),
        Step::Send("0123456789abcdef0123456789abcdef"),
        Step::Raw(b"\x00\xc0\x2b\x01"),
        Step::Hold,
    ]),
    tls(
        "tls/hello-request-flood",
        "Requests to begin again, without end.",
    )
    .wire(&[Step::Repeat(50_000, "\x16\x03\x03\0\x04\0\0\0\0")]),
    tls(
        "tls/data-before-handshake",
        "Data in the clear where the hello belongs.",
    )
    .wire(&[Step::Raw(b"\x17\x03\x03\x00\x05hello"), Step::Hold]),
    tls("tls/sslv2", "A hello of 1995.").wire(&[
        Step::Raw(b"\x80\x2b\x04\x00\x01\x00\x02\x00\x10\x00\x10"),
        Step::Hold,
    ]),
    tls("tls/record-of-no-kind", "A record that no document has.")
        .wire(&[Step::Raw(b"\x63\x03\x03\x00\x01x"), Step::Hold]),
    tls(
        "tls/record-version",
        "A record of a version that there never was.",
    )
    .wire(&[
        Step::Raw(b"\x16\x09\x09\x00\x04\x02\x00\x00\x00"),
        Step::Hold,
    ]),
];
