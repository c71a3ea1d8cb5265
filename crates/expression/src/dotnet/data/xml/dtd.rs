//! Document types: of their internal subset, general entities are kept; their expansion is limited.

use super::parse::Parser;
use super::{XDocumentType, XNode};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;

/// Characters all entities of a document may expand to: `MaxCharactersFromEntities`.
const ENTITY_CHARS_MAX: usize = 10_000_000;
/// Entities within entities.
const ENTITY_DEPTH_MAX: usize = 32;

impl<'a> Parser<'a> {
    pub(super) fn entity(&mut self, name: &str, start: usize, out: &mut String, depth: usize) -> Result<()> {
        let Some(value) = self.entities.get(name).cloned() else {
            return Err(self.error_at(start + 1, format!("Reference to undeclared entity '{name}'.")));
        };
        if depth >= ENTITY_DEPTH_MAX {
            return Err(self.error_at(start + 1, format!("Entity '{name}' references itself.")));
        }
        if value.contains('<') {
            return Err(self.error_at(start + 1, format!("Entity '{name}' contains markup, which is not supported.")));
        }
        let mut rest = value.as_str();
        while let Some(offset) = rest.find('&') {
            self.expand(&rest[..offset], start, out)?;
            // References inside stand in the entity's own text.
            let mut inner = Parser::new(&rest[offset..], self.options);
            inner.entities = std::mem::take(&mut self.entities);
            inner.expanded = self.expanded;
            let read = inner.reference(out, depth + 1);
            self.entities = std::mem::take(&mut inner.entities);
            self.expanded = inner.expanded;
            read.map_err(|error| DotnetError { message: error.message, ..self.error_at(start, "") })?;
            rest = &rest[offset + inner.at..];
        }
        self.expand(rest, start, out)
    }

    fn expand(&mut self, text: &str, start: usize, out: &mut String) -> Result<()> {
        // Counting at least one bounds entities that expand to nothing, too.
        self.expanded += text.len().max(1);
        if self.expanded > ENTITY_CHARS_MAX {
            return Err(
                self.error_at(start, "The input document has exceeded a limit set by MaxCharactersFromEntities.")
            );
        }
        out.push_str(text);
        Ok(())
    }

    pub(super) fn document_type(&mut self, start: usize) -> Result<()> {
        if self.options.prohibit_dtd {
            return Err(self.error_at(
                start + 2,
                "For security reasons DTD is prohibited in this XML document. To enable DTD processing set the \
                 DtdProcessing property on XmlReaderSettings to Parse and pass the settings into XmlReader.Create \
                 method.",
            ));
        }
        if self.seen_root || !self.open.is_empty() {
            return Err(self.error_at(start + 2, "Unexpected DTD declaration."));
        }
        self.skip_blanks();
        let name = self.name()?;
        self.skip_blanks();
        let mut public_id = None;
        let mut system_id = None;
        if self.take("PUBLIC") {
            public_id = Some(self.literal()?.into());
            system_id = Some(self.literal()?.into());
        } else if self.take("SYSTEM") {
            system_id = Some(self.literal()?.into());
        }
        self.skip_blanks();
        let mut internal = None;
        if self.take("[") {
            let from = self.at;
            self.internal_subset()?;
            internal = Some(self.text[from..self.at - 1].into());
            self.skip_blanks();
        }
        if !self.take(">") {
            return Err(self.unexpected_token("'>'"));
        }
        // .NET gives an empty subset where there is none.
        let internal = internal.or_else(|| Some(SmolStr::default()));
        self.append(XNode::document_type(XDocumentType { name: name.into(), public_id, system_id, internal }));
        Ok(())
    }

    fn literal(&mut self) -> Result<&'a str> {
        self.skip_blanks();
        let quote = match self.peek() {
            Some('"') => "\"",
            Some('\'') => "'",
            _ => return Err(self.unexpected_token("'\"' or '''")),
        };
        self.at += 1;
        self.until(quote, "DTD")
    }

    /// Reads declarations up to `]`; of these, internal general entities are kept.
    fn internal_subset(&mut self) -> Result<()> {
        loop {
            self.skip_blanks();
            if self.take("]") {
                return Ok(());
            }
            if self.take("<!--") {
                self.until("-->", "Comment")?;
            } else if self.take("<?") {
                self.until("?>", "PI")?;
            } else if self.take("<!ENTITY") {
                self.skip_blanks();
                let is_parameter = self.take("%");
                self.skip_blanks();
                let name = self.name()?;
                self.skip_blanks();
                let external = self.take("SYSTEM") || self.take("PUBLIC");
                if external {
                    self.until(">", "DTD")?;
                    if !is_parameter {
                        // External entities are not resolved; a reference gives nothing.
                        self.entities.entry(name.into()).or_default();
                    }
                    continue;
                }
                let value = self.literal()?;
                if !is_parameter {
                    self.entities.entry(name.into()).or_insert_with(|| value.to_owned());
                }
                self.skip_blanks();
                if !self.take(">") {
                    return Err(self.unexpected_token("'>'"));
                }
            } else if self.take("<!") {
                self.until(">", "DTD")?;
            } else if self.take("%") {
                self.until(";", "DTD")?;
            } else {
                return Err(self.error("Internal DTD subset is invalid."));
            }
        }
    }
}
