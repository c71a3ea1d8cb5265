//! Evaluates operators. Numbers and conditions inside one another are computed as what they are: a
//! [`Value`] is made of the outermost only.

use super::call::TEXT_BYTES_A_STEP;
use super::ops::{self, Number};
use super::{Outcome, Run, Thrown, values};
use crate::program::node::{Binary, Node, Operands, UnaryKind};
use crate::syntax::ast::BinaryOp;
use crate::value::Value;
use rust_decimal::Decimal;

impl Run<'_> {
    pub(super) fn condition(&mut self, node: &Node) -> Result<bool, Thrown> {
        match node {
            Node::Binary(binary) if binary.is_condition() => self.comparison(binary),
            Node::AndAlso(left, right) => Ok(self.condition(left)? && self.condition(right)?),
            Node::OrElse(left, right) => Ok(self.condition(left)? || self.condition(right)?),
            Node::Unary(UnaryKind::Not, _, _, inner) => Ok(!self.condition(inner)?),
            Node::Is(value, test) => self.read(value, |run, value| run.test(value, test)),
            _ => self.read(node, |_, value| Ok(value.is_true())),
        }
    }

    /// Hands on what an operator gives.
    #[inline]
    pub(super) fn binary<T>(&mut self, binary: &Binary, then: impl FnOnce(&mut Self, Value) -> T) -> Result<T, Thrown> {
        let value = match binary.operands {
            _ if binary.is_condition() => Value::Bool(self.comparison(binary)?),
            _ if binary.lifted => self.lifted(binary)?,
            Operands::Int32 => return self.computed::<i32, T>(binary, then),
            Operands::UInt32 => return self.computed::<u32, T>(binary, then),
            Operands::Int64 => return self.computed::<i64, T>(binary, then),
            Operands::UInt64 => return self.computed::<u64, T>(binary, then),
            Operands::Single => return self.computed::<f32, T>(binary, then),
            Operands::Double => return self.computed::<f64, T>(binary, then),
            Operands::Decimal => return self.computed::<Decimal, T>(binary, then),
            Operands::Delegate => self
                .read_both(binary, |run, left, right| run.combine_delegates(binary.op == BinaryOp::Sub, left, right))?,
            Operands::Bool | Operands::String | Operands::Reference | Operands::Equals => self.lifted(binary)?,
        };
        Ok(then(self, value))
    }

    #[inline]
    fn computed<N: Number, T>(
        &mut self,
        binary: &Binary,
        then: impl FnOnce(&mut Self, Value) -> T,
    ) -> Result<T, Thrown> {
        let number = self.arithmetic::<N>(binary)?;
        Ok(then(self, number.value()))
    }

    /// An operator whose operands may be null.
    fn lifted(&mut self, binary: &Binary) -> Outcome {
        self.read_both(binary, |_, left, right| {
            ops::binary(binary.op, binary.operands, binary.checked, binary.lifted, left, right)
        })
    }

    /// An operator that gives true or false.
    fn comparison(&mut self, binary: &Binary) -> Result<bool, Thrown> {
        let negated = binary.op == BinaryOp::Ne;
        match binary.operands {
            Operands::Int32 => self.ordered::<i32>(binary),
            Operands::UInt32 => self.ordered::<u32>(binary),
            Operands::Int64 => self.ordered::<i64>(binary),
            Operands::UInt64 => self.ordered::<u64>(binary),
            Operands::Single => self.ordered::<f32>(binary),
            Operands::Double => self.ordered::<f64>(binary),
            Operands::Decimal => self.ordered::<Decimal>(binary),
            Operands::Bool => {
                let (left, right) = (self.condition(&binary.left)?, self.condition(&binary.right)?);
                Ok(ops::logic(binary.op, left, right))
            }
            Operands::String => self.read_both(binary, |run, left, right| Ok(run.same_text(left, right)? != negated)),
            Operands::Reference => {
                self.read_both(binary, |_, left, right| Ok(values::same_reference(left, right) != negated))
            }
            Operands::Equals | Operands::Delegate => {
                self.read_both(binary, |run, left, right| Ok(run.equals(left, right)? != negated))
            }
        }
    }

    fn same_text(&mut self, left: &Value, right: &Value) -> Result<bool, Thrown> {
        match (left, right) {
            (Value::Str(left), Value::Str(right)) => {
                self.steps(left.as_str().len().min(right.as_str().len()) / TEXT_BYTES_A_STEP)?;
                Ok(left == right)
            }
            (left, right) => Ok(left.is_null() && right.is_null()),
        }
    }

    fn ordered<T: Number>(&mut self, binary: &Binary) -> Result<bool, Thrown> {
        let (left, right) = (self.number::<T>(&binary.left)?, self.number::<T>(&binary.right)?);
        Ok(ops::compare(binary.op, left, right))
    }

    fn arithmetic<T: Number>(&mut self, binary: &Binary) -> Result<T, Thrown> {
        let (left, right) = (self.number::<T>(&binary.left)?, self.number::<T>(&binary.right)?);
        T::arithmetic(binary.op, binary.checked, left, right)
    }

    fn number<T: Number>(&mut self, node: &Node) -> Result<T, Thrown> {
        match node {
            Node::Local(slot, _) => Ok(self.with_local(*slot, T::of)),
            Node::Const(index) => Ok(T::of(self.constant(*index))),
            Node::Binary(binary) if binary.operands == T::OPERANDS && !binary.lifted && !binary.is_condition() => {
                self.arithmetic(binary)
            }
            _ => self.read(node, |_, value| Ok(T::of(value))),
        }
    }

    /// Gives the value of a node to `read`, where it stands: to move a value costs more than most
    /// operators.
    pub(super) fn read<T>(
        &mut self,
        node: &Node,
        read: impl FnOnce(&mut Self, &Value) -> Result<T, Thrown>,
    ) -> Result<T, Thrown> {
        match self.eval(node) {
            Ok(ref value) => read(self, value),
            Err(thrown) => Err(thrown),
        }
    }

    fn read_both<T>(
        &mut self,
        binary: &Binary,
        read: impl FnOnce(&mut Self, &Value, &Value) -> Result<T, Thrown>,
    ) -> Result<T, Thrown> {
        self.read(&binary.left, |run, left| run.read(&binary.right, |run, right| read(run, left, right)))
    }
}
