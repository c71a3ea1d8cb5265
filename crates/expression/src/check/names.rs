//! Names: types and simple names.

use super::scope::Binding;
use super::{Bound, Check, Checker, Reported, Typed, hint, member};
use crate::program::Const;
use crate::syntax::ast::{Name, TypeKind, TypeRef};
use crate::types::{Type, known, registry};
use crate::value::Part;
use tollgate_error::{Code, Span};

impl<'t> Checker<'t> {
    /// A type as it was written.
    pub(super) fn resolve(&mut self, ty: &TypeRef) -> Check<Type> {
        match &ty.kind {
            TypeKind::Omitted => self.report(Code::EXPRESSION_SYNTAX, ty.span, "type expected"),
            TypeKind::Array(element, rank) => {
                let element = self.resolve(element)?;
                Ok(Type::Array(element.into(), u8::try_from(*rank).unwrap_or(u8::MAX)))
            }
            TypeKind::Nullable(inner) => {
                let inner_type = self.resolve(inner)?;
                if !inner_type.is_value_type() || inner_type.nullable_inner().is_some() {
                    let hint = Some("nullable reference types came with C# 8; leave the `?` out".to_owned());
                    let message =
                        format!("`{inner_type}` must be a non-nullable value type to be used as `{inner_type}?`");
                    return self.report_hint(Code::EXPRESSION_CHECK, ty.span, message, hint);
                }
                Ok(Type::nullable(inner_type))
            }
            TypeKind::Tuple(items) => {
                let mut types = Vec::new();
                for (item, _) in items {
                    types.push(self.resolve(item)?);
                }
                Ok(Type::tuple(types, items.iter().map(|(_, name)| name.as_ref().map(|n| n.text.clone())).collect()))
            }
            TypeKind::Named(path) => self.resolve_path(path, ty.span),
        }
    }

    fn resolve_path(&mut self, path: &[(Name, Vec<TypeRef>)], span: Span) -> Check<Type> {
        let Some((last, arguments)) = path.last() else { return Err(Reported) };
        if path.len() == 1 && arguments.is_empty() {
            if last.text == "void" {
                return Ok(Type::Void);
            }
            if last.text == "dynamic" {
                return Ok(Type::Dynamic);
            }
            if let Some(id) = known::by_keyword(&last.text) {
                return Ok(Type::of(id));
            }
            if let Some(ty) = self.type_parameter(last) {
                return Ok(ty);
            }
        }
        let mut types = Vec::new();
        for argument in arguments {
            types.push(if matches!(argument.kind, TypeKind::Omitted) {
                Type::object()
            } else {
                self.resolve(argument)?
            });
        }
        let full: Vec<&str> = path.iter().map(|(name, _)| name.text.as_str()).collect();
        let found = if path.len() == 1 {
            registry().simple(&last.text, types.len()).filter(|id| registry().is_imported(*id))
        } else {
            registry().full(&full.join("."), types.len())
        };
        match found {
            Some(id) => self.constructed(id, types, span),
            None => self.unknown_type(&full.join("."), types.len(), span),
        }
    }

    fn constructed(&mut self, id: crate::types::DefId, types: Vec<Type>, span: Span) -> Check<Type> {
        if id == known::NULLABLE && !types.first().is_some_and(Type::is_value_type) {
            return self.report(Code::EXPRESSION_CHECK, span, "the type argument of `Nullable` must be a value type");
        }
        Ok(Type::generic(id, types))
    }

    fn unknown_type<T>(&mut self, name: &str, arity: usize, span: Span) -> Check<T> {
        let simple = name.rsplit('.').next().unwrap_or(name);
        let arities = registry().arities(simple);
        let (message, hint) = if !arities.is_empty() && !arities.contains(&arity) {
            let needed = arities.first().copied().unwrap_or(0);
            (format!("the type `{name}` takes {needed} type arguments, not {arity}"), None)
        } else {
            let names = registry().defs().filter(|def| def.params.len() == arity).map(|def| def.name.as_str());
            let hint = match hint::nearest(simple, names) {
                Some(found) => Some(format!("did you mean `{found}`?")),
                None => Some("only the types of docs/expressions.md may be used".to_owned()),
            };
            (format!("the type `{name}` is not allowed in policy expressions or does not exist"), hint)
        };
        self.report_hint(Code::EXPRESSION_TYPE_NOT_ALLOWED, span, message, hint)
    }

    pub(super) fn simple_name(&mut self, name: &'t Name, arguments: &'t [TypeRef], span: Span) -> Check<Bound<'t>> {
        if let Some(binding) = self.find_name(&name.text) {
            return self.bound_name(name, binding, arguments);
        }
        if name.text == "context" && arguments.is_empty() {
            let node = self.constant(Const::Part(Part::Context));
            return Ok(Bound::Value(Typed { node, ty: Type::of(known::CONTEXT), constant: None, span }));
        }
        let arity = arguments.len();
        if let Some(id) = registry().simple(&name.text, arity).filter(|id| registry().is_imported(*id)) {
            let mut types = Vec::new();
            for argument in arguments {
                types.push(self.resolve(argument)?);
            }
            return Ok(Bound::Type(self.constructed(id, types, span)?));
        }
        if registry().is_namespace(&name.text) {
            return Ok(Bound::Namespace(name.text.to_string()));
        }
        let locals: Vec<String> =
            self.scopes.iter().flat_map(|scope| scope.names.iter().map(|(name, _)| name.to_string())).collect();
        let types = registry().defs().filter(|def| def.params.is_empty()).map(|def| def.name.as_str());
        let names = locals.iter().map(String::as_str).chain(["context"]).chain(types);
        let hint = hint::nearest(&name.text, names).map(|found| format!("did you mean `{found}`?"));
        let message = format!("the name `{}` does not exist in the current context", name.text);
        self.report_hint(Code::EXPRESSION_UNKNOWN_NAME, name.span, message, hint)
    }

    fn bound_name(&mut self, name: &'t Name, binding: Binding<'t>, arguments: &'t [TypeRef]) -> Check<Bound<'t>> {
        let span = name.span;
        match binding {
            Binding::Local(index) => {
                if !arguments.is_empty() {
                    let message = format!("the variable `{}` cannot be used with type arguments", name.text);
                    return self.report(Code::EXPRESSION_CHECK, span, message);
                }
                let ty = self.local_type(index);
                if ty.is_error() {
                    return Err(Reported);
                }
                if let Some(constant) = self.locals.get(index).and_then(|local| local.constant.clone()) {
                    return Ok(Bound::Value(self.typed_constant(constant, ty, span)));
                }
                let node = self.local_node(index, span);
                Ok(Bound::Value(Typed { node, ty, constant: None, span }))
            }
            Binding::Carried(index) => {
                let ty = self.local_type(index);
                let node = self.local_node(index, span);
                let carrier = Typed { node, ty, constant: None, span };
                self.member_of(carrier, name, &[], span, member::Use::Read)
            }
            Binding::Function(function, index) => self.local_group(function, index, name, arguments),
        }
    }
}
