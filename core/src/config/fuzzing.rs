//! For fuzzing alone: a configuration among files that are not there.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::check::check;
use super::context::{Context, World};
use super::{Config, ConfigError};

/// Checks a document as if these were all files, beside it and by their names.
pub fn check_among(text: &str, files: &[(&str, &[u8])], now: i64) -> Result<Config, ConfigError> {
    let context = Context {
        folder: Path::new("/shop"),
        now,
        world: &Files(files),
    };
    check("wxpay.toml", text, &context)
}

struct Files<'a>(&'a [(&'a str, &'a [u8])]);

impl World for Files<'_> {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        let found = self
            .0
            .iter()
            .find(|(name, bytes)| path == Path::new("/shop").join(name) && bytes.len() <= limit);
        let (_, bytes) = found.ok_or(io::ErrorKind::NotFound)?;
        Ok(Zeroizing::new(bytes.to_vec()))
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn is_folder(&self, path: &Path) -> bool {
        path == Path::new("/shop")
    }
}
