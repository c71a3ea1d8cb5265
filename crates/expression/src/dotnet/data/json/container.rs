//! Changing the tree: what `JContainer`, `JObject`, `JArray` and `JProperty` offer.

use super::token::{Kind, Node};
use super::{JScalar, JToken, TokenType};
use crate::dotnet::data::error::{DotnetError, Result};
use std::rc::Rc;

/// A .NET `JsonException`.
pub(super) fn json_error(message: impl Into<String>) -> DotnetError {
    DotnetError::new("Newtonsoft.Json.JsonException", message)
}

/// Reading by name and index.
impl JToken {
    /// `JObject.Property(name)`; `None` on other classes.
    pub fn property_named(&self, name: &str) -> Option<JToken> {
        match &self.node.kind {
            Kind::Object(properties) => properties.borrow().get(name).cloned().map(|node| self.reach(node)),
            _ => None,
        }
    }

    /// `JObject.Property(name, comparison)`: an exact match first, else the first that `same` accepts.
    pub fn property_where(&self, name: &str, same: impl Fn(&str, &str) -> bool) -> Option<JToken> {
        if let Some(exact) = self.property_named(name) {
            return Some(exact);
        }
        let Kind::Object(properties) = &self.node.kind else { return None };
        let found = properties.borrow().iter().find(|(key, _)| same(key, name)).map(|(_, node)| node.clone());
        found.map(|node| self.reach(node))
    }

    /// `JObject[name]`; `None` is C#'s null.
    pub fn get(&self, name: &str) -> Option<JToken> {
        let Kind::Object(properties) = &self.node.kind else { return None };
        let value = match &properties.borrow().get(name)?.kind {
            Kind::Property(_, value) => value.borrow().clone(),
            _ => None,
        };
        value.map(|node| self.reach(node))
    }

    /// `JProperty.Value`; `None` on other classes.
    pub fn property_value(&self) -> Option<JToken> {
        if self.is_property() { self.child(0) } else { None }
    }

    /// `token["name"]`.
    ///
    /// # Errors
    /// `InvalidOperationException` on values and properties, `ArgumentException` on arrays.
    pub fn index_name(&self, name: &str) -> Result<Option<JToken>> {
        match &self.node.kind {
            Kind::Object(_) => Ok(self.get(name)),
            Kind::Array(_) | Kind::Constructor(..) => Err(self.wrong_key("Accessed", &format!("\"{name}\""))),
            Kind::Property(..) | Kind::Value(_) => Err(self.no_child_access("access")),
        }
    }

    /// `token[index]`.
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException` outside an array, the exceptions of a wrong key elsewhere.
    pub fn index_number(&self, index: i32) -> Result<Option<JToken>> {
        match &self.node.kind {
            Kind::Array(_) | Kind::Constructor(..) => {
                let child = usize::try_from(index).ok().and_then(|index| self.child(index));
                child.map(Some).ok_or_else(DotnetError::index_out_of_range)
            }
            Kind::Object(_) => Err(self.wrong_key("Accessed", &index.to_string())),
            Kind::Property(..) | Kind::Value(_) => Err(self.no_child_access("access")),
        }
    }

    /// The exception of `token[key]` with a key of a type the class does not take; `key` is shown as is.
    pub fn wrong_key(&self, verb: &str, key: &str) -> DotnetError {
        let (class, wanted) = match &self.node.kind {
            Kind::Object(_) => ("JObject", "Object property name expected."),
            Kind::Constructor(..) => ("JConstructor", "Argument position index expected."),
            _ => ("JArray", "Int32 array index expected."),
        };
        DotnetError::argument(format!("{verb} {class} values with invalid key value: {key}. {wanted}"))
    }
}

/// Changing by name and index.
impl JToken {
    /// `token["name"] = value`. `None` is C#'s null.
    ///
    /// # Errors
    /// As [`JToken::index_name`].
    pub fn set_name(&self, name: &str, value: Option<&JToken>) -> Result<()> {
        match &self.node.kind {
            Kind::Object(_) => match self.property_named(name) {
                Some(property) => property.set_property_value(value),
                None => {
                    let null;
                    let value = match value {
                        Some(value) => value,
                        None => {
                            null = JToken::null();
                            &null
                        }
                    };
                    self.add(&JToken::property(name, value))
                }
            },
            Kind::Array(_) | Kind::Constructor(..) => Err(self.wrong_key("Set", &format!("\"{name}\""))),
            Kind::Property(..) | Kind::Value(_) => Err(self.no_child_access("set")),
        }
    }

    /// `token[index] = value`.
    ///
    /// # Errors
    /// As [`JToken::index_number`].
    pub fn set_number(&self, index: i32, value: Option<&JToken>) -> Result<()> {
        match &self.node.kind {
            Kind::Array(_) | Kind::Constructor(..) => {
                let index = self.checked_index(index)?;
                self.set_item(index, value)
            }
            Kind::Object(_) => Err(self.wrong_key("Set", &index.to_string())),
            Kind::Property(..) | Kind::Value(_) => Err(self.no_child_access("set")),
        }
    }

    fn checked_index(&self, index: i32) -> Result<usize> {
        match usize::try_from(index) {
            Err(_) => Err(DotnetError::out_of_range("Index is less than 0.", "index")),
            Ok(at) if at >= self.child_count() => {
                Err(DotnetError::out_of_range("Index is equal to or greater than Count.", "index"))
            }
            Ok(at) => Ok(at),
        }
    }

    /// `JProperty.Value = value`.
    ///
    /// # Errors
    /// `ArgumentException` when the value is a property.
    pub fn set_property_value(&self, value: Option<&JToken>) -> Result<()> {
        self.set_item(0, value)
    }

    /// Stores the value of a new property.
    pub(super) fn put_value(&self, node: Rc<Node>) {
        if let Kind::Property(_, value) = &self.node.kind {
            node.set_parent(&self.node);
            *value.borrow_mut() = Some(node);
        }
    }

    /// `Add(content)` of a container.
    ///
    /// # Errors
    /// `ArgumentException` for a token the container cannot hold or a name it already has.
    pub fn add(&self, item: &JToken) -> Result<()> {
        self.insert_item(self.child_count(), item)
    }

    /// `AddFirst(content)`.
    ///
    /// # Errors
    /// As [`JToken::add`].
    pub fn add_first(&self, item: &JToken) -> Result<()> {
        self.insert_item(0, item)
    }

    /// `JObject.Add(name, value)`.
    ///
    /// # Errors
    /// As [`JToken::add`].
    pub fn add_property(&self, name: &str, value: &JToken) -> Result<()> {
        self.add(&JToken::property(name, value))
    }

    /// `JArray.Insert(index, item)`.
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException` beyond the end.
    pub fn insert(&self, index: i32, item: &JToken) -> Result<()> {
        match usize::try_from(index) {
            Ok(at) if at <= self.child_count() => self.insert_item(at, item),
            _ => Err(DotnetError::out_of_range("Index must be within the bounds of the List.", "index")),
        }
    }

    fn insert_item(&self, index: usize, item: &JToken) -> Result<()> {
        let node = item.unparented(self);
        self.validate(&node, None)?;
        match (&self.node.kind, &node.kind) {
            (Kind::Object(properties), Kind::Property(name, _)) => {
                properties.borrow_mut().shift_insert(index, name.clone(), node.clone());
            }
            (Kind::Array(items) | Kind::Constructor(_, items), _) => items.borrow_mut().insert(index, node.clone()),
            (Kind::Property(_, value), _) if value.borrow().is_none() => *value.borrow_mut() = Some(node.clone()),
            (Kind::Property(..), _) => {
                return Err(json_error("Newtonsoft.Json.Linq.JProperty cannot have multiple values."));
            }
            _ => return Err(self.no_child_access("set")),
        }
        node.set_parent(&self.node);
        Ok(())
    }

    /// Refuses what this container cannot hold. `existing` is the child that is to be replaced.
    fn validate(&self, node: &Rc<Node>, existing: Option<&Rc<Node>>) -> Result<()> {
        let refused = || DotnetError::argument(format!("Can not add {} to {}.", node.class_name(), self.class_name()));
        match (&self.node.kind, &node.kind) {
            (Kind::Object(properties), Kind::Property(name, _)) => {
                if let Some(Kind::Property(old, _)) = existing.map(|node| &node.kind)
                    && old == name
                {
                    return Ok(());
                }
                if properties.borrow().contains_key(name) {
                    return Err(DotnetError::argument(format!(
                        "Can not add property {name} to {}. Property with the same name already exists on object.",
                        self.class_name()
                    )));
                }
                Ok(())
            }
            (Kind::Object(_), _) | (_, Kind::Property(..)) => Err(refused()),
            _ => Ok(()),
        }
    }

    /// Puts an item in the place of another; an equal value stays as it is.
    pub(super) fn set_item(&self, index: usize, item: Option<&JToken>) -> Result<()> {
        let Some(old) = self.node.child(index) else { return Err(DotnetError::index_out_of_range()) };
        if unchanged(&old, item) {
            return Ok(());
        }
        let node = match item {
            Some(item) => item.unparented(self),
            None => Node::value(JScalar::Null),
        };
        self.validate(&node, Some(&old))?;
        match (&self.node.kind, &node.kind) {
            (Kind::Object(properties), Kind::Property(name, _)) => {
                let mut properties = properties.borrow_mut();
                properties.shift_remove_index(index);
                properties.shift_insert(index, name.clone(), node.clone());
            }
            (Kind::Array(items) | Kind::Constructor(_, items), _) => items.borrow_mut()[index] = node.clone(),
            (Kind::Property(_, value), _) => *value.borrow_mut() = Some(node.clone()),
            _ => return Err(self.no_child_access("set")),
        }
        old.clear_parent();
        node.set_parent(&self.node);
        Ok(())
    }

    fn remove_index(&self, index: usize) -> Result<()> {
        let removed = match &self.node.kind {
            Kind::Object(properties) => properties.borrow_mut().shift_remove_index(index).map(|(_, node)| node),
            Kind::Array(items) | Kind::Constructor(_, items) => {
                let mut items = items.borrow_mut();
                (index < items.len()).then(|| items.remove(index))
            }
            Kind::Property(..) => return Err(fixed_property()),
            Kind::Value(_) => None,
        };
        if let Some(node) = removed {
            node.clear_parent();
        }
        Ok(())
    }

    /// `JObject.Remove(name)`: whether there was one.
    pub fn remove_property(&self, name: &str) -> bool {
        let Kind::Object(properties) = &self.node.kind else { return false };
        let removed = properties.borrow_mut().shift_remove(name);
        match removed {
            Some(node) => {
                node.clear_parent();
                true
            }
            None => false,
        }
    }

    /// `JArray.RemoveAt(index)`.
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException` outside the array.
    pub fn remove_at(&self, index: i32) -> Result<()> {
        let index = self.checked_index(index)?;
        self.remove_index(index)
    }

    /// `JArray.Remove(item)`: whether it was there. Items compare by identity.
    pub fn remove_item(&self, item: &JToken) -> Result<bool> {
        match self.node.index_of(&item.node) {
            Some(index) => self.remove_index(index).map(|()| true),
            None => Ok(false),
        }
    }

    /// `JArray.IndexOf(item)`; -1 when absent.
    pub fn index_of(&self, item: &JToken) -> i32 {
        self.node.index_of(&item.node).map_or(-1, |index| index as i32)
    }

    /// `RemoveAll()`, `JArray.Clear()`.
    ///
    /// # Errors
    /// `JsonException` on a property.
    pub fn clear(&self) -> Result<()> {
        let removed: Vec<Rc<Node>> = match &self.node.kind {
            Kind::Object(properties) => std::mem::take(&mut *properties.borrow_mut()).into_values().collect(),
            Kind::Array(items) | Kind::Constructor(_, items) => std::mem::take(&mut *items.borrow_mut()),
            Kind::Property(..) => return Err(fixed_property()),
            Kind::Value(_) => Vec::new(),
        };
        removed.iter().for_each(|node| node.clear_parent());
        Ok(())
    }

    fn required_parent(&self) -> Result<(JToken, usize)> {
        let parent = self.parent().ok_or_else(|| DotnetError::invalid_operation("The parent is missing."))?;
        let index = parent.node.index_of(&self.node).unwrap_or(0);
        Ok((parent, index))
    }

    /// `Remove()`: takes the token out of its parent.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent, `JsonException` for the value of a property.
    pub fn remove(&self) -> Result<()> {
        let (parent, index) = self.required_parent()?;
        parent.remove_index(index)
    }

    /// `Replace(value)`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn replace(&self, value: Option<&JToken>) -> Result<()> {
        let (parent, index) = self.required_parent()?;
        parent.set_item(index, value)
    }

    /// `AddAfterSelf(content)`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn add_after_self(&self, item: &JToken) -> Result<()> {
        let (parent, index) = self.required_parent()?;
        parent.insert_item(index + 1, item)
    }

    /// `AddBeforeSelf(content)`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn add_before_self(&self, item: &JToken) -> Result<()> {
        let (parent, index) = self.required_parent()?;
        parent.insert_item(index, item)
    }

    /// `ReplaceAll(content)`: removes what is there, then adds.
    ///
    /// # Errors
    /// As [`JToken::add`].
    pub fn replace_all(&self, items: &[JToken]) -> Result<()> {
        self.clear()?;
        items.iter().try_for_each(|item| self.add(item))
    }
}

fn fixed_property() -> DotnetError {
    json_error("Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.")
}

fn unchanged(old: &Rc<Node>, new: Option<&JToken>) -> bool {
    let Kind::Value(scalar) = &old.kind else { return false };
    let scalar = scalar.borrow();
    match new {
        None => scalar.token_type() == TokenType::Null,
        Some(new) => Rc::ptr_eq(old, &new.node) || new.with_scalar(|new| scalar.equals(new)).unwrap_or(false),
    }
}
