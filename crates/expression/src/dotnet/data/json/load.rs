//! Building tokens from a reader: `JObject.Parse`, `JArray.Parse`, `JToken.Parse`.

use super::reader::{Reader, Token};
use super::token::{Kind, Node};
use super::{JScalar, JToken, TokenType};
use crate::dotnet::data::error::Result;
use smol_str::SmolStr;
use std::rc::Rc;

/// `JObject.Parse(text)`.
///
/// # Errors
/// `JsonReaderException` for bad JSON, anything but an object, or text after it.
pub fn parse_object(text: &str) -> Result<JToken> {
    parse_as(text, Token::StartObject)
}

/// `JArray.Parse(text)`.
///
/// # Errors
/// As [`parse_object`], for arrays.
pub fn parse_array(text: &str) -> Result<JToken> {
    parse_as(text, Token::StartArray)
}

/// `JToken.Parse(text)`.
///
/// # Errors
/// `JsonReaderException` for bad JSON or text after it.
pub fn parse_token(text: &str) -> Result<JToken> {
    let mut reader = Reader::new(text);
    let token = JToken::read_from(&mut reader)?;
    while reader.read()? {}
    Ok(token)
}

fn parse_as(text: &str, start: Token) -> Result<JToken> {
    let mut reader = Reader::new(text);
    let token = JToken::load(&mut reader, start)?;
    while reader.read()? {}
    Ok(token)
}

impl JToken {
    /// `JObject.Load` or `JArray.Load`, as `start` says: reads one container.
    ///
    /// # Errors
    /// `JsonReaderException`.
    pub fn load(reader: &mut Reader<'_>, start: Token) -> Result<JToken> {
        let (class, article) =
            if start == Token::StartObject { ("JObject", "an object") } else { ("JArray", "an array") };
        if reader.token() == Token::None && !reader.read()? {
            return Err(reader.error(format_args!("Error reading {class} from JsonReader.")));
        }
        reader.move_to_content()?;
        if reader.token() != start {
            let found = reader.token();
            return Err(reader.error(format_args!(
                "Error reading {class} from JsonReader. Current JsonReader item is not {article}: {found}"
            )));
        }
        read_container(reader)
    }

    /// `JToken.ReadFrom(reader)`: reads one token of any kind.
    ///
    /// # Errors
    /// `JsonReaderException`.
    pub fn read_from(reader: &mut Reader<'_>) -> Result<JToken> {
        if reader.token() == Token::None && !reader.read()? {
            return Err(reader.error("Error reading JToken from JsonReader."));
        }
        match reader.token() {
            Token::StartObject | Token::StartArray | Token::StartConstructor => read_container(reader),
            Token::EndObject | Token::EndArray | Token::EndConstructor | Token::None | Token::PropertyName => {
                let found = reader.token();
                Err(reader.error(format_args!("Error reading JToken from JsonReader. Unexpected token: {found}.")))
            }
            _ => Ok(JToken::value(reader.take_value())),
        }
    }
}

fn open(reader: &mut Reader<'_>) -> Rc<Node> {
    match reader.token() {
        Token::StartObject => JToken::object().node.clone(),
        Token::StartArray => JToken::array().node.clone(),
        _ => match reader.take_value() {
            JScalar::String(name) => JToken::constructor(name).node.clone(),
            _ => JToken::constructor(SmolStr::default()).node.clone(),
        },
    }
}

fn class(node: &Node) -> &'static str {
    match node.token_type() {
        TokenType::Object => "JObject",
        TokenType::Array => "JArray",
        _ => "JConstructor",
    }
}

/// Reads the content of the container whose start is the current token.
fn read_container(reader: &mut Reader<'_>) -> Result<JToken> {
    let depth = reader.depth();
    let root = open(reader);
    if !reader.read()? {
        return Err(reader.error(format_args!("Error reading {} from JsonReader.", class(&root))));
    }
    read_content(reader, &root)?;
    if reader.depth() > depth {
        return Err(reader.error(format_args!("Unexpected end of content while loading {}.", class(&root))));
    }
    Ok(JToken::root_of(root))
}

fn read_content(reader: &mut Reader<'_>, root: &Rc<Node>) -> Result<()> {
    // The containers being filled, and in each the property whose value comes next.
    let mut open_nodes: Vec<(Rc<Node>, Option<SmolStr>)> = vec![(root.clone(), None)];
    loop {
        match reader.token() {
            Token::EndObject | Token::EndArray | Token::EndConstructor => {
                open_nodes.pop();
                if open_nodes.is_empty() {
                    return Ok(());
                }
            }
            Token::StartObject | Token::StartArray | Token::StartConstructor => {
                let child = open(reader);
                attach(&mut open_nodes, child.clone());
                open_nodes.push((child, None));
            }
            Token::PropertyName => {
                if let (JScalar::String(name), Some(top)) = (reader.take_value(), open_nodes.last_mut()) {
                    top.1 = Some(name);
                }
            }
            Token::Comment | Token::None => {}
            _ => {
                let value = Node::value(reader.take_value());
                attach(&mut open_nodes, value);
            }
        }
        if !reader.read()? {
            return Ok(());
        }
    }
}

/// Adds a child to the innermost container; of equal names the last wins, in the place of the first.
fn attach(open_nodes: &mut [(Rc<Node>, Option<SmolStr>)], child: Rc<Node>) {
    let Some((parent, name)) = open_nodes.last_mut() else { return };
    match &parent.kind {
        Kind::Object(properties) => {
            let Some(name) = name.take() else { return };
            let property = Node::new(Kind::Property(name.clone(), std::cell::RefCell::new(Some(child.clone()))));
            child.set_parent(&property);
            property.set_parent(parent);
            properties.borrow_mut().insert(name, property);
        }
        Kind::Array(items) | Kind::Constructor(_, items) => {
            child.set_parent(parent);
            items.borrow_mut().push(child);
        }
        _ => {}
    }
}
