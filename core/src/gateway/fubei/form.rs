//! `application/x-www-form-urlencoded`, read strictly: what is signed must have one reading.

use percent_encoding::percent_decode;

const MAX_BYTES: usize = 256 * 1024;
const MAX_FIELDS: usize = 64;

/// Why a form cannot be read; never any of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormError {
    #[error("a form longer than 256 KiB")]
    TooLong,
    #[error("a form of more than 64 fields")]
    TooManyFields,
    #[error("no form: a field without \"=\" or without a name")]
    NotAForm,
    #[error("no form: a % without two hexadecimal digits, or a character that should be escaped")]
    Escape,
    #[error("a form that is not UTF-8")]
    NotUtf8,
    #[error("a form that has a field twice")]
    Twice,
}

/// The fields in ASCII order of their names, empty ones included.
pub(super) fn parse(body: &[u8]) -> Result<Vec<(String, String)>, FormError> {
    if body.len() > MAX_BYTES {
        return Err(FormError::TooLong);
    }
    let mut fields = Vec::new();
    for part in body.split(|byte| *byte == b'&') {
        if fields.len() == MAX_FIELDS {
            return Err(FormError::TooManyFields);
        }
        let at = part
            .iter()
            .position(|byte| *byte == b'=')
            .filter(|at| *at > 0)
            .ok_or(FormError::NotAForm)?;
        fields.push((decode(&part[..at])?, decode(&part[at + 1..])?));
    }
    fields.sort();
    match fields.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        true => Err(FormError::Twice),
        false => Ok(fields),
    }
}

fn decode(text: &[u8]) -> Result<String, FormError> {
    if !text.iter().all(|byte| byte.is_ascii_graphic()) {
        return Err(FormError::Escape);
    }
    let mut escapes = text.split(|byte| *byte == b'%');
    escapes.next();
    let complete =
        |rest: &[u8]| rest.len() >= 2 && rest[..2].iter().all(|byte| byte.is_ascii_hexdigit());
    if !escapes.all(complete) {
        return Err(FormError::Escape);
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded: Vec<u8> = percent_decode(&spaced).collect();
    String::from_utf8(decoded).map_err(|_| FormError::NotUtf8)
}
