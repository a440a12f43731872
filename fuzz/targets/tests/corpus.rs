//! The short run of every target: its seeds, and mutants of them that are the same each time.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use fastrand::Rng;
use wxpay_fuzz_targets::mutants::mutant;
use wxpay_fuzz_targets::{TARGETS, Target, reached};

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of)
}

/// The files of a folder in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let own = files(&folder("seeds").join(target.name));
    let fixtures = files(&folder("../core/tests/fixtures"));
    let wanted = |file: &PathBuf| {
        let name = file.to_string_lossy();
        target.fixtures.iter().any(|end| name.ends_with(end))
    };
    let all = own.into_iter().chain(fixtures.into_iter().filter(wanted));
    all.map(|file| fs::read(file).expect("a file")).collect()
}

fn hold(target: &Target, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        eprintln!(
            "{} does not hold for b\"{}\"",
            target.name,
            input.escape_ascii()
        );
        resume_unwind(panic);
    }
}

/// So many times as many mutants, for longer runs without libFuzzer.
fn times() -> u32 {
    let times = std::env::var("WXPAY_MUTANTS").ok();
    times.map_or(1, |times| times.parse().expect("WXPAY_MUTANTS is a number"))
}

fn short_run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.expect("a target of this name");
    let seeds = seeds(target);
    assert!(seeds.len() >= 2, "{name} has too few seeds");
    for seed in &seeds {
        hold(target, seed);
    }
    let reached = reached::take().into_iter().collect::<Vec<_>>();
    assert_eq!(reached, target.reaches, "where the seeds of {name} come to");
    let mut rng = Rng::with_seed(20_261_122);
    for _ in 0..target.mutants * times() {
        let [seed, other] = [(); 2].map(|()| &seeds[rng.usize(..seeds.len())]);
        hold(target, &mutant(&mut rng, seed, other));
    }
    hold(target, b"");
}

/// `mod` and `fn` read as one sentence.
macro_rules! short_runs {
    ($($name:ident)*) => {
        mod seeds_and_mutants_hold_for {
            $(#[test]
            fn $name() {
                super::short_run(stringify!($name));
            })*
        }

        #[test]
        fn every_target_has_a_short_run_a_program_and_seeds() {
            let run = BTreeSet::from([$(stringify!($name)),*].map(str::to_owned));
            let targets = TARGETS.iter().map(|target| target.name.to_owned()).collect();
            assert_eq!(run, targets);
            let names = |of: &str| -> BTreeSet<String> {
                let stem = |file: PathBuf| file.file_stem().unwrap().to_string_lossy().into_owned();
                files(&folder(of)).into_iter().map(stem).collect()
            };
            assert_eq!(names("fuzz_targets"), targets);
            assert_eq!(names("seeds"), targets);
            let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
            for name in targets {
                assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
            }
        }
    };
}

short_runs! {
    c_strings c_surface certificates configuration fubei_answers fubei_notices fubei_values headers
    invoke_json json pem pkcs12 requests ride_answers ride_notices v2_answers v2_notices v2_xml
    v3_answers v3_certificates v3_notices
}
