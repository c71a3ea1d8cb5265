//! The text form of settings: `name=value` lines, as `docker --env-file` takes them.

use tollgate_error::{Code, Problem};

/// Reads lines `name=value`; blank lines and lines that start with `#` are skipped; a byte-order
/// mark and CRLF are accepted; values are taken as they are, except for one pair of enclosing quotes.
///
/// # Errors
/// TG1003 with the line (from 1): not UTF-8, no `=`, an empty name.
pub fn parse(text: &[u8], file: &str) -> Result<Vec<(String, String)>, Problem> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let text = std::str::from_utf8(text).map_err(|error| {
        let line = text[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        invalid(file, line, "is not UTF-8 text")
    })?;
    let mut settings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or_else(|| invalid(file, index + 1, "has no `=`"))?;
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(invalid(file, index + 1, "has no valid name before the `=`"));
        }
        settings.push((name.to_owned(), unquote(value.trim()).to_owned()));
    }
    Ok(settings)
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

fn invalid(file: &str, line: usize, what: &str) -> Problem {
    Problem::new(Code::ENV_FILE_INVALID, format!("line {line} of {file} {what}"))
        .with_hint("each line is `name=value`; comments start with `#`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expected: Result<&[(&str, &str)], &str>) {
        match (parse(text, "env.conf"), expected) {
            (Ok(got), Ok(expected)) => {
                let got: Vec<(&str, &str)> = got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                assert_eq!(got, expected);
            }
            (Err(problem), Err(part)) => assert!(problem.message.contains(part), "{problem}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn lines_comments_quotes_and_line_ends() {
        check(b"", Ok(&[]));
        check(b"\xEF\xBB\xBFa.b=1\r\n# c\r\n\r\nd = x=y \n", Ok(&[("a.b", "1"), ("d", "x=y")]));
        check(b"a=\"q uoted\"\nb='", Ok(&[("a", "q uoted"), ("b", "'")]));
        check(b"export a=1", Ok(&[("a", "1")]));
    }

    #[test]
    fn errors_name_the_line() {
        check(b"a=1\nnonsense\n", Err("line 2"));
        check(b"=1", Err("line 1"));
        check(b"a=1\nb=2\nc=\xff", Err("line 3"));
    }
}
