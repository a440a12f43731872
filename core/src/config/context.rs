//! What a configuration refers to outside its text: files, variables, the date.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::ConfigError;
use super::document::{Item, Place};

/// Everything outside the text, so that checking is pure.
pub(super) struct Context<'a> {
    /// What relative paths are relative to.
    pub(super) folder: &'a Path,
    /// Unix seconds.
    pub(super) now: i64,
    /// Files and variables.
    pub(super) world: &'a dyn World,
}

/// The machine, or a test's idea of one.
pub(super) trait World {
    /// The bytes of a file of at most `limit` bytes.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>>;
    /// An environment variable; `None` if it is not set or not Unicode.
    fn variable(&self, name: &str) -> Option<String>;
    /// Whether there is a folder of this name.
    fn is_folder(&self, path: &Path) -> bool;
}

impl Context<'_> {
    /// The path that a value stands for.
    pub(super) fn path(&self, item: &Item<'_>) -> Result<PathBuf, ConfigError> {
        Ok(self.folder.join(item.text()?))
    }

    /// Whether a file can be made at `path`, as far as its folder tells.
    pub(super) fn check_place(&self, path: &Path, place: &Place<'_>) -> Result<(), ConfigError> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        if !self.world.is_folder(folder) {
            return Err(place.error(format_args!(
                "the folder {} does not exist; create it",
                folder.display()
            )));
        }
        if self.world.is_folder(path) {
            return Err(place.error("is a folder; name a file in it"));
        }
        Ok(())
    }

    /// The bytes of the file that a value names.
    pub(super) fn read(
        &self,
        item: &Item<'_>,
        limit: usize,
    ) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
        let path = self.path(item)?;
        self.world.read(&path, limit).map_err(|error| {
            item.place
                .error(format_args!("cannot read {}: {error}", path.display()))
        })
    }
}

/// This machine.
pub(super) struct Machine;

impl World for Machine {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        // Opening anything else, a pipe for one, could block for ever.
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let file = File::open(path)?;
        // With room for everything from the start nothing is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
        file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(io::Error::other(format!("it is larger than {limit} bytes")));
        }
        Ok(bytes)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }
}
