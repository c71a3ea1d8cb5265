//! Where an expression ends inside a document. Knows strings, characters and comments of C#, and
//! that a document may write any character as an XML entity; must not need the text to be valid.

/// The length in bytes of the expression at the start of `text` (which starts with `@(` or `@{`),
/// marker and closing bracket included. `None`: it does not end. Entities count as the character
/// they stand for, so raw and escaped documents are scanned alike.
pub fn end_of_expression(text: &str) -> Option<usize> {
    let open = match text.get(..2)? {
        "@(" => b'(',
        "@{" => b'{',
        _ => return None,
    };
    let mut scan = Scan { text, at: 1 };
    scan.brackets(open, 0).then_some(scan.at)
}

/// Interpolated strings nested deeper than this do not end.
const NESTING_MAX: usize = 32;

struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl Scan<'_> {
    /// The next character as C# sees it, and its length here.
    fn look(&self, from: usize) -> Option<(char, usize)> {
        let rest = self.text.get(from..)?;
        let first = rest.chars().next()?;
        if first != '&' {
            return Some((first, first.len_utf8()));
        }
        const NAMED: [(&str, char); 5] =
            [("&quot;", '"'), ("&apos;", '\''), ("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&')];
        if let Some((name, c)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
            return Some((*c, name.len()));
        }
        Some(numeric(rest).unwrap_or((first, 1)))
    }

    fn peek(&self) -> Option<char> {
        self.look(self.at).map(|(c, _)| c)
    }

    fn peek_second(&self) -> Option<char> {
        let (_, length) = self.look(self.at)?;
        self.look(self.at + length).map(|(c, _)| c)
    }

    fn bump(&mut self) -> Option<char> {
        let (c, length) = self.look(self.at)?;
        self.at += length;
        Some(c)
    }

    /// From the opening bracket to after the one that closes it.
    fn brackets(&mut self, open: u8, nesting: usize) -> bool {
        let mut stack: Vec<char> = vec![if open == b'(' { ')' } else { '}' }];
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '(' => stack.push(')'),
                '{' => stack.push('}'),
                '[' => stack.push(']'),
                ')' | '}' | ']' => {
                    // A stray bracket is the compiler's to report: close the nearest of its kind.
                    if let Some(at) = stack.iter().rposition(|close| *close == c) {
                        stack.truncate(at);
                    }
                    if stack.is_empty() {
                        self.bump();
                        return true;
                    }
                }
                '"' | '\'' | '/' | '@' | '$' => {
                    if !self.lexeme(c, nesting) {
                        return false;
                    }
                    continue;
                }
                _ => {}
            }
            self.bump();
        }
        false
    }

    /// A string, character or comment, or the one character when it starts none.
    fn lexeme(&mut self, first: char, nesting: usize) -> bool {
        let second = self.peek_second();
        match (first, second) {
            ('"', _) => {
                self.bump();
                self.quoted('"')
            }
            ('\'', _) => {
                self.bump();
                self.quoted('\'')
            }
            ('/', Some('/')) => {
                while self.peek().is_some_and(|c| c != '\n' && c != '\r') {
                    self.bump();
                }
                true
            }
            ('/', Some('*')) => {
                self.bump();
                self.bump();
                loop {
                    match self.bump() {
                        Some('*') if self.peek() == Some('/') => {
                            self.bump();
                            return true;
                        }
                        Some(_) => {}
                        None => return false,
                    }
                }
            }
            ('@', Some('"')) => {
                self.bump();
                self.bump();
                self.verbatim()
            }
            ('$', Some('"')) => {
                self.bump();
                self.bump();
                self.interpolated(false, nesting)
            }
            ('$', Some('@')) | ('@', Some('$')) => {
                self.bump();
                self.bump();
                if self.peek() != Some('"') {
                    return true;
                }
                self.bump();
                self.interpolated(true, nesting)
            }
            _ => {
                self.bump();
                true
            }
        }
    }

    /// After the opening quote. A line end closes it: the compiler reports the unterminated literal.
    fn quoted(&mut self, quote: char) -> bool {
        loop {
            match self.bump() {
                Some('\\') => {
                    self.bump();
                }
                Some(c) if c == quote || c == '\n' => return true,
                Some(_) => {}
                None => return false,
            }
        }
    }

    fn verbatim(&mut self) -> bool {
        loop {
            match self.bump() {
                Some('"') if self.peek() == Some('"') => {
                    self.bump();
                }
                Some('"') => return true,
                Some(_) => {}
                None => return false,
            }
        }
    }

    fn interpolated(&mut self, verbatim: bool, nesting: usize) -> bool {
        if nesting >= NESTING_MAX {
            return false;
        }
        loop {
            match self.peek() {
                Some('{') if self.peek_second() == Some('{') => {
                    self.bump();
                    self.bump();
                }
                Some('{') => {
                    if !self.hole(nesting + 1) {
                        return false;
                    }
                }
                Some('"') if verbatim && self.peek_second() == Some('"') => {
                    self.bump();
                    self.bump();
                }
                Some('"') => {
                    self.bump();
                    return true;
                }
                Some('\\') if !verbatim => {
                    self.bump();
                    self.bump();
                }
                Some('\n') if !verbatim => return true,
                Some(_) => {
                    self.bump();
                }
                None => return false,
            }
        }
    }

    /// From `{` to after its `}`. A format (`:…` outside inner brackets) is plain text.
    fn hole(&mut self, nesting: usize) -> bool {
        self.bump();
        let mut depth = 0usize;
        let mut format = false;
        while let Some(c) = self.peek() {
            match c {
                '}' if depth == 0 => {
                    self.bump();
                    return true;
                }
                ':' if depth == 0 => format = true,
                '(' | '[' | '{' if !format => depth += 1,
                ')' | ']' | '}' if !format => depth = depth.saturating_sub(1),
                '"' if format => return true,
                '"' | '\'' | '/' | '@' | '$' if !format => {
                    if !self.lexeme(c, nesting) {
                        return false;
                    }
                    continue;
                }
                _ => {}
            }
            self.bump();
        }
        false
    }
}

/// `&#10;` and `&#xA;`.
fn numeric(rest: &str) -> Option<(char, usize)> {
    /// Longest form is `&#x10FFFF;`; leading zeros beyond this are not read as a reference.
    const LENGTH_MAX: usize = 12;
    let end = rest.bytes().take(LENGTH_MAX).position(|b| b == b';')?;
    let digits = rest.get(2..end).filter(|_| rest.starts_with("&#"))?;
    let value = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some((char::from_u32(value)?, end + 1))
}

#[cfg(test)]
mod tests {
    use super::end_of_expression;

    #[track_caller]
    fn check(text: &str, expression: &str) {
        assert_eq!(end_of_expression(text), Some(expression.len()), "{text}");
    }

    #[test]
    fn brackets_in_literals_and_comments_do_not_count() {
        check(r#"@("a)" + ')' /* ) */) tail"#, r#"@("a)" + ')' /* ) */)"#);
        check("@{ // }\n return 1; }\"", "@{ // }\n return 1; }");
        check(r#"@(@"c:\")x"#, r#"@(@"c:\")"#);
        check(r#"@($"{(p != 443 ? $":{p}" : ")")}")>"#, r#"@($"{(p != 443 ? $":{p}" : ")")}")"#);
        check(r#"@($"{{)}}{d:HH:mm}")""#, r#"@($"{{)}}{d:HH:mm}")"#);
    }

    #[test]
    fn entities_stand_for_their_character() {
        check("@(x == &quot;)&quot;) tail", "@(x == &quot;)&quot;)");
        check("@(x == \"a\" &amp;&amp; y == &#39;)&#x27;)>", "@(x == \"a\" &amp;&amp; y == &#39;)&#x27;)");
    }

    #[test]
    fn a_bracket_left_open_inside_is_the_compilers_to_report() {
        check("@{ ( } tail", "@{ ( }");
    }

    #[test]
    fn what_does_not_end_has_no_end() {
        for text in ["@(", "@(\"", "@(/*", "x", "", "@(@\")", "@($\"{"] {
            assert_eq!(end_of_expression(text), None, "{text}");
        }
    }
}
