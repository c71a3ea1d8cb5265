//! `JsonSerializerSettings` and its kin, and `JsonConvert`, which takes them.

use super::deserialize::{from_text, untyped};
use super::serialize::styled;
use super::to_scalar;
use crate::dotnet::data::json::{
    DateParsing, Duplicates, Escape, FloatFormat, Formatting, JScalar, JToken, JsonWriter, LoadOptions, MergeArray,
    MergeSettings, ReadOptions,
};
use crate::dotnet::data::time::UNIX_EPOCH_TICKS;
use crate::library::{TypeTable, format};
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{DateKind, Object, Value, downcast};
use std::any::Any;
use std::cell::RefCell;

/// An object of named settings: those that were set.
struct Settings {
    class: &'static str,
    values: RefCell<Vec<(&'static str, Value)>>,
}

impl Object for Settings {
    fn type_of(&self) -> Type {
        Type::named(self.class)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn new(class: &'static str) -> Outcome {
    Ok(Value::object(Settings { class, values: RefCell::default() }))
}

fn find(settings: &Value, name: &str) -> Option<Value> {
    let settings = downcast::<Settings>(settings)?;
    let values = settings.values.borrow();
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}

/// The number of an enum setting; 0 where it is not set.
fn number(settings: &Value, name: &str) -> i64 {
    match find(settings, name) {
        Some(Value::Enum(_, number)) => number,
        Some(Value::Int32(number)) => number.into(),
        _ => 0,
    }
}

/// A setting that was set, or the default of its type.
fn get(a: &mut Args<'_, '_>, name: &str, ty: &str, default: i64) -> Outcome {
    a.object::<Settings>(0)?;
    if let Some(found) = find(a.get(0), name) {
        return Ok(found);
    }
    let ty = crate::types::registry().read_type(&crate::syntax::signature_tokens(ty), &[]).unwrap_or_else(Type::object);
    Ok(match ty.def() {
        Some(id) if ty.is_enum() => Value::Enum(id, default),
        _ => crate::run::default_value(&ty),
    })
}

fn set(a: &mut Args<'_, '_>, name: &'static str) -> Outcome {
    a.run.charge(48)?;
    let value = a.value(1);
    let mut values = a.object::<Settings>(0)?.values.borrow_mut();
    values.retain(|(known, _)| *known != name);
    values.push((name, value));
    Ok(Value::Null)
}

macro_rules! settings {
    ($class:literal: $($ty:literal $name:literal = $default:literal),* $(,)?) => {
        TypeTable {
            decl: concat!("class ", $class),
            members: &[
                ("new()", |_| new($class)),
                $(
                    (concat!($ty, " ", $name), |a| get(a, $name, $ty, $default)),
                    (concat!("set ", $ty, " ", $name), |a| set(a, $name)),
                )*
            ],
        }
    };
}

/// How texts and numbers are read.
pub fn read_options(settings: &Value) -> ReadOptions {
    let defaults = ReadOptions::default();
    let dates = match find(settings, "DateParseHandling") {
        Some(Value::Enum(_, 0)) => DateParsing::None,
        Some(Value::Enum(_, 2)) => DateParsing::DateTimeOffset,
        _ => DateParsing::DateTime,
    };
    let depth_max = match find(settings, "MaxDepth") {
        Some(Value::Int32(depth)) => usize::try_from(depth).unwrap_or(defaults.depth_max).min(DEPTH_LIMIT),
        // An explicit null lifts .NET's limit; ours stays.
        Some(Value::Null) => DEPTH_LIMIT,
        _ => defaults.depth_max,
    };
    ReadOptions { dates, decimals: number(settings, "FloatParseHandling") == 1, depth_max, ..defaults }
}

/// What `MaxDepth` may be raised to.
const DEPTH_LIMIT: usize = 10_000;

/// `JsonLoadSettings`.
pub fn load_options(settings: &Value) -> LoadOptions {
    let duplicates = match number(settings, "DuplicatePropertyNameHandling") {
        1 => Duplicates::Ignore,
        2 => Duplicates::Error,
        _ => Duplicates::Replace,
    };
    LoadOptions { duplicates, comments: number(settings, "CommentHandling") == 1, ..LoadOptions::default() }
}

/// `JsonMergeSettings`.
pub fn merge_settings(settings: &Value) -> MergeSettings {
    MergeSettings {
        arrays: match number(settings, "MergeArrayHandling") {
            1 => MergeArray::Union,
            2 => MergeArray::Replace,
            3 => MergeArray::Merge,
            _ => MergeArray::Concat,
        },
        nulls: number(settings, "MergeNullValueHandling") == 1,
        ignore_case: matches!(number(settings, "PropertyNameComparison"), 1 | 3 | 5),
    }
}

/// `JsonSelectSettings.ErrorWhenNoMatch`.
pub fn errors_when_no_match(settings: &Value) -> bool {
    matches!(find(settings, "ErrorWhenNoMatch"), Some(Value::Bool(true)))
}

/// How values are written.
#[derive(Default)]
pub struct Style {
    formatting: Formatting,
    no_nulls: bool,
    no_defaults: bool,
    escape: Escape,
    floats: FloatFormat,
    date_format: Option<String>,
    /// `DateFormatHandling.MicrosoftDateFormat`.
    microsoft_dates: bool,
    zone: Zone,
}

/// `DateTimeZoneHandling`.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Local,
    Utc,
    Unspecified,
    #[default]
    Keep,
}

impl Style {
    fn of(settings: &Value, formatting: &Value) -> Style {
        let shown = if let Value::Enum(_, number) = formatting { *number } else { number(settings, "Formatting") };
        let defaults = number(settings, "DefaultValueHandling");
        Style {
            formatting: if shown == 1 { Formatting::Indented } else { Formatting::None },
            no_nulls: number(settings, "NullValueHandling") == 1,
            no_defaults: defaults & 1 == 1,
            escape: match number(settings, "StringEscapeHandling") {
                1 => Escape::NonAscii,
                2 => Escape::Html,
                _ => Escape::Default,
            },
            floats: match number(settings, "FloatFormatHandling") {
                1 => FloatFormat::Symbol,
                2 => FloatFormat::DefaultValue,
                _ => FloatFormat::String,
            },
            date_format: find(settings, "DateFormatString").and_then(|text| text.as_str().map(ToOwned::to_owned)),
            microsoft_dates: number(settings, "DateFormatHandling") == 1,
            zone: match find(settings, "DateTimeZoneHandling") {
                Some(Value::Enum(_, 0)) => Zone::Local,
                Some(Value::Enum(_, 1)) => Zone::Utc,
                Some(Value::Enum(_, 2)) => Zone::Unspecified,
                _ => Zone::Keep,
            },
        }
    }

    /// Whether dates are written as they always are.
    pub fn keeps_dates(&self) -> bool {
        self.date_format.is_none() && !self.microsoft_dates && self.zone == Zone::Keep
    }

    /// Whether a member of this value is not written.
    pub fn leaves_out(&self, value: &Value) -> bool {
        if value.is_null() {
            return self.no_nulls || self.no_defaults;
        }
        self.no_defaults
            && match to_scalar(value) {
                Some(JScalar::Boolean(flag)) => !flag,
                Some(JScalar::Integer(0) | JScalar::Int32(0) | JScalar::UInt64(0) | JScalar::TimeSpan(0)) => true,
                Some(JScalar::Float(number)) => number == 0.0,
                Some(JScalar::Single(number)) => number == 0.0,
                Some(JScalar::Decimal(number)) => number.is_zero(),
                Some(JScalar::Guid(guid)) => guid == [0; 16],
                Some(JScalar::Date(date)) => date.ticks == 0,
                _ => false,
            }
    }

    /// A scalar with its date written as the settings say.
    pub fn scalar(&self, run: &mut Run<'_>, scalar: JScalar) -> Result<JScalar, Thrown> {
        if self.keeps_dates() {
            return Ok(scalar);
        }
        let value = match super::from_scalar(&scalar) {
            Value::DateTime(mut date) => {
                // The time zone is UTC: a local time and UTC differ in kind only.
                date.kind = match self.zone {
                    Zone::Utc => DateKind::Utc,
                    Zone::Local => DateKind::Local,
                    Zone::Unspecified => DateKind::Unspecified,
                    Zone::Keep => date.kind,
                };
                Value::DateTime(date)
            }
            value @ Value::DateTimeOffset(_) => value,
            _ => return Ok(scalar),
        };
        if let Some(text) = self.date_format.as_deref().filter(|text| !text.is_empty()) {
            return Ok(JScalar::string(run.format(&value, text)?));
        }
        if !self.microsoft_dates {
            return Ok(to_scalar(&value).unwrap_or(scalar));
        }
        let (utc, suffix) = match &value {
            Value::DateTime(date) if date.kind == DateKind::Utc => (date.ticks, String::new()),
            Value::DateTime(date) => (date.ticks, "+0000".to_owned()),
            Value::DateTimeOffset(date) => (date.utc_ticks(), format::offset(*date).format("zzz")?.replace(':', "")),
            _ => return Ok(scalar),
        };
        let milliseconds = (utc - UNIX_EPOCH_TICKS) / 10_000;
        Ok(JScalar::Raw(format!("\"\\/Date({milliseconds}{suffix})\\/\"").into()))
    }
}

/// `SerializeObject` in all its forms: formatting, type and settings in any place.
fn serialize(a: &mut Args<'_, '_>) -> Outcome {
    let item = a.value(0);
    let rest = a.args.get(1..).unwrap_or_default();
    let settings = rest.iter().find(|arg| downcast::<Settings>(arg).is_some()).cloned().unwrap_or_default();
    let formatting = rest.iter().find(|arg| matches!(arg, Value::Enum(..))).cloned().unwrap_or_default();
    let style = Style::of(&settings, &formatting);
    let token = styled(a.run, &item, &style)?;
    let text = print(&token, &style);
    a.make(text)
}

fn print(token: &JToken, style: &Style) -> String {
    let mut writer = JsonWriter::new(style.formatting).with(style.escape, style.floats);
    writer.token(token);
    writer.finish()
}

fn deserialize(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.text(0, "value")?.clone();
    let options = read_options(a.get(1));
    untyped(a.run, text.as_str(), options)
}

fn deserialize_as(a: &mut Args<'_, '_>) -> Outcome {
    let (text, ty) = (a.text(0, "value")?.clone(), a.ty(0));
    let settings = a.args.iter().skip(1).find(|arg| downcast::<Settings>(arg).is_some()).cloned().unwrap_or_default();
    if ty.is(crate::types::known::OBJECT) {
        return untyped(a.run, text.as_str(), read_options(&settings));
    }
    from_text(a.run, text.as_str(), &ty, read_options(&settings))
}

fn deserialize_type(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.text(0, "value")?.clone();
    let options = read_options(a.get(2));
    match crate::library::reflection::type_of(a.get(1)) {
        Some(ty) => from_text(a.run, text.as_str(), &ty, options),
        None => untyped(a.run, text.as_str(), options),
    }
}

/// `JsonConvert.ToString(value)`: the value as JSON.
fn literal(a: &mut Args<'_, '_>) -> Outcome {
    let scalar = to_scalar(a.get(0)).ok_or_else(|| {
        let ty = a.get(0).type_name();
        Thrown::argument(&format!(
            "Unsupported type: {ty}. Use the JsonSerializer class to get the object's JSON representation."
        ))
    })?;
    let text = print(&JToken::value(scalar), &Style::default());
    a.make(text)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "enum Newtonsoft.Json.Formatting { None, Indented }", members: &[] },
    TypeTable { decl: "enum Newtonsoft.Json.NullValueHandling { Include, Ignore }", members: &[] },
    TypeTable {
        decl: "flags enum Newtonsoft.Json.DefaultValueHandling { Include, Ignore, Populate, IgnoreAndPopulate }",
        members: &[],
    },
    TypeTable { decl: "enum Newtonsoft.Json.DateFormatHandling { IsoDateFormat, MicrosoftDateFormat }", members: &[] },
    TypeTable {
        decl: "enum Newtonsoft.Json.DateTimeZoneHandling { Local, Utc, Unspecified, RoundtripKind }",
        members: &[],
    },
    TypeTable { decl: "enum Newtonsoft.Json.DateParseHandling { None, DateTime, DateTimeOffset }", members: &[] },
    TypeTable { decl: "enum Newtonsoft.Json.FloatFormatHandling { String, Symbol, DefaultValue }", members: &[] },
    TypeTable { decl: "enum Newtonsoft.Json.FloatParseHandling { Double, Decimal }", members: &[] },
    TypeTable {
        decl: "enum Newtonsoft.Json.StringEscapeHandling { Default, EscapeNonAscii, EscapeHtml }",
        members: &[],
    },
    TypeTable { decl: "enum Newtonsoft.Json.Linq.MergeArrayHandling { Concat, Union, Replace, Merge }", members: &[] },
    TypeTable { decl: "flags enum Newtonsoft.Json.Linq.MergeNullValueHandling { Ignore, Merge }", members: &[] },
    TypeTable { decl: "enum Newtonsoft.Json.Linq.CommentHandling { Ignore, Load }", members: &[] },
    TypeTable { decl: "enum Newtonsoft.Json.Linq.LineInfoHandling { Ignore, Load }", members: &[] },
    TypeTable {
        decl: "enum Newtonsoft.Json.Linq.DuplicatePropertyNameHandling { Replace, Ignore, Error }",
        members: &[],
    },
    settings!["Newtonsoft.Json.JsonSerializerSettings":
        "Formatting" "Formatting" = 0,
        "NullValueHandling" "NullValueHandling" = 0,
        "DefaultValueHandling" "DefaultValueHandling" = 0,
        "DateFormatHandling" "DateFormatHandling" = 0,
        "DateTimeZoneHandling" "DateTimeZoneHandling" = 3,
        "DateParseHandling" "DateParseHandling" = 1,
        "string" "DateFormatString" = 0,
        "FloatFormatHandling" "FloatFormatHandling" = 0,
        "FloatParseHandling" "FloatParseHandling" = 0,
        "StringEscapeHandling" "StringEscapeHandling" = 0,
        "int?" "MaxDepth" = 0,
    ],
    settings!["Newtonsoft.Json.Linq.JsonMergeSettings":
        "MergeArrayHandling" "MergeArrayHandling" = 0,
        "MergeNullValueHandling" "MergeNullValueHandling" = 0,
        "StringComparison" "PropertyNameComparison" = 4,
    ],
    settings!["Newtonsoft.Json.Linq.JsonLoadSettings":
        "CommentHandling" "CommentHandling" = 0,
        "LineInfoHandling" "LineInfoHandling" = 1,
        "DuplicatePropertyNameHandling" "DuplicatePropertyNameHandling" = 0,
    ],
    settings!["Newtonsoft.Json.Linq.JsonSelectSettings":
        "TimeSpan?" "RegexMatchTimeout" = 0,
        "bool" "ErrorWhenNoMatch" = 0,
    ],
    TypeTable {
        decl: "static class Newtonsoft.Json.JsonConvert",
        members: &[
            ("static string SerializeObject(object value)", serialize),
            ("static string SerializeObject(object value, Formatting formatting)", serialize),
            ("static string SerializeObject(object value, JsonSerializerSettings settings)", serialize),
            ("static string SerializeObject(object value, Type type, JsonSerializerSettings settings)", serialize),
            (
                "static string SerializeObject(object value, Formatting formatting, JsonSerializerSettings settings)",
                serialize,
            ),
            (
                "static string SerializeObject(object value, Type type, Formatting formatting, JsonSerializerSettings settings)",
                serialize,
            ),
            ("static object DeserializeObject(string value)", deserialize),
            ("static object DeserializeObject(string value, JsonSerializerSettings settings)", deserialize),
            ("static object DeserializeObject(string value, Type type)", deserialize_type),
            (
                "static object DeserializeObject(string value, Type type, JsonSerializerSettings settings)",
                deserialize_type,
            ),
            ("static T DeserializeObject<T>(string value)", deserialize_as),
            ("static T DeserializeObject<T>(string value, JsonSerializerSettings settings)", deserialize_as),
            ("static T DeserializeAnonymousType<T>(string value, T anonymousTypeObject)", deserialize_as),
            ("static string ToString(object value)", literal),
        ],
    },
];
