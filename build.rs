//! Generates `include/wxpay.h` and gives the shared library its SONAME.

use std::env;
use std::fs;

const TEMPLATE: &str = "src/wxpay.h.in";
const HEADER: &str = "include/wxpay.h";
/// Prototypes are wrapped to stay below this column.
const COLUMNS: usize = 96;

fn main() {
    for input in ["src", "cbindgen.toml", HEADER] {
        println!("cargo::rerun-if-changed={input}");
    }
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        let major = version()[0];
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libwxpay.so.{major}");
    }
    // The header is checked in, so a source tree that cannot be written to is no reason to fail.
    let header = header();
    if fs::read_to_string(HEADER).ok().as_ref() != Some(&header)
        && let Err(error) = fs::write(HEADER, header)
    {
        println!("cargo::warning={HEADER} is out of date and cannot be written: {error}");
    }
}

fn version() -> [u32; 3] {
    ["MAJOR", "MINOR", "PATCH"].map(|part| {
        env::var(format!("CARGO_PKG_VERSION_{part}"))
            .ok()
            .and_then(|digits| digits.parse().ok())
            .expect("cargo tells every build script the version")
    })
}

/// The template with its `@section file title` lines replaced by what that file exports.
fn header() -> String {
    let template = fs::read_to_string(TEMPLATE).expect("the template is beside the sources");
    let config = cbindgen::Config::from_file("cbindgen.toml").expect("cbindgen.toml is valid");
    let [major, minor, patch] = version();
    let number = major * 1_000_000 + minor * 1_000 + patch;

    let mut header = String::new();
    for line in template.lines() {
        match line
            .strip_prefix("@section ")
            .and_then(|rest| rest.split_once(' '))
        {
            Some((file, title)) => {
                header.push_str(&banner(title));
                header.push_str(&section(&config, file));
            }
            None => header.push_str(line),
        }
        header.push('\n');
    }
    header
        .replace("@version_number@", &number.to_string())
        .replace("@version@", &format!("{major}.{minor}.{patch}"))
}

fn banner(title: &str) -> String {
    let title = format!("/* ---- {title} ");
    format!("{title}{} */\n\n", "-".repeat(93 - title.len()))
}

/// The declarations of one source file.
fn section(config: &cbindgen::Config, file: &str) -> String {
    let mut text = Vec::new();
    cbindgen::Builder::new()
        .with_config(config.clone())
        .with_src(format!("src/{file}.rs"))
        .generate()
        .expect("the exported functions are plain C")
        .write(&mut text);
    let text = String::from_utf8(text).expect("sources are UTF-8");
    one_line_comments(&text.trim_start().lines().map(c89).collect::<String>())
}

/// A comment of one line takes one line.
fn one_line_comments(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let mut tidy = String::new();
    let mut rest = lines.as_slice();
    while let Some((line, more)) = rest.split_first() {
        rest = match rest {
            ["/**", only, " */", after @ ..] if only.len() + 5 <= COLUMNS + 4 => {
                tidy.push_str(&format!("/**{} */", &only[2..]));
                after
            }
            _ => {
                tidy.push_str(line);
                more
            }
        };
        tidy.push('\n');
    }
    tidy
}

/// What cbindgen cannot say: the calling convention, and brackets round a negative number.
fn c89(line: &str) -> String {
    if line.starts_with("WXPAY_API ") {
        let (head, arguments) = line.split_once('(').expect("a prototype has arguments");
        let name = head
            .rfind([' ', '*'])
            .expect("a type comes before the name")
            + 1;
        let (kind, name) = head.split_at(name);
        return wrapped(&format!("{kind}WXPAY_CALL {name}("), arguments);
    }
    if line.starts_with("typedef ")
        && let Some((kind, callback)) = line.split_once("(*")
    {
        let (name, arguments) = callback.split_once(")(").expect("a pointer to a function");
        return wrapped(&format!("{kind}(WXPAY_CALL *{name})("), arguments);
    }
    match line.rsplit_once(' ') {
        Some((define, number)) if line.starts_with("#define ") && number.starts_with('-') => {
            format!("{define} ({number})\n")
        }
        _ => format!("{line}\n"),
    }
}

fn wrapped(head: &str, arguments: &str) -> String {
    let mut text = head.to_owned();
    let mut column = head.len();
    for (n, argument) in arguments.split(", ").enumerate() {
        if n > 0 {
            text.push(',');
            if column + argument.len() + 2 > COLUMNS {
                text.push_str("\n   ");
                column = 3;
            }
            text.push(' ');
            column += 2;
        }
        text.push_str(argument);
        column += argument.len();
    }
    text.push('\n');
    text
}
