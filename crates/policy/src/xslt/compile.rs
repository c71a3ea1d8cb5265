//! The top of a stylesheet: templates, keys, output, formats, attribute sets.

use super::format::DecimalFormat;
use super::instructions::Reader;
use super::output::{Method, OutputOptions};
use super::{AttributeSet, BoundValue, Global, Key, Stylesheet, Template, XSL};
use indexmap::IndexMap;
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;
use tollgate_expression::dotnet::data::xml::{NodeKind, ParseOptions, Pattern, XNode, parse_document};

pub fn compile(text: &str) -> Result<Stylesheet, Vec<String>> {
    let options = ParseOptions { preserve_whitespace: true, prohibit_dtd: true };
    let document = parse_document(text, options).map_err(|error| vec![error.message])?;
    let Some(root) = document.root() else { return Err(vec!["it is empty".to_owned()]) };
    let mut reader = Reader::new(&root);
    let mut sheet = Stylesheet {
        templates: Vec::new(),
        named: HashMap::new(),
        globals: IndexMap::new(),
        keys: HashMap::new(),
        attribute_sets: HashMap::new(),
        formats: HashMap::new(),
        output: OutputOptions::default(),
    };
    match Reader::instruction_name(&root).as_deref() {
        Some("stylesheet" | "transform") => {
            reader.known_attributes(&root, &["version", "id", "extension-element-prefixes", "exclude-result-prefixes"]);
            if reader.attribute(&root, "version").is_none() {
                reader.problem("`xsl:stylesheet` needs attribute `version`");
            }
            for child in root.nodes() {
                top(&child, &mut reader, &mut sheet);
            }
        }
        _ => reader.problem("the root element is not `xsl:stylesheet`"),
    }
    reader.check_calls(&sheet);
    if reader.problems.is_empty() { Ok(sheet) } else { Err(reader.problems) }
}

fn top(node: &XNode, reader: &mut Reader, sheet: &mut Stylesheet) {
    match node.kind() {
        NodeKind::Element => {}
        NodeKind::Text | NodeKind::CData if !node.value().trim().is_empty() => {
            reader.problem("text may not stand at the top of a stylesheet");
            return;
        }
        _ => return,
    }
    let Some(name) = Reader::instruction_name(node) else {
        if node.name().is_some_and(|name| name.local == "script" && !name.namespace.is_empty()) {
            reader.problem("scripts may not be used");
        }
        // Other elements at the top are data of their authors.
        return;
    };
    match name.as_str() {
        "template" => template(node, reader, sheet),
        "variable" | "param" => {
            if let Some(binding) = reader.binding(node) {
                let global = Global { is_parameter: name == "param", value: binding.value };
                if sheet.globals.insert(binding.name.clone(), global).is_some() {
                    reader.problem(format!("variable `{}` is declared twice", binding.name));
                }
            }
        }
        "output" => output(node, reader, &mut sheet.output),
        "key" => key(node, reader, sheet),
        "decimal-format" => decimal_format(node, reader, sheet),
        "attribute-set" => attribute_set(node, reader, sheet),
        // Blank texts of the input are gone already.
        "strip-space" | "preserve-space" => reader.known_attributes(node, &["elements"]),
        "namespace-alias" => reader.alias(node),
        "import" | "include" => reader.problem(format!("`xsl:{name}` may not be used: a policy has one stylesheet")),
        other => reader.problem(format!("`xsl:{other}` may not stand at the top of a stylesheet")),
    }
}

fn template(node: &XNode, reader: &mut Reader, sheet: &mut Stylesheet) {
    reader.known_attributes(node, &["match", "name", "mode", "priority"]);
    let name = reader.attribute(node, "name");
    let pattern = reader.attribute(node, "match");
    let mode = reader.attribute(node, "mode");
    if name.is_none() && pattern.is_none() {
        reader.problem("`xsl:template` needs attribute `match` or `name`");
    }
    let priority = reader.attribute(node, "priority").and_then(|text| match text.trim().parse::<f64>() {
        Ok(priority) => Some(priority),
        Err(_) => {
            reader.problem(format!("`{text}` is not a priority"));
            None
        }
    });
    let (parameters, body) = reader.parameters_and_body(node);
    let body = Arc::new((parameters, body));
    if let Some(name) = name {
        if sheet.named.insert(name.clone(), sheet.templates.len()).is_some() {
            reader.problem(format!("template `{name}` stands twice"));
        }
        if pattern.is_none() {
            sheet.templates.push(Template { pattern: None, mode: None, priority: 0.0, body });
            return;
        }
    }
    let namespaces = reader.namespaces(node);
    match Pattern::parse(pattern.as_deref().unwrap_or("*")) {
        Ok(alternatives) => {
            for pattern in alternatives {
                let priority = priority.unwrap_or_else(|| pattern.default_priority());
                let pattern = Some((pattern, namespaces.clone()));
                sheet.templates.push(Template { pattern, mode: mode.clone(), priority, body: Arc::clone(&body) });
            }
        }
        Err(error) => reader.problem(error.message),
    }
}

fn key(node: &XNode, reader: &mut Reader, sheet: &mut Stylesheet) {
    reader.known_attributes(node, &["name", "match", "use"]);
    let (Some(name), Some(pattern), Some(value)) =
        (reader.required(node, "name"), reader.required(node, "match"), reader.required(node, "use"))
    else {
        return;
    };
    let (Ok(alternatives), Some(_)) = (Pattern::parse(&pattern), reader.expr(node, &value)) else {
        reader.problem(format!("`{pattern}` is an invalid pattern"));
        return;
    };
    let namespaces = reader.namespaces(node);
    for pattern in alternatives {
        if let Some(value) = reader.expr(node, &value) {
            sheet.keys.entry(name.clone()).or_default().push(Key { pattern, namespaces: namespaces.clone(), value });
        }
    }
}

fn output(node: &XNode, reader: &mut Reader, options: &mut OutputOptions) {
    reader.known_attributes(
        node,
        &[
            "method",
            "version",
            "encoding",
            "omit-xml-declaration",
            "standalone",
            "doctype-public",
            "doctype-system",
            "cdata-section-elements",
            "indent",
            "media-type",
        ],
    );
    let yes = |text: SmolStr| text.trim() == "yes";
    match reader.attribute(node, "method").as_deref() {
        Some("xml") => options.method = Some(Method::Xml),
        Some("html") => options.method = Some(Method::Html),
        Some("text") => options.method = Some(Method::Text),
        Some(other) => reader.problem(format!("`{other}` is not an output method")),
        None => {}
    }
    if let Some(omit) = reader.attribute(node, "omit-xml-declaration") {
        options.omit_declaration = yes(omit);
    }
    if let Some(indent) = reader.attribute(node, "indent") {
        options.indent = yes(indent);
    }
    if let Some(standalone) = reader.attribute(node, "standalone") {
        options.standalone = Some(standalone);
    }
    if let Some(public) = reader.attribute(node, "doctype-public") {
        options.doctype_public = Some(public);
    }
    if let Some(system) = reader.attribute(node, "doctype-system") {
        options.doctype_system = Some(system);
    }
    if let Some(media_type) = reader.attribute(node, "media-type") {
        options.media_type = Some(media_type);
    }
    for name in reader.attribute(node, "cdata-section-elements").unwrap_or_default().split_ascii_whitespace() {
        if let Some(name) = reader.name(node, name, true) {
            options.cdata.push((name.namespace, name.local));
        }
    }
}

fn decimal_format(node: &XNode, reader: &mut Reader, sheet: &mut Stylesheet) {
    reader.known_attributes(
        node,
        &[
            "name",
            "decimal-separator",
            "grouping-separator",
            "infinity",
            "minus-sign",
            "NaN",
            "percent",
            "per-mille",
            "zero-digit",
            "digit",
            "pattern-separator",
        ],
    );
    let mut format = DecimalFormat::default();
    let character = |name: &str, place: &mut char, reader: &mut Reader| {
        if let Some(text) = reader.attribute(node, name) {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => *place = c,
                _ => reader.problem(format!("`{name}` of `xsl:decimal-format` is one character")),
            }
        }
    };
    character("decimal-separator", &mut format.decimal, reader);
    character("grouping-separator", &mut format.grouping, reader);
    character("minus-sign", &mut format.minus, reader);
    character("percent", &mut format.percent, reader);
    character("per-mille", &mut format.per_mille, reader);
    character("zero-digit", &mut format.zero, reader);
    character("digit", &mut format.digit, reader);
    character("pattern-separator", &mut format.separator, reader);
    if let Some(infinity) = reader.attribute(node, "infinity") {
        format.infinity = infinity;
    }
    if let Some(nan) = reader.attribute(node, "NaN") {
        format.nan = nan;
    }
    sheet.formats.insert(reader.attribute(node, "name").unwrap_or_default(), format);
}

fn attribute_set(node: &XNode, reader: &mut Reader, sheet: &mut Stylesheet) {
    reader.known_attributes(node, &["name", "use-attribute-sets"]);
    let Some(name) = reader.required(node, "name") else { return };
    for child in node.elements(None) {
        if Reader::instruction_name(&child).as_deref() != Some("attribute") {
            reader.problem("`xsl:attribute-set` holds `xsl:attribute` elements only");
        }
    }
    let uses = reader.words(node, "use-attribute-sets");
    let body = Arc::new(reader.body(node));
    sheet.attribute_sets.entry(name).or_default().push(AttributeSet { uses, body });
}

/// Whether an element is of XSLT, for elements that stand where only content may.
pub fn is_xslt(node: &XNode) -> bool {
    node.name().is_some_and(|name| name.namespace == XSL)
}

/// A variable that has neither `select` nor content is empty text.
pub fn empty() -> BoundValue {
    BoundValue::Content(Vec::new())
}
