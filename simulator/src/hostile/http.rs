//! Answers that HTTP does not allow, only just allows, or that a client must not wait for.

use super::Step::{Cut, Drip, Hold, Raw, Repeat, Send, Wait};
use super::Told::{Broken, Forged, Nothing, Read, Skipped};
use super::{ALL, Case, Gateway, Headers, PAYMENTS, Subject, Told, V3, case};

const fn http(id: &'static str, told: Told, why: &'static str) -> Case {
    case(ALL, id, told, why)
}

const OTHERS: &[Gateway] = &[Gateway::V2, Gateway::Fubei];

const fn clock(on: &'static [Gateway], id: &'static str, told: Told, why: &'static str) -> Case {
    case(on, id, told, why).about(Subject::Clock)
}

pub(super) const CASES: &[Case] = &[
    // What is allowed, and has to be read.
    http("http/plain", Read, "The honest answer, written by hand: the others differ from it.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/1.0", Read, "Old proxies answer by HTTP/1.0.")
        .wire(&[Send("HTTP/1.0 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/no-reason", Read, "The reason phrase is optional (RFC 9112 §4).")
        .wire(&[Send("HTTP/1.1 {status} \r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/no-length", Read, "Without a length the body ends with the connection, and TLS says that it ends.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Connection: close\r\n\r\n{body}")]),
    http("http/chunked", Read, "Two chunks.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{front-hex}\r\n{front}\r\n{back-hex}\r\n{back}\r\n0\r\n\r\n")]),
    http("http/chunks-of-one-byte", Read, "As many chunks as bytes.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{each}0\r\n\r\n")]),
    http("http/chunk-extension", Read, "Extensions of chunks are to be skipped (RFC 9112 §7.1.1).")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex};a=b\r\n{body}\r\n0\r\n\r\n")]),
    http("http/slow-but-steady", Read, "A line that is slow, and done in time.")
        .wire(&[Drip(1, "HTTP/1.1"), Send(" {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{front}"), Wait(100), Send("{back}")]),
    http("http/pieces", Read, "The header arrives in pieces that cut its lines.")
        .wire(&[Send("HTTP/1.1 {status} OK\r"), Wait(20), Send("\n{head}Content-Le"), Wait(20), Send("ngth: {length}\r\n\r"), Wait(20), Send("\n{body}")]),
    http("http/continue", Read, "100 Continue may come before any answer.")
        .wire(&[Send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/line-feeds", Read, "Line ends of one character may be taken for line ends (RFC 9112 §2.2).")
        .wire(&[Send("HTTP/1.1 {status} OK\ndate: {date}\nconnection: close\nContent-Length: {length}\n{rest}\n{body}")]),
    http("http/carriage-returns", Nothing, "Those of the other character may not.")
        .wire(&[Send("HTTP/1.1 {status} OK\rdate: {date}\rconnection: close\r{rest}Content-Length: {length}\r\r{body}")]),
    http("http/processing", Read, "Nor is 102 an answer yet.")
        .wire(&[Send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/early-hints", Read, "Nor 103, whatever it hints at.")
        .wire(&[Send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLocation: http://localhost/\r\n\r\nHTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    // Lengths.
    http("http/length-more", Nothing, "Less came than was announced: the rest is lost.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {more}\r\n\r\n{body}")]),
    http("http/length-more-and-wait", Nothing, "The same, and the connection stays open: the answer time-out ends it.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {more}\r\n\r\n{body}"), Hold]),
    http("http/length-less", Broken, "What is beyond the length is not part of the answer, and without it there is none.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {less}\r\n\r\n{body}")]),
    http("http/length-zero", Broken, "A body that is announced as none.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: 0\r\n\r\n{body}")]),
    http("http/length-negative", Nothing, "A length below zero must not become a huge one.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: -1\r\n\r\n{body}")]),
    http("http/length-overflow", Nothing, "Nor may one that no machine can count.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: 99999999999999999999\r\n\r\n{body}")]),
    http("http/length-wraps", Nothing, "Nor one that becomes small when it overflows 64 bits.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: 18446744073709551618\r\n\r\n{body}")]),
    http("http/length-hex", Nothing, "A length is decimal.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: 0x{hex}\r\n\r\n{body}")]),
    http("http/length-words", Nothing, "A length is a number.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: many\r\n\r\n{body}")]),
    http("http/length-twice-different", Nothing, "Two lengths: a proxy in between may have read the other (RFC 9112 §6.3).")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\nContent-Length: {less}\r\n\r\n{body}")]),
    http("http/length-list", Nothing, "The same in one line.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}, {less}\r\n\r\n{body}")]),
    http("http/length-terabyte", Nothing, "An announcement is no reason to set memory aside.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: 1099511627776\r\n\r\n{body}")]),
    // Chunks.
    http("http/chunk-negative", Nothing, "A chunk of less than nothing.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n-{hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunk-overflow", Nothing, "A chunk longer than any machine can count.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunk-huge", Nothing, "A chunk longer than the connection lasts.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunk-no-number", Nothing, "A chunk's size is hexadecimal.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunk-0x", Nothing, "And without a prefix: what one reader takes for 0 another takes for more.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n0x{hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunk-without-end", Nothing, "Without the last chunk the body is not complete, though the connection ended well.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n")]),
    http("http/chunk-first-half", Nothing, "The second chunk never comes.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{front-hex}\r\n{front}\r\n")]),
    http("http/chunk-too-short", Nothing, "A chunk with more in it than it says.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{front-hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunk-empty-first", Broken, "The last chunk comes first, so there is no body.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunked-in-name-only", Nothing, "Chunks are announced and the body is plain.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{body}")]),
    http("http/chunks-not-announced", Broken, "Chunks that were not announced are part of the body.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Connection: close\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunk-flood", Nothing, "Chunks without end.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n"), Repeat(20_000, "40\r\n                                                                \r\n"), Hold]),
    http("http/chunk-extension-flood", Nothing, "An extension without end.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex};"), Repeat(400_000, "x"), Hold]),
    http("http/trailer-flood", Nothing, "Trailers without end.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n"), Repeat(20_000, "a: b\r\n"), Hold]),
    // Two framings at once.
    http("http/length-and-chunks", Read, "Chunks go before a length (RFC 9112 §6.3).")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/chunks-and-shorter-length", Read, "In either order, whatever the length.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\nContent-Length: {less}\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/length-and-plain-chunked", Nothing, "So a plain body is none, though its length is right.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n{body}")]),
    http("http/chunked-1.0", Broken, "HTTP/1.0 has no chunks, so they are part of the body.")
        .wire(&[Send("HTTP/1.0 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n")]),
    http("http/gzip", Broken, "A content coding that was not asked for is not undone.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Encoding: gzip\r\nContent-Length: {gzip-length}\r\n\r\n{gzip}")]),
    http("http/gzip-untold", Broken, "Least of all if nobody says that there is one.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {gzip-length}\r\n\r\n{gzip}")]),
    http("http/gzip-in-name-only", Nothing, "A transfer coding that was not asked for.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: gzip, chunked\r\n\r\nxyz\r\n{body}\r\n0\r\n\r\n")]),
    // Status lines.
    http("http/0.9", Nothing, "A body without a header was how HTTP began.").wire(&[Send("{body}")]),
    http("http/2-preface", Nothing, "HTTP/2 was not agreed upon.")
        .wire(&[Raw(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\0\xff\xff\0\x06\0\0\x40\0"), Hold]),
    http("http/2-status-line", Nothing, "Nor has HTTP/2 a status line.")
        .wire(&[Send("HTTP/2 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/3-status-line", Nothing, "Nor is there an HTTP/3.0 in text.")
        .wire(&[Send("HTTP/3.0 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/1.2", Nothing, "Nor an HTTP/1.2.")
        .wire(&[Send("HTTP/1.2 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/1.10", Nothing, "Nor versions of two digits.")
        .wire(&[Send("HTTP/1.10 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/lower-case-version", Nothing, "HTTP is written in capitals (RFC 9112 §2.3).")
        .wire(&[Send("http/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/icy", Nothing, "Another protocol's status line.")
        .wire(&[Send("ICY {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/status-of-two-digits", Nothing, "A status has three digits.")
        .wire(&[Send("HTTP/1.1 20 OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/status-of-four-digits", Nothing, "And not four, of which the first three say 200.")
        .wire(&[Send("HTTP/1.1 2000 OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/status-words", Nothing, "And no letters.")
        .wire(&[Send("HTTP/1.1 OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/status-negative", Nothing, "And no sign.")
        .wire(&[Send("HTTP/1.1 -200 OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/status-0", Nothing, "There is no status 000.")
        .wire(&[Send("HTTP/1.1 000 OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/status-999", Nothing, "A status of no class says nothing, whatever the body says.")
        .wire(&[Send("HTTP/1.1 999 OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/status-line-flood", Nothing, "A reason phrase without end.")
        .wire(&[Send("HTTP/1.1 {status} "), Repeat(400_000, "O"), Hold]),
    http("http/garbage-first", Nothing, "Bytes in front of the status line: another answer's end.")
        .wire(&[Send("garbage\r\nHTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    // Headers.
    http("http/nul-in-value", Nothing, "A NUL ends a text for some readers and not for others.")
        .wire(&[Raw(b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\n"), Send("{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/nul-in-name", Nothing, "Nor may a name have one.")
        .wire(&[Raw(b"HTTP/1.1 200 OK\r\nX\0A: a\r\n"), Send("{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/folded-header", Nothing, "A line that goes on in the next one is obsolete: for some readers two, for others none (RFC 9112 §5.2).")
        .wire(&[Send("HTTP/1.1 {status} OK\r\nX-A: a\r\n b\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/folded-length", Nothing, "Least of all one that hides a length.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length:\r\n {length}\r\n\r\n{body}")]),
    http("http/blank-before-colon", Nothing, "Nor does a name end with a blank (RFC 9112 §5.1).")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length : {length}\r\n\r\n{body}")]),
    http("http/no-colon", Nothing, "A line without a colon is no header.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\nno header at all\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/no-name", Nothing, "A header without a name.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n: value\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/header-flood", Nothing, "Headers without end.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n"), Repeat(20_000, "X-A: b\r\n"), Hold]),
    http("http/ten-thousand-headers", Nothing, "More headers than any gateway sends.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n"), Repeat(10_000, "X-A: b\r\n"), Send("{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/giant-header", Nothing, "One header of 64 KiB.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\nX-A: "), Repeat(65_536, "b"), Send("\r\n{head}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/endless-header", Nothing, "One header without end.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\nX-A: "), Repeat(400_000, "b"), Hold]),
    http("http/many-headers", Read, "Thirty headers nobody knows are no reason not to read the answer.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n"), Repeat(30, "X-A: b\r\n"), Send("{head}Content-Length: {length}\r\n\r\n{body}")]),
    // Interim answers.
    http("http/continue-flood", Nothing, "100 Continue without end: the answer time-out ends it.")
        .wire(&[Repeat(20_000, "HTTP/1.1 100 Continue\r\n\r\n"), Hold]),
    http("http/continue-forever", Nothing, "100 Continue, and nothing after it.")
        .wire(&[Send("HTTP/1.1 100 Continue\r\n\r\n"), Hold]),
    http("http/continue-then-close", Nothing, "100 Continue is no answer.")
        .wire(&[Send("HTTP/1.1 100 Continue\r\n\r\n")]),
    http("http/processing-flood", Nothing, "102 Processing without end.")
        .wire(&[Repeat(20_000, "HTTP/1.1 102 Processing\r\n\r\n"), Hold]),
    http("http/early-hints-flood", Nothing, "103 Early Hints without end.")
        .wire(&[Repeat(20_000, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"), Hold]),
    http("http/slow-processing", Nothing, "102 Processing every moment, so that it seems to go on: the answer time-out ends it.")
        .wire(&[Drip(5, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"), Hold]),
    http("http/unknown-interim", Nothing, "An interim answer of no known kind, and nothing after it.")
        .wire(&[Send("HTTP/1.1 199 Wait\r\n\r\n")]),
    http("http/switching", Nothing, "Nobody asked for another protocol.")
        .wire(&[Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n{body}")]),
    // Statuses around a right body.
    http("http/301", Nothing, "An address elsewhere is nobody's whose certificate was checked.")
        .status(301).headers(&[Headers::Set("location", "/pay/elsewhere")]),
    http("http/302-plain", Nothing, "Nor one in plain text.")
        .status(302).headers(&[Headers::Set("location", "http://localhost/")]),
    http("http/303", Nothing, "A charge must not become a question.")
        .status(303).headers(&[Headers::Set("location", "/pay/orderquery")]),
    http("http/307", Nothing, "A charge must not be sent again because a header says so.")
        .status(307).headers(&[Headers::Set("location", "/pay/micropay")]),
    http("http/308", Nothing, "For good or not.")
        .status(308).headers(&[Headers::Set("location", "https://localhost:1/")]),
    http("http/redirect-to-itself", Nothing, "Going round in circles.")
        .status(302).headers(&[Headers::Set("location", "")]),
    http("http/redirect-nowhere", Nothing, "A redirect without an address.").status(302),
    http("http/300", Nothing, "Nothing to choose from.").status(300),
    http("http/304", Nothing, "Nothing was asked for that could be unchanged.").status(304),
    http("http/305", Nothing, "A proxy of the server's choice.")
        .status(305).headers(&[Headers::Set("location", "http://proxy.invalid/")]),
    http("http/408", Nothing, "The server gave up waiting for a request that it answers all the same.").status(408),
    http("http/413", Nothing, "Too large, says somebody in between.").status(413),
    http("http/429", Nothing, "Too many, says somebody in between.").status(429),
    http("http/500", Nothing, "A server that has failed cannot be quoted.").status(500),
    http("http/501", Nothing, "Nor one that cannot do what was asked.").status(501),
    http("http/502", Nothing, "Nor one whose own gateway has failed.").status(502),
    http("http/503", Nothing, "Nor one that is too busy.")
        .status(503).headers(&[Headers::Set("retry-after", "0")]),
    http("http/504", Nothing, "Nor one that has waited in vain.").status(504),
    http("http/520", Nothing, "Nor a status of a provider's own.").status(520),
    http("http/401", Nothing, "A demand for a password does not come from the gateway.")
        .status(401).headers(&[Headers::Set("www-authenticate", "Basic realm=\"wifi\"")]),
    http("http/407", Nothing, "Nor a proxy's.")
        .status(407).headers(&[Headers::Set("proxy-authenticate", "Basic realm=\"wifi\"")]),
    http("http/511", Nothing, "A hotel's login page.").status(511),
    http("http/404", Nothing, "Not found, and yet found: the status decides.").status(404),
    http("http/410", Nothing, "Gone, and yet there.").status(410),
    http("http/451", Nothing, "Withheld, and yet told.").status(451),
    // Ends and pauses.
    http("http/close-at-once", Nothing, "The connection ends where the answer belongs.").wire(&[Cut]),
    http("http/close-with-farewell", Nothing, "The same, politely.").wire(&[Send("")]),
    http("http/close-in-status-line", Nothing, "It ends in the status line.")
        .wire(&[Send("HTTP/1.1 20")]),
    http("http/close-in-header", Nothing, "It ends in the header.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Le")]),
    http("http/close-after-header", Nothing, "It ends before the body.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n")]),
    http("http/close-in-body", Nothing, "It ends in the body.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{front}")]),
    http("http/cut-in-body", Nothing, "The same without a farewell.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{front}"), Cut]),
    http("http/no-length-half", Broken, "Half a body that ends as it should is half an answer.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Connection: close\r\n\r\n{front}")]),
    http("http/no-length-cut", Nothing, "Without length and farewell anybody on the way may have cut it.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Connection: close\r\n\r\n{body}"), Cut]),
    http("http/cut-in-chunk", Nothing, "Nor with a chunk that is not complete.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{front}"), Cut]),
    http("http/cut-before-last-chunk", Nothing, "Nor without the last one.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n"), Cut]),
    http("http/cut-in-header", Nothing, "Nor in the header.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}"), Cut]),
    http("http/cut-after-last-chunk", Read, "With the last chunk it was complete, farewell or not.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n"), Cut]),
    http("http/cut-after-length", Read, "With a length it was complete, farewell or not.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n{body}"), Cut]),
    http("http/silence", Nothing, "No answer at all: the answer time-out ends it.").wire(&[Hold]),
    http("http/silence-after-header", Nothing, "The body never comes.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n"), Hold]),
    http("http/slow-header", Nothing, "A header that takes longer than the answer may.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n"), Drip(250, "X-Patience: a virtue\r\n"), Hold]),
    http("http/slow-body", Nothing, "A body that takes longer than the answer may.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Content-Length: {length}\r\n\r\n"), Drip(100, "{body}")]),
    // Sizes.
    http("http/two-mebibytes", Nothing, "More than any answer has.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Connection: close\r\n\r\n{body}"), Repeat(2_097_152, " ")]),
    http("http/endless-body", Nothing, "A body without end.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}Connection: close\r\n\r\n{body}"), Repeat(4_000_000, " "), Hold]),
    // What comes after.
    http("http/second-answer", Read, "A second answer behind the first must not be taken for the next request's.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: {date}\r\n{rest}Content-Length: {length}\r\n\r\n{body}HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), Hold]),
    http("http/same-answer-again", Read, "Nor the same once more.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: {date}\r\n{rest}Content-Length: {length}\r\n\r\n{body}HTTP/1.1 {status} OK\r\ndate: {date}\r\n{rest}Content-Length: {length}\r\n\r\n{body}"), Hold]),
    http("http/second-answer-in-chunks", Read, "Nor one behind the last chunk.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: {date}\r\n{rest}Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), Hold]),
    http("http/half-a-second-answer", Read, "Nor its beginning.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: {date}\r\n{rest}Content-Length: {length}\r\n\r\n{body}HTTP/1.1 404"), Hold]),
    http("http/bytes-behind", Read, "Nor bytes without meaning.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: {date}\r\n{rest}Content-Length: {length}\r\n\r\n{body}\0\0\0\0"), Hold]),
    http("http/line-end-behind", Read, "Nor a line end too many.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: {date}\r\n{rest}Content-Length: {length}\r\n\r\n{body}\r\n"), Hold]),
    // Words about the body.
    http("http/html-in-name-only", Read, "What a body is called does not change what it says.")
        .headers(&[Headers::Set("content-type", "text/html")]),
    http("http/no-type", Read, "Nor does it matter if it is called nothing.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\nConnection: close\r\nx-{rest}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/cookies", Read, "Cookies are nobody's business here.")
        .headers(&[Headers::Set("set-cookie", "a=b; Domain=localhost")]),
    http("http/refresh", Read, "A page may ask a browser to go elsewhere, and a till is none.")
        .headers(&[Headers::Set("refresh", "0; url=http://localhost/")]),
    http("http/gbk-in-name-only", Read, "Gateways say GBK and send UTF-8.")
        .headers(&[Headers::Set("content-type", "text/plain; charset=GBK")]),
    http("http/upgrade-offer", Read, "An offer of HTTP/2 may be ignored.")
        .headers(&[Headers::Set("upgrade", "h2c"), Headers::Set("alt-svc", "h3=\":443\"")]),
    // The time.
    http("http/date-absent", Read, "A clock is not obligatory (RFC 9110 §6.6.1).")
        .wire(&[Send("HTTP/1.1 {status} OK\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/date-words", Read, "A time that is none is as good as absent.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: yesterday\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/date-empty", Read, "So is an empty one.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate:\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/date-number", Read, "And a number.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: 99999999999999999999\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/date-overflow", Read, "And a day that no calendar has.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: Fri, 99 Dec 99999999999999 25:61:61 GMT\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/date-of-another-notation", Read, "And one in another notation.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: 2099-01-01T00:00:00Z\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    http("http/date-twice", Read, "Of two times the first counts.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\n{head}date: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: {length}\r\n\r\n{body}")]),
    clock(OTHERS, "http/date-1970", Read, "A time of long ago, told once, must not make old what comes next.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    clock(V3, "v3/date-1970", Skipped, "The same; what is signed now may be of the future by it.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    clock(OTHERS, "http/date-2099", Read, "Nor must a time that has not come.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: Thu, 31 Dec 2099 23:59:59 GMT\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    clock(V3, "v3/date-2099", Forged, "The same; what is signed is old by it, like a replay.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: Thu, 31 Dec 2099 23:59:59 GMT\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    clock(PAYMENTS, "http/date-9999", Read, "A time that no machine holds is none.")
        .wire(&[Send("HTTP/1.1 {status} OK\r\ndate: Fri, 31 Dec 9999 23:59:59 GMT\r\nconnection: close\r\n{rest}Content-Length: {length}\r\n\r\n{body}")]),
    case(PAYMENTS, "http/204", Broken, "Nothing, where something was asked for.")
        .wire(&[Send("HTTP/1.1 204 No Content\r\n{head}\r\n")]),
    case(PAYMENTS, "http/205", Broken, "Nothing, and start again.")
        .wire(&[Send("HTTP/1.1 205 Reset Content\r\n{head}Content-Length: 0\r\n\r\n")]),
];
