//! Building tokens from a reader: `JObject.Parse`, `JArray.Parse`, `JToken.Parse`.

use super::reader::{ReadOptions, Reader, Token};
use super::token::{Kind, Node};
use super::{JScalar, JToken, TokenType};
use crate::dotnet::data::error::Result;
use smol_str::SmolStr;
use std::rc::Rc;

/// `DuplicatePropertyNameHandling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// The last wins, in the place of the first.
    #[default]
    Replace,
    Ignore,
    Error,
}

/// `JsonLoadSettings`, and how texts and numbers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadOptions {
    pub read: ReadOptions,
    pub duplicates: Duplicates,
    /// `CommentHandling.Load`.
    pub comments: bool,
}

/// `JObject.Parse(text)`.
///
/// # Errors
/// `JsonReaderException` for bad JSON, anything but an object, or text after it.
pub fn parse_object(text: &str, options: LoadOptions) -> Result<JToken> {
    parse_as(text, Token::StartObject, options)
}

/// `JArray.Parse(text)`.
///
/// # Errors
/// As [`parse_object`], for arrays.
pub fn parse_array(text: &str, options: LoadOptions) -> Result<JToken> {
    parse_as(text, Token::StartArray, options)
}

/// `JToken.Parse(text)`.
///
/// # Errors
/// `JsonReaderException` for bad JSON or text after it.
pub fn parse_token(text: &str, options: LoadOptions) -> Result<JToken> {
    let mut reader = Reader::new(text).with(options.read);
    let token = JToken::read_from(&mut reader, options)?;
    while reader.read()? {}
    Ok(token)
}

/// What `DeserializeObject` reads: none where the text holds nothing but blanks and comments.
///
/// # Errors
/// As [`parse_token`], but the serializer's own where the text ends too early.
pub fn parse_content(text: &str, options: LoadOptions) -> Result<Option<JToken>> {
    let mut reader = Reader::new(text).with(options.read);
    if !reader.move_to_content()? {
        return Ok(None);
    }
    let token = match JToken::read_from(&mut reader, options) {
        Err(_) if reader.has_ended() => {
            let exception = "Newtonsoft.Json.JsonSerializationException";
            return Err(reader.error_of(exception, "Unexpected end when reading JSON."));
        }
        read => read?,
    };
    while reader.read()? {
        if reader.token() != Token::Comment {
            return Err(reader.error_of(
                "Newtonsoft.Json.JsonSerializationException",
                "Additional text found in JSON string after finishing deserializing object.",
            ));
        }
    }
    Ok(Some(token))
}

fn parse_as(text: &str, start: Token, options: LoadOptions) -> Result<JToken> {
    let mut reader = Reader::new(text).with(options.read);
    let token = JToken::load(&mut reader, start, options)?;
    while reader.read()? {}
    Ok(token)
}

impl JToken {
    /// `JObject.Load` or `JArray.Load`, as `start` says: reads one container.
    ///
    /// # Errors
    /// `JsonReaderException`.
    fn load(reader: &mut Reader<'_>, start: Token, options: LoadOptions) -> Result<JToken> {
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
        read_container(reader, options)
    }

    /// `JToken.ReadFrom(reader)`: reads one token of any kind.
    ///
    /// # Errors
    /// `JsonReaderException`.
    fn read_from(reader: &mut Reader<'_>, options: LoadOptions) -> Result<JToken> {
        if reader.token() == Token::None && !reader.read()? {
            return Err(reader.error("Error reading JToken from JsonReader."));
        }
        match reader.token() {
            Token::StartObject | Token::StartArray | Token::StartConstructor => read_container(reader, options),
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
fn read_container(reader: &mut Reader<'_>, options: LoadOptions) -> Result<JToken> {
    let depth = reader.depth();
    let root = open(reader);
    if !reader.read()? {
        return Err(reader.error(format_args!("Error reading {} from JsonReader.", class(&root))));
    }
    read_content(reader, &root, options)?;
    if reader.depth() > depth {
        return Err(reader.error(format_args!("Unexpected end of content while loading {}.", class(&root))));
    }
    Ok(JToken::root_of(root))
}

fn read_content(reader: &mut Reader<'_>, root: &Rc<Node>, options: LoadOptions) -> Result<()> {
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
                attach(&mut open_nodes, child.clone(), options);
                open_nodes.push((child, None));
            }
            Token::PropertyName => {
                if let (JScalar::String(name), Some(top)) = (reader.take_value(), open_nodes.last_mut()) {
                    if options.duplicates == Duplicates::Error && has_property(&top.0, &name) {
                        return Err(reader.error(format_args!(
                            "Property with the name '{name}' already exists in the current JSON object."
                        )));
                    }
                    top.1 = Some(name);
                }
            }
            Token::Comment if options.comments && matches!(open_nodes.last(), Some((top, _)) if !is_object(top)) => {
                let comment = Node::value(reader.take_value());
                attach(&mut open_nodes, comment, options);
            }
            Token::Comment | Token::None => {}
            _ => {
                let value = Node::value(reader.take_value());
                attach(&mut open_nodes, value, options);
            }
        }
        if !reader.read()? {
            return Ok(());
        }
    }
}

fn is_object(node: &Node) -> bool {
    matches!(node.kind, Kind::Object(_))
}

fn has_property(node: &Node, name: &str) -> bool {
    matches!(&node.kind, Kind::Object(properties) if properties.borrow().contains_key(name))
}

/// Adds a child to the innermost container.
fn attach(open_nodes: &mut [(Rc<Node>, Option<SmolStr>)], child: Rc<Node>, options: LoadOptions) {
    let Some((parent, name)) = open_nodes.last_mut() else { return };
    match &parent.kind {
        Kind::Object(properties) => {
            let Some(name) = name.take() else { return };
            if options.duplicates == Duplicates::Ignore && properties.borrow().contains_key(&name) {
                return;
            }
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
