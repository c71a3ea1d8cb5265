//! The binary as a person types it: what it prints and how it ends.

use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Came {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn tollgate(arguments: &[&str]) -> Came {
    let output = Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(arguments)
        .current_dir(root())
        .env_remove("TOLLGATE_ADMIN_TOKEN")
        .output()
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Came { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Exit code and everything printed by commands, one after another, against a file of `tests/`;
/// `UPDATE_GOLDEN=1` writes it.
pub fn check(file: &str, commands: &[&[&str]]) {
    let mut text = String::new();
    for arguments in commands {
        let came = tollgate(arguments);
        let code = came.code.unwrap_or(-1);
        text += &format!("tollgate {}\nexit {code}\n{}{}", arguments.join(" "), came.out, came.err);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).expect("a golden file");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{file}");
}
