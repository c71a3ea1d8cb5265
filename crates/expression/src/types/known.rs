//! Types that the language itself knows, with fixed places in the registry.

use super::DefId;

macro_rules! known {
    ($($index:literal $name:tt $full:literal $arity:literal;)*) => {
        $(pub const $name: DefId = DefId($index);)*
        /// Full names and numbers of type parameters, in the order of their ids.
        pub const KNOWN: &[(&str, usize)] = &[$(($full, $arity)),*];
    };
}

// A type without a name here only keeps its place.
known! {
    0 OBJECT "System.Object" 0;
    1 STRING "System.String" 0;
    2 BOOLEAN "System.Boolean" 0;
    3 CHAR "System.Char" 0;
    4 SBYTE "System.SByte" 0;
    5 BYTE "System.Byte" 0;
    6 INT16 "System.Int16" 0;
    7 UINT16 "System.UInt16" 0;
    8 INT32 "System.Int32" 0;
    9 UINT32 "System.UInt32" 0;
    10 INT64 "System.Int64" 0;
    11 UINT64 "System.UInt64" 0;
    12 SINGLE "System.Single" 0;
    13 DOUBLE "System.Double" 0;
    14 DECIMAL "System.Decimal" 0;
    15 VOID "System.Void" 0;
    16 NULLABLE "System.Nullable" 1;
    17 DATE_TIME "System.DateTime" 0;
    18 DATE_TIME_OFFSET "System.DateTimeOffset" 0;
    19 TIME_SPAN "System.TimeSpan" 0;
    20 GUID "System.Guid" 0;
    21 VALUE_TYPE "System.ValueType" 0;
    22 ENUM "System.Enum" 0;
    23 ARRAY "System.Array" 0;
    24 DELEGATE "System.Delegate" 0;
    25 EXCEPTION "System.Exception" 0;
    26 TYPE "System.Type" 0;
    27 ENUMERABLE "System.Collections.Generic.IEnumerable" 1;
    28 ENUMERATOR "System.Collections.Generic.IEnumerator" 1;
    29 ENUMERABLE_OBJECT "System.Collections.IEnumerable" 0;
    30 LIST "System.Collections.Generic.List" 1;
    31 DICTIONARY "System.Collections.Generic.Dictionary" 2;
    32 KEY_VALUE "System.Collections.Generic.KeyValuePair" 2;
    33 ILIST "System.Collections.Generic.IList" 1;
    34 ICOLLECTION "System.Collections.Generic.ICollection" 1;
    35 READ_ONLY_LIST "System.Collections.Generic.IReadOnlyList" 1;
    36 READ_ONLY_COLLECTION "System.Collections.Generic.IReadOnlyCollection" 1;
    37 DISPOSABLE "System.IDisposable" 0;
    38 GROUPING "System.Linq.IGrouping" 2;
    39 CONTEXT "IContext" 0;
    40 JTOKEN "Newtonsoft.Json.Linq.JToken" 0;
    41 JOBJECT "Newtonsoft.Json.Linq.JObject" 0;
    42 JARRAY "Newtonsoft.Json.Linq.JArray" 0;
    43 JVALUE "Newtonsoft.Json.Linq.JValue" 0;
    44 JPROPERTY "Newtonsoft.Json.Linq.JProperty" 0;
    45 _ "System.Action" 0;
    46 HASH_SET "System.Collections.Generic.HashSet" 1;
    47 QUEUE "System.Collections.Generic.Queue" 1;
    48 STACK "System.Collections.Generic.Stack" 1;
    49 IDICTIONARY "System.Collections.Generic.IDictionary" 2;
    50 READ_ONLY_DICTIONARY "System.Collections.Generic.IReadOnlyDictionary" 2;
    51 _ "System.Collections.Generic.IComparer" 1;
    52 _ "System.Collections.Generic.IEqualityComparer" 1;
    53 TUPLE_VALUE "System.ValueTuple" 0;
    54 ORDERED "System.Linq.IOrderedEnumerable" 1;
    55 _ "System.Collections.IList" 0;
    56 _ "System.Collections.ICollection" 0;
    57 _ "System.IComparable" 0;
    58 _ "System.IFormattable" 0;
    59 PLAIN_ENUMERATOR "System.Collections.IEnumerator" 0;
}

const KEYWORDS: &[(&str, DefId)] = &[
    ("object", OBJECT),
    ("string", STRING),
    ("bool", BOOLEAN),
    ("char", CHAR),
    ("sbyte", SBYTE),
    ("byte", BYTE),
    ("short", INT16),
    ("ushort", UINT16),
    ("int", INT32),
    ("uint", UINT32),
    ("long", INT64),
    ("ulong", UINT64),
    ("float", SINGLE),
    ("double", DOUBLE),
    ("decimal", DECIMAL),
];

pub fn by_keyword(word: &str) -> Option<DefId> {
    KEYWORDS.iter().find(|(keyword, _)| *keyword == word).map(|(_, id)| *id)
}

pub fn keyword_of(id: DefId) -> Option<&'static str> {
    KEYWORDS.iter().find(|(_, found)| *found == id).map(|(keyword, _)| *keyword)
}

/// Integral and floating types, `decimal`, `char` not included.
pub fn is_numeric(id: DefId) -> bool {
    (SBYTE.0..=DECIMAL.0).contains(&id.0)
}

pub fn is_integral(id: DefId) -> bool {
    (CHAR.0..=UINT64.0).contains(&id.0)
}
