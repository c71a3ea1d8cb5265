//! `xsl:number`. Source: XSLT 1.0, chapter 7.7.

use super::run::{Engine, Frame};
use super::scope::Here;
use super::{AttributeValue, Expr, Namespaces};
use tollgate_expression::dotnet::data::xml::{NodeKind, Pattern, XNode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Single,
    Multiple,
    Any,
}

pub struct Numbering {
    pub level: Level,
    pub count: Option<Vec<Pattern>>,
    pub from: Option<Vec<Pattern>>,
    pub namespaces: Namespaces,
    pub value: Option<Expr>,
    pub format: AttributeValue,
    pub grouping_separator: AttributeValue,
    pub grouping_size: AttributeValue,
}

pub fn evaluate(numbering: &Numbering, engine: &Engine<'_>, frame: &Frame) -> Result<String, String> {
    let numbers = match &numbering.value {
        Some(value) => {
            let number = engine.eval(value, frame)?.number();
            if !number.is_finite() || number < 0.5 {
                // What cannot be counted is written as the number it is.
                return Ok(engine.eval(value, frame)?.string());
            }
            vec![(number + 0.5).floor() as u64]
        }
        None => counted(numbering, engine, frame)?,
    };
    let format = engine.text_of(&numbering.format, frame)?;
    let separator = engine.text_of(&numbering.grouping_separator, frame)?;
    let size = engine.text_of(&numbering.grouping_size, frame)?.trim().parse::<usize>().unwrap_or(0);
    Ok(write(&numbers, &format, &separator, size))
}

fn counted(numbering: &Numbering, engine: &Engine<'_>, frame: &Frame) -> Result<Vec<u64>, String> {
    let namespaces: Vec<(&str, &str)> =
        numbering.namespaces.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())).collect();
    let here = Here { engine, frame, namespaces: &namespaces };
    let current = &frame.focus.node;
    let any = |patterns: &[Pattern], node: &XNode| -> Result<bool, String> {
        engine.spend(1)?;
        for pattern in patterns {
            if pattern.matches(node, &namespaces, &here).map_err(|error| error.message)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let counts = |node: &XNode| match &numbering.count {
        Some(patterns) => any(patterns, node),
        None => Ok(node.kind() == current.kind() && node.name() == current.name() && node.target() == current.target()),
    };
    let starts = |node: &XNode| numbering.from.as_ref().map_or(Ok(false), |patterns| any(patterns, node));
    if numbering.level == Level::Any {
        let mut count = 0;
        let root = current.root_node();
        for node in std::iter::once(root.clone()).chain(root.descendant_nodes()) {
            if starts(&node)? {
                count = 0;
            }
            count += u64::from(counts(&node)?);
            if node == *current {
                break;
            }
        }
        return Ok(if count == 0 { Vec::new() } else { vec![count] });
    }
    let mut numbers = Vec::new();
    let mut node = Some(current.clone());
    while let Some(here) = node {
        if counts(&here)? {
            let mut number = 1;
            for sibling in here.nodes_before_self() {
                number += u64::from(sibling.kind() != NodeKind::DocumentType && counts(&sibling)?);
            }
            numbers.insert(0, number);
            if numbering.level == Level::Single {
                break;
            }
        }
        node = here.parent_node();
        if let Some(above) = &node
            && starts(above)?
        {
            break;
        }
    }
    Ok(numbers)
}

/// Numbers by a format such as `1.a) `: the last token serves the numbers that have none.
fn write(numbers: &[u64], format: &str, separator: &str, size: usize) -> String {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for c in format.chars() {
        match pieces.last_mut() {
            Some((is_token, piece)) if *is_token == c.is_alphanumeric() => piece.push(c),
            _ => pieces.push((c.is_alphanumeric(), c.to_string())),
        }
    }
    let mut pieces = pieces.into_iter().peekable();
    let mut out = pieces.next_if(|(is_token, _)| !is_token).map(|(_, text)| text).unwrap_or_default();
    let mut rest: Vec<(bool, String)> = pieces.collect();
    let suffix = rest.pop_if(|(is_token, _)| !*is_token).map(|(_, text)| text).unwrap_or_default();
    let tokens: Vec<&String> = rest.iter().filter(|(is_token, _)| *is_token).map(|(_, token)| token).collect();
    let separators: Vec<&String> = rest.iter().filter(|(is_token, _)| !*is_token).map(|(_, text)| text).collect();
    let dot = ".".to_owned();
    for (index, number) in numbers.iter().enumerate() {
        if index > 0 {
            let between = separators.get(index - 1).or(separators.last()).copied().unwrap_or(&dot);
            out.push_str(between);
        }
        let token = tokens.get(index).or(tokens.last()).map_or("1", |token| token.as_str());
        out.push_str(&one(*number, token, separator, size));
    }
    out + &suffix
}

fn one(number: u64, token: &str, separator: &str, size: usize) -> String {
    match token {
        "a" => letters(number, b'a'),
        "A" => letters(number, b'A'),
        "i" => roman(number).to_lowercase(),
        "I" => roman(number),
        _ => {
            let digits = format!("{number:0>width$}", width = token.chars().count().min(100));
            if separator.is_empty() || size == 0 {
                return digits;
            }
            let mut out = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index).is_multiple_of(size) {
                    out.push_str(separator);
                }
                out.push(digit);
            }
            out
        }
    }
}

/// `a` … `z`, `aa`, `ab` …
fn letters(mut number: u64, first: u8) -> String {
    let mut out = Vec::new();
    while number > 0 {
        number -= 1;
        out.insert(0, char::from(first + (number % 26) as u8));
        number /= 26;
    }
    out.into_iter().collect()
}

fn roman(number: u64) -> String {
    const SIGNS: [(u64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    // Beyond that the signs run out.
    if number > 3999 {
        return number.to_string();
    }
    let mut rest = number;
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            out.push_str(sign);
            rest -= value;
        }
    }
    out
}
