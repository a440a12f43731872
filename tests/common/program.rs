//! Processes of their own: the C programs of the tree, compiled by the C compiler and linked with the
//! built library, and one that holds a lock.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

use super::library_path;

/// The sanitizer that the programs run under instead of valgrind, if `tests/sanitize.sh` asks for one.
pub struct Sanitizer {
    /// As the compilers call it.
    name: String,
    /// Built with it.
    library: PathBuf,
    /// Of the compiler that has built the library: C's and Rust's cannot be mixed.
    runtime: PathBuf,
}

impl Sanitizer {
    pub fn get() -> Option<Self> {
        let name = std::env::var("WXPAY_SANITIZER").ok()?;
        let path = |name: &str| std::env::var_os(name).map(PathBuf::from).expect(name);
        Some(Self {
            name,
            library: path("WXPAY_SANITIZED_LIBRARY"),
            runtime: path("WXPAY_SANITIZER_RUNTIME"),
        })
    }

    /// For an object file.
    fn compiles(&self, compiler: &mut Command) {
        compiler.arg(format!("-fsanitize={}", self.name));
        // It shares a process with the former, not with the latter.
        if self.name == "address" {
            compiler.args(["-fsanitize=undefined", "-fno-sanitize-recover=undefined"]);
        }
    }

    /// For a program, whose libraries then find the runtime in it.
    fn links(&self, linker: &mut Command) {
        linker
            .arg("-Wl,--whole-archive")
            .arg(&self.runtime)
            .args(["-Wl,--no-whole-archive", "-rdynamic"])
            .args(["-ldl", "-lm", "-lrt"]);
    }
}

/// What the programs are linked with.
fn library() -> PathBuf {
    Sanitizer::get().map_or_else(library_path, |sanitizer| sanitizer.library)
}

/// Compiles a source file of the tree as a till programmer would, once a process.
pub fn compile(source: &str) -> PathBuf {
    static COMPILED: Mutex<Vec<(String, PathBuf)>> = Mutex::new(Vec::new());
    let mut compiled = COMPILED.lock().expect("no compilation has panicked");
    if let Some((_, program)) = compiled.iter().find(|(name, _)| name == source) {
        return program.clone();
    }
    let library = library();
    let folder = library.parent().expect("the library is in a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stem = Path::new(source)
        .file_stem()
        .expect("a source has a name")
        .to_string_lossy();
    let program = folder.join(format!("test-{stem}-{}", std::process::id()));
    let object = program.with_extension("o");
    let sanitizer = Sanitizer::get();

    let mut compiler = c_compiler();
    compiler
        .args([
            "-std=c99",
            "-pedantic",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-g",
            "-pthread",
            "-c",
        ])
        .arg(root.join(source))
        .arg(format!("-I{}", root.join("include").display()))
        .arg("-o")
        .arg(&object);
    let mut linker = c_compiler();
    linker
        .arg("-pthread")
        .arg(&object)
        .arg(format!("-L{}", folder.display()))
        .arg("-lwxpay")
        .arg("-o")
        .arg(&program);
    if let Some(sanitizer) = sanitizer {
        sanitizer.compiles(&mut compiler);
        sanitizer.links(&mut linker);
    }
    for mut step in [compiler, linker] {
        let output = step.output().expect("there is a C compiler");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{source} does not compile:\n{errors}"
        );
    }
    std::fs::remove_file(object).expect("it was just made");
    compiled.push((source.to_owned(), program.clone()));
    program
}

fn c_compiler() -> Command {
    Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
}

/// A command that finds the library.
pub fn command(source: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(compile(source));
    command.args(arguments);
    finds_library(&mut command);
    command
}

/// The same under valgrind, which fails on any error and on any definite leak, or under the sanitizer that
/// is asked for.
pub fn under_valgrind(source: &str, arguments: &[&str]) -> Command {
    if Sanitizer::get().is_some() {
        return command(source, arguments);
    }
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--error-exitcode=99", "--leak-check=full"])
        .args([
            "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite",
        ])
        .arg(compile(source))
        .args(arguments);
    finds_library(&mut command);
    command
}

fn finds_library(command: &mut Command) {
    let library = library();
    let folder = library.parent().expect("the library is in a folder");
    // The loader looks for the SONAME.
    let soname = folder.join("libwxpay.so.0");
    if !soname.exists() {
        // Two tests may do it at the same time; either link is as good.
        let _ = std::os::unix::fs::symlink(&library, &soname);
    }
    command.env("LD_LIBRARY_PATH", folder).stdin(Stdio::null());
}

pub fn run(mut command: Command) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program starts");
    let text = [stdout, stderr].concat();
    (
        status.code().unwrap_or(-1),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// A till in a process of its own, killed on drop.
pub struct Till(pub Child);

impl Till {
    pub fn start(mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }

    /// As a power cut does.
    pub fn kill(&mut self) {
        self.0.kill().expect("the program can be killed");
        self.0.wait().expect("the program has ended");
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const LOCKED_FILE: &str = "WXPAY_TEST_LOCKED_FILE";

/// A process of its own (locks are a process's) that holds the journal's write lock. The test that
/// calls it has a test `holds_the_lock_it_is_told_to` beside it, which calls [`hold_lock`].
pub fn lock(path: &Path) -> Till {
    let mut holder = Command::new(std::env::current_exe().expect("a test has a file"));
    holder
        .args(["--exact", "holds_the_lock_it_is_told_to", "--nocapture"])
        .env(LOCKED_FILE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut holder = Till(holder.spawn().expect("the test starts again"));
    let output = BufReader::new(holder.0.stdout.take().expect("it is piped"));
    let told = |line: io::Result<String>| line.expect("it is UTF-8").contains("locked");
    assert!(output.lines().any(told), "it could not lock the journal");
    holder
}

/// Does nothing unless [`lock`] has started it.
pub fn hold_lock() {
    let Some(path) = std::env::var_os(LOCKED_FILE) else {
        return;
    };
    let connection = rusqlite::Connection::open(path).expect("there is a journal");
    connection
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody else writes");
    println!("locked");
    // Until it is killed, or its parent has gone.
    let _ = io::stdin().read_line(&mut String::new());
}
