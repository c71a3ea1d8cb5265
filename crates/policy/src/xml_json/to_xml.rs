//! JSON to XML.

use super::NESTING_MAX;
use smol_str::SmolStr;
use tollgate_expression::dotnet::data::json::{
    DateParsing, Formatting, JScalar, JToken, LoadOptions, ReadOptions, parse_token,
};

#[derive(Debug, Clone, Default)]
pub struct ToXml {
    pub parse_date: bool,
    /// Between prefix and local name; empty: prefixes are not looked for.
    pub separator: SmolStr,
    /// Beginning of names that declare namespaces; empty: none do.
    pub namespace_prefix: SmolStr,
    /// The member whose members are attributes; empty: none is.
    pub attribute_block: SmolStr,
}

/// # Errors
/// The text is no JSON, is nested too deep, or holds what XML cannot.
pub fn to_xml(text: &str, options: &ToXml) -> Result<String, String> {
    let dates = if options.parse_date { DateParsing::DateTime } else { DateParsing::None };
    let read = ReadOptions { dates, ..ReadOptions::default() };
    let token = parse_token(text.trim_start_matches('\u{feff}'), LoadOptions { read, ..LoadOptions::default() })
        .map_err(|error| error.message)?;
    let mut writer = Writer { out: String::new(), options, prefixes: vec!["xml".to_owned()] };
    writer.document(&token)?;
    Ok(writer.out)
}

struct Writer<'o> {
    out: String,
    options: &'o ToXml,
    /// Declared in the elements around.
    prefixes: Vec<String>,
}

/// The name of the root when the JSON has no single one.
const ROOT: &str = "Document";
/// The name of items of an array that has none.
const ITEM: &str = "Item";

impl Writer<'_> {
    fn document(&mut self, token: &JToken) -> Result<(), String> {
        let members = members(token);
        for (name, value) in &members {
            if name == "?xml" {
                self.declaration(value);
            }
        }
        let content: Vec<&(String, JToken)> = members.iter().filter(|(name, _)| name != "?xml").collect();
        match content.as_slice() {
            [(name, value)] if !value.is_array() && self.attribute(name).is_none() && !name.starts_with('#') => {
                self.element(name, value, 0)
            }
            [(name, value)] if value.is_array() && value.child_count() == 1 => match value.child(0) {
                Some(only) => self.element(name, &only, 0),
                None => Ok(()),
            },
            _ => self.element(ROOT, token, 0),
        }
    }

    fn declaration(&mut self, value: &JToken) {
        self.out.push_str("<?xml");
        for (name, value) in members(value) {
            let name = name.trim_start_matches('@');
            if matches!(name, "version" | "encoding" | "standalone") {
                self.out.push_str(&format!(" {name}=\"{}\"", escaped(&text_of(&value), true)));
            }
        }
        self.out.push_str("?>");
    }

    /// An element, or one for each item of an array.
    fn elements(&mut self, name: &str, value: &JToken, depth: usize) -> Result<(), String> {
        if !value.is_array() {
            return self.element(name, value, depth);
        }
        for item in value.children() {
            self.element(name, &item, depth)?;
        }
        Ok(())
    }

    fn element(&mut self, name: &str, value: &JToken, depth: usize) -> Result<(), String> {
        if depth > NESTING_MAX {
            return Err(format!("the JSON is nested deeper than {NESTING_MAX}"));
        }
        let known = self.prefixes.len();
        let members = members(value);
        let attributes = self.attributes(&members);
        let qualified = self.qualified(name);
        self.out.push_str(&format!("<{qualified}"));
        for (name, value) in attributes {
            check_chars(&value)?;
            self.out.push_str(&format!(" {name}=\"{}\"", escaped(&value, true)));
        }
        let start = self.out.len();
        self.out.push('>');
        let mut has_content = false;
        if value.is_object() {
            for (member, inner) in &members {
                has_content |= self.member(member, inner, depth)?;
            }
        } else if value.is_array() {
            // An array in an array.
            let item = if depth == 0 && name == ROOT { ITEM } else { name };
            for inner in value.children() {
                self.element(item, &inner, depth + 1)?;
                has_content = true;
            }
        } else if value.with_scalar(|scalar| !scalar.is_null()) == Some(true) {
            let text = text_of(value);
            check_chars(&text)?;
            self.out.push_str(&escaped(&text, false));
            has_content = true;
        }
        if has_content {
            self.out.push_str(&format!("</{qualified}>"));
        } else {
            self.out.truncate(start);
            self.out.push_str(" />");
        }
        self.prefixes.truncate(known);
        Ok(())
    }

    /// Whether it wrote anything.
    fn member(&mut self, name: &str, value: &JToken, depth: usize) -> Result<bool, String> {
        if self.attribute(name).is_some() || self.is_attribute_block(name, value) || name == "?xml" {
            return Ok(false);
        }
        match name {
            "#text" | "#cdata-section" => {
                let values = if value.is_array() { value.children() } else { vec![value.clone()] };
                for value in values {
                    let text = text_of(&value);
                    check_chars(&text)?;
                    if name == "#text" {
                        self.out.push_str(&escaped(&text, false));
                    } else {
                        self.out.push_str(&format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")));
                    }
                }
            }
            "#comment" | "#whitespace" | "#significant-whitespace" => return Ok(false),
            _ => {
                let before = self.out.len();
                self.elements(name, value, depth + 1)?;
                return Ok(self.out.len() > before);
            }
        }
        Ok(true)
    }

    fn is_attribute_block(&self, name: &str, value: &JToken) -> bool {
        !self.options.attribute_block.is_empty() && name == self.options.attribute_block && value.is_object()
    }

    /// Attributes and declarations among the members, in order. Declarations hold for all of them.
    fn attributes(&mut self, members: &[(String, JToken)]) -> Vec<(String, String)> {
        let mut raw: Vec<(String, String)> = Vec::new();
        for (name, value) in members {
            if let Some(name) = self.attribute(name) {
                raw.push((name, text_of(value)));
            } else if self.is_attribute_block(name, value) {
                for (name, value) in self::members(value) {
                    raw.push((self.attribute(&name).unwrap_or(name), text_of(&value)));
                }
            }
        }
        for (name, _) in &raw {
            if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.prefixes.push(prefix.to_owned());
            }
        }
        let named = |writer: &Self, name: String| {
            if name == "xmlns" || name.starts_with("xmlns:") { name } else { writer.qualified(&name) }
        };
        raw.into_iter().map(|(name, value)| (named(self, name), value)).collect()
    }

    /// The name of the attribute that a member is, if it is one.
    fn attribute(&self, name: &str) -> Option<String> {
        if let Some(name) = name.strip_prefix('@').filter(|name| !name.is_empty()) {
            return Some(name.to_owned());
        }
        let prefix = self.options.namespace_prefix.as_str();
        if prefix.is_empty() {
            return None;
        }
        if name == prefix {
            return Some("xmlns".to_owned());
        }
        let rest = name.strip_prefix(prefix)?;
        let separator = self.options.separator.as_str();
        let declared =
            rest.strip_prefix(':').or_else(|| rest.strip_prefix(separator).filter(|_| !separator.is_empty()))?;
        (!declared.is_empty()).then(|| format!("xmlns:{}", encode(declared)))
    }

    /// A member's name as XML has it: `prefix:local` when the prefix is declared.
    fn qualified(&self, name: &str) -> String {
        let separators = [self.options.separator.as_str(), ":"];
        for separator in separators.into_iter().filter(|separator| !separator.is_empty()) {
            if let Some((prefix, local)) = name.split_once(separator)
                && !local.is_empty()
                && self.prefixes.iter().any(|known| known == prefix)
            {
                return format!("{prefix}:{}", encode(local));
            }
        }
        encode(name)
    }
}

fn members(token: &JToken) -> Vec<(String, JToken)> {
    if !token.is_object() {
        return Vec::new();
    }
    let properties = token.children().into_iter();
    properties.filter_map(|property| Some((property.name()?.to_string(), property.child(0)?))).collect()
}

/// A value as XML writes it.
fn text_of(token: &JToken) -> String {
    let scalar = token.with_scalar(|scalar| match scalar {
        JScalar::Null | JScalar::Undefined => Some(String::new()),
        JScalar::Boolean(flag) => Some(flag.to_string()),
        JScalar::String(text) => Some(text.to_string()),
        _ => None,
    });
    // Numbers and dates are written in XML as in JSON; what is no value, as JSON.
    scalar.flatten().unwrap_or_else(|| token.to_json(Formatting::None).trim_matches('"').to_owned())
}

fn escaped(text: &str, in_attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\n' if in_attribute => out.push_str("&#xA;"),
            '\t' if in_attribute => out.push_str("&#x9;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
    out
}

/// XML has no way to write some characters.
fn check_chars(text: &str) -> Result<(), String> {
    let bad = |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(bad) {
        Some(c) => Err(format!("hexadecimal value 0x{:02X} is an invalid character", u32::from(c))),
        None => Ok(()),
    }
}

/// `XmlConvert.EncodeLocalName`.
fn encode(name: &str) -> String {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{b7}');
    let mut out = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let fits = if at == 0 { is_start(c) } else { is_part(c) };
        let looks_encoded = c == '_' && is_encoded(&name[at..]);
        if fits && !looks_encoded {
            out.push(c);
        } else {
            out.push_str(&format!("_x{:04X}_", u32::from(c)));
        }
    }
    if out.is_empty() { "_".to_owned() } else { out }
}

/// Whether a text begins like an encoded character, `_x0041_`.
fn is_encoded(text: &str) -> bool {
    let rest = text.strip_prefix("_x").or_else(|| text.strip_prefix("_X"));
    rest.is_some_and(|rest| {
        let bytes = rest.as_bytes();
        bytes.len() >= 5 && bytes[..4].iter().all(u8::is_ascii_hexdigit) && bytes[4] == b'_'
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let options = ToXml { parse_date: true, separator: "_".into(), ..ToXml::default() };
        assert_eq!(to_xml(text, &options).as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn members_become_elements() {
        check(
            r#"{"a":{"b":[1,2.5,true,null,""],"c":{},"d":"<&"}}"#,
            "<a><b>1</b><b>2.5</b><b>true</b><b /><b></b><c /><d>&lt;&amp;</d></a>",
        );
        check(
            r##"{"?xml":{"@version":"1.0"},"a":{"@x":"1\"","#text":"t"}}"##,
            "<?xml version=\"1.0\"?><a x=\"1&quot;\">t</a>",
        );
        check(r#"{"a":{"b":[[1,2],[3]]}}"#, "<a><b><b>1</b><b>2</b></b><b><b>3</b></b></a>");
        check(
            r#"{"first name":{"1st":"x","_x0041_":1}}"#,
            "<first_x0020_name><_x0031_st>x</_x0031_st><_x005F_x0041_>1</_x005F_x0041_></first_x0020_name>",
        );
    }

    #[test]
    fn what_has_no_single_root_gets_one() {
        check(r#"{"a":1,"b":2}"#, "<Document><a>1</a><b>2</b></Document>");
        check("[1,{\"a\":2}]", "<Document><Item>1</Item><Item><a>2</a></Item></Document>");
        check(r#"{"a":[1,2]}"#, "<Document><a>1</a><a>2</a></Document>");
        check(r#"{"a":[1]}"#, "<a>1</a>");
        check("\"x\"", "<Document>x</Document>");
        check("{}", "<Document />");
    }

    #[test]
    fn dates_are_written_as_xml_writes_them() {
        check(r#"{"d":"2026-01-31T04:05:06.500Z"}"#, "<d>2026-01-31T04:05:06.5Z</d>");
        let options = ToXml::default();
        let text = r#"{"d":"2026-01-31T04:05:06.500Z"}"#;
        assert_eq!(to_xml(text, &options).as_deref(), Ok("<d>2026-01-31T04:05:06.500Z</d>"));
    }

    #[test]
    fn namespaces_and_attribute_blocks_have_names_of_their_own() {
        let options = ToXml {
            parse_date: false,
            separator: ":".into(),
            namespace_prefix: "xmlns".into(),
            attribute_block: "#attrs".into(),
        };
        let text = r##"{"s:Envelope":{"xmlns:s":"urn:s","xmlns":"urn:d","s:Body":{"#attrs":{"id":"1","s:x":"2"},"name":"n"}}}"##;
        let expected =
            r#"<s:Envelope xmlns:s="urn:s" xmlns="urn:d"><s:Body id="1" s:x="2"><name>n</name></s:Body></s:Envelope>"#;
        assert_eq!(to_xml(text, &options).as_deref(), Ok(expected));
        let under = ToXml { separator: "_".into(), namespace_prefix: "xmlns".into(), ..ToXml::default() };
        assert_eq!(
            to_xml(r#"{"p_a":{"xmlns_p":"urn:p","q_b":1}}"#, &under).as_deref(),
            Ok(r#"<p:a xmlns:p="urn:p"><q_b>1</q_b></p:a>"#)
        );
    }

    #[test]
    fn bad_texts_are_told() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        for wrong in ["", "{", "<a/>", "{} x", r#"{"a":"\u0000"}"#, &deep] {
            assert!(to_xml(wrong, &ToXml::default()).is_err(), "{}", &wrong[..wrong.len().min(50)]);
        }
    }
}
