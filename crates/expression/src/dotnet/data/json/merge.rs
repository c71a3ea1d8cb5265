//! `JContainer.Merge`.

use super::token::Kind;
use super::{JToken, TokenType};
use crate::dotnet::data::error::Result;

/// `MergeArrayHandling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MergeArray {
    #[default]
    Concat,
    Union,
    Replace,
    Merge,
}

/// `JsonMergeSettings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MergeSettings {
    pub arrays: MergeArray,
    /// `MergeNullValueHandling.Merge`: a null replaces what is there.
    pub nulls: bool,
    /// `PropertyNameComparison` ignores case.
    pub ignore_case: bool,
}

impl JToken {
    /// `container.Merge(content, settings)`.
    ///
    /// # Errors
    /// As [`JToken::add`].
    pub fn merge(&self, content: &JToken, settings: MergeSettings) -> Result<()> {
        let mut pending = vec![(self.clone(), content.clone())];
        while let Some((target, content)) = pending.pop() {
            match (&target.node.kind, &content.node.kind) {
                (Kind::Object(_), Kind::Object(_)) => target.merge_object(&content, settings, &mut pending)?,
                (Kind::Array(_), Kind::Array(_)) => target.merge_items(&content, settings, &mut pending)?,
                (Kind::Constructor(to, _), Kind::Constructor(from, _)) if to == from => {
                    target.merge_items(&content, settings, &mut pending)?;
                }
                (Kind::Property(..), Kind::Property(..)) => {
                    let value = content.property_value().filter(|value| value.token_type() != TokenType::Null);
                    if let Some(value) = value {
                        target.set_property_value(Some(&value))?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn merge_object(
        &self,
        content: &JToken,
        settings: MergeSettings,
        pending: &mut Vec<(JToken, JToken)>,
    ) -> Result<()> {
        for property in content.children() {
            let (Some(name), Some(value)) = (property.name(), property.property_value()) else { continue };
            let existing = if settings.ignore_case {
                self.property_where(&name, |a, b| a.to_lowercase() == b.to_lowercase())
            } else {
                self.property_named(&name)
            };
            let Some(existing) = existing else {
                self.add_property(&name, &value)?;
                continue;
            };
            match existing.property_value() {
                Some(old) if old.is_container() && old.token_type() == value.token_type() => pending.push((old, value)),
                _ if value.token_type() != TokenType::Null || settings.nulls => {
                    existing.set_property_value(Some(&value))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn merge_items(
        &self,
        content: &JToken,
        settings: MergeSettings,
        pending: &mut Vec<(JToken, JToken)>,
    ) -> Result<()> {
        let items = content.children();
        match settings.arrays {
            MergeArray::Concat => items.iter().try_for_each(|item| self.add(item)),
            MergeArray::Union => {
                for item in items {
                    let known = self.children().iter().any(|own| super::deep_equals(Some(own), Some(&item)));
                    if !known {
                        self.add(&item)?;
                    }
                }
                Ok(())
            }
            MergeArray::Replace if self == content => Ok(()),
            MergeArray::Replace => self.replace_all(&items),
            MergeArray::Merge => {
                for (index, item) in items.iter().enumerate() {
                    match self.child(index) {
                        Some(own) if own.is_container() => pending.push((own, item.clone())),
                        Some(_) if item.token_type() == TokenType::Null => {}
                        Some(_) => self.set_item(index, Some(item))?,
                        None => self.add(item)?,
                    }
                }
                Ok(())
            }
        }
    }
}
