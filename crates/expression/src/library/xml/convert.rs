//! Explicit conversions of elements and attributes: `(int)element`, `(bool?)attribute`.

use super::node;
use crate::dotnet::data::error::DotnetError;
use crate::dotnet::data::xml::{duration, is_xml_blank};
use crate::dotnet::text::datetime::{self, DateTimeStyles};
use crate::dotnet::text::decimal::Decimal;
use crate::dotnet::text::guid::Guid;
use crate::dotnet::text::number::{self, IntType, NumberStyles};
use crate::library::{TypeTable, format};
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{DefId, known};
use crate::value::Value;

/// `XmlConvert` reads no thousands and no exponents in decimals.
const DECIMAL_STYLE: NumberStyles = NumberStyles(0x27);

fn cast(a: &mut Args<'_, '_>, id: DefId, nullable: bool, parameter: &str) -> Outcome {
    match node::node_of(a.get(0)).map(|node| node.value()) {
        Some(text) => convert(a.run, &text, id),
        None if nullable => Ok(Value::Null),
        None => Err(Thrown::argument_null(parameter)),
    }
}

fn convert(run: &mut Run<'_>, text: &str, id: DefId) -> Outcome {
    let trimmed = text.trim_matches(is_xml_blank);
    let integer = |ty| number::parse_integer(text, NumberStyles::INTEGER, ty).map(|n| crate::program_integer(id, n));
    Ok(match id {
        known::STRING => Value::string(text),
        known::BOOLEAN => Value::Bool(boolean(trimmed)?),
        known::INT32 => integer(IntType::Int32)?,
        known::UINT32 => integer(IntType::UInt32)?,
        known::INT64 => integer(IntType::Int64)?,
        known::UINT64 => integer(IntType::UInt64)?,
        known::SINGLE => Value::Single(match trimmed {
            "INF" => f32::INFINITY,
            "-INF" => f32::NEG_INFINITY,
            _ => number::parse_f32(trimmed, NumberStyles::FLOAT)?,
        }),
        known::DOUBLE => Value::Double(match trimmed {
            "INF" => f64::INFINITY,
            "-INF" => f64::NEG_INFINITY,
            _ => number::parse_f64(trimmed, NumberStyles::FLOAT)?,
        }),
        known::DECIMAL => Value::Decimal(format::from_decimal(Decimal::parse(text, DECIMAL_STYLE)?)),
        known::DATE_TIME => {
            let now = crate::library::time::now(run);
            format::from_date(datetime::parse(text, DateTimeStyles::ROUNDTRIP_KIND, now)?)
        }
        known::DATE_TIME_OFFSET => {
            let now = crate::library::time::now(run);
            format::from_offset(datetime::parse_offset(text, DateTimeStyles::NONE, now)?)
        }
        known::TIME_SPAN => Value::TimeSpan(duration(text)?),
        _ => format::from_guid(Guid::parse(text)?),
    })
}

fn boolean(text: &str) -> Result<bool, DotnetError> {
    match text.to_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        lower => Err(DotnetError::format(format!("The string '{lower}' is not a valid Boolean value."))),
    }
}

macro_rules! casts {
    ($from:literal $parameter:literal $(, $keyword:literal = $id:ident)* $(,)?) => {
        &[
            (concat!("explicit string(", $from, " ", $parameter, ")"), |a| cast(a, known::STRING, true, $parameter)),
            $(
                (concat!("explicit ", $keyword, "(", $from, " ", $parameter, ")"), |a| {
                    cast(a, known::$id, false, $parameter)
                }),
                (concat!("explicit ", $keyword, "?(", $from, " ", $parameter, ")"), |a| {
                    cast(a, known::$id, true, $parameter)
                }),
            )*
        ]
    };
    ($name:ident, $from:literal, $parameter:literal) => {
        static $name: &[(&str, Native)] = casts![
            $from $parameter,
            "bool" = BOOLEAN,
            "int" = INT32,
            "uint" = UINT32,
            "long" = INT64,
            "ulong" = UINT64,
            "float" = SINGLE,
            "double" = DOUBLE,
            "decimal" = DECIMAL,
            "DateTime" = DATE_TIME,
            "DateTimeOffset" = DATE_TIME_OFFSET,
            "TimeSpan" = TIME_SPAN,
            "Guid" = GUID,
        ];
    };
}

casts!(ELEMENT, "XElement", "element");
casts!(ATTRIBUTE, "XAttribute", "attribute");

/// The conversions of both, whose own tables list the rest.
pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Xml.Linq.XElement : XContainer", members: ELEMENT },
    TypeTable { decl: "class System.Xml.Linq.XAttribute : XObject", members: ATTRIBUTE },
];
