//! The published test vectors, by name: `tests/fixtures/vectors.toml`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// One vector.
pub(crate) struct Vector(toml::Table);

/// The vector of this name, as `v3-1`.
pub(crate) fn vector(name: &str) -> Vector {
    let file: toml::Table = toml::from_str(include_str!("../../tests/fixtures/vectors.toml"))
        .expect("the vectors are TOML");
    Vector(file[name].as_table().expect("a vector").clone())
}

impl Vector {
    /// A value as it is.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().expect("a text")
    }

    /// A value that is written in Base64.
    pub(crate) fn bytes(&self, key: &str) -> Vec<u8> {
        BASE64.decode(self.text(key)).expect("Base64")
    }
}
