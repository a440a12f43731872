//! How targets take their choices out of the bytes.

/// Takes one byte off: a digit of so many.
pub(crate) fn choice(data: &[u8], count: u8) -> (u8, &[u8]) {
    match data.split_first() {
        Some((first, rest)) => (first.wrapping_sub(b'0') % count, rest),
        None => (0, data),
    }
}

/// The HTTP status of a reply: by one byte.
pub(crate) fn status(data: &[u8]) -> (u16, &[u8]) {
    const STATUSES: [u16; 16] = [
        200, 201, 202, 204, 299, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599,
    ];
    let (at, rest) = choice(data, 16);
    (STATUSES[usize::from(at)], rest)
}

/// Header lines up to an empty line, and what follows that. Without one all is body.
pub(crate) fn headers(data: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let Some(end) = data.windows(2).position(|two| two == b"\n\n") else {
        return (Vec::new(), data);
    };
    let lines = String::from_utf8_lossy(&data[..end]);
    let headers = lines
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    (headers, &data[end + 2..])
}
