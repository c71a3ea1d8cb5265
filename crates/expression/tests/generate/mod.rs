//! Programs from bytes: every list of bytes is a program that parses, and most of them check. Used
//! by the property tests and, through its path, by the fuzz target that runs programs.

/// How deep expressions nest before only leaves are left.
const DEPTH_MAX: u32 = 6;
/// Statements of one program.
const STATEMENTS_MAX: usize = 12;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Int,
    Long,
    Double,
    Decimal,
    Bool,
    Text,
    Ints,
    Json,
    Date,
}

const KINDS: &[(Kind, &str)] = &[
    (Kind::Int, "int"),
    (Kind::Text, "string"),
    (Kind::Bool, "bool"),
    (Kind::Ints, "int[]"),
    (Kind::Long, "long"),
    (Kind::Double, "double"),
    (Kind::Decimal, "decimal"),
    (Kind::Json, "JToken"),
    (Kind::Date, "DateTime"),
];

const TEXTS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""12""#,
    r#""a,b,c""#,
    r#""  x ""#,
    r#""é\u0301ß""#,
    r#""😀""#,
    r#""{\"a\":[1,2.5,null,\"x\"]}""#,
    r#""<a b='1'>t</a>""#,
    r#""2024-02-29T13:05:09Z""#,
    r#""N2""#,
    r#""yyyy-MM-dd""#,
    r#""[a-c]+(?<n>\\d*)""#,
    r#""(a+)+$""#,
    r#""%41+b""#,
    r#""{0:X}""#,
    "context.Request.Method",
    "context.Request.Url.Path",
    r#"context.Request.Headers.GetValueOrDefault("a", "b")"#,
    "default(string)",
];

pub struct Generator<'b> {
    bytes: &'b [u8],
    at: usize,
    depth: u32,
    locals: Vec<(String, Kind)>,
    names: usize,
}

/// The program that the bytes stand for, with its `@{` and `}`.
pub fn program(bytes: &[u8]) -> String {
    let mut generator = Generator { bytes, at: 0, depth: 0, locals: Vec::new(), names: 0 };
    let mut body = String::new();
    for _ in 0..=generator.pick(STATEMENTS_MAX) {
        body.push_str(&generator.statement());
    }
    let (kind, _) = KINDS[generator.pick(KINDS.len())];
    let value = generator.value(kind);
    format!("@{{ {body}return {value}; }}")
}

/// An expression of the bytes, without its marker.
#[allow(dead_code, reason = "the fuzz target uses programs only")]
pub fn expression(bytes: &[u8]) -> String {
    let mut generator = Generator { bytes, at: 0, depth: 0, locals: Vec::new(), names: 0 };
    let (kind, _) = KINDS[generator.pick(KINDS.len())];
    generator.value(kind)
}

impl Generator<'_> {
    /// A number below `count`; zero when the bytes have run out.
    fn pick(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    fn local(&mut self, kind: Kind) -> Option<String> {
        let fits: Vec<String> =
            self.locals.iter().filter(|(_, found)| *found == kind).map(|(name, _)| name.clone()).collect();
        if fits.is_empty() {
            return None;
        }
        let at = self.pick(fits.len());
        fits.get(at).cloned()
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    fn block(&mut self) -> String {
        let outer = self.locals.len();
        let mut body = String::new();
        self.depth += 2;
        for _ in 0..=self.pick(3) {
            body.push_str(&self.statement());
        }
        self.depth -= 2;
        self.locals.truncate(outer);
        format!("{{ {body}}} ")
    }

    fn statement(&mut self) -> String {
        let count = if self.depth >= DEPTH_MAX { 4 } else { 12 };
        match self.pick(count) {
            0..=2 => {
                let (kind, ty) = KINDS[self.pick(KINDS.len())];
                let value = self.value(kind);
                let name = self.name();
                self.locals.push((name.clone(), kind));
                format!("{ty} {name} = {value}; ")
            }
            3 => {
                let (kind, _) = KINDS[self.pick(KINDS.len())];
                let value = self.value(kind);
                match (self.local(kind), kind) {
                    (Some(name), Kind::Int | Kind::Long | Kind::Text) => {
                        let op = ["=", "+=", "="][self.pick(3)];
                        format!("{name} {op} {value}; ")
                    }
                    (Some(name), _) => format!("{name} = {value}; "),
                    (None, _) => format!("object.Equals({value}, null); "),
                }
            }
            4 => format!("if ({}) {}else {}", self.value(Kind::Bool), self.block(), self.block()),
            5 => {
                let name = self.name();
                let turns = self.pick(5);
                self.locals.push((name.clone(), Kind::Int));
                let body = self.block();
                self.locals.pop();
                format!("for (int {name} = 0; {name} < {turns}; {name}++) {body}")
            }
            6 => {
                let source = self.value(Kind::Ints);
                let (name, copy) = (self.name(), self.name());
                self.locals.push((copy.clone(), Kind::Int));
                let body = self.block();
                self.locals.pop();
                format!("foreach (var {name} in {source}) {{ var {copy} = {name}; {body}}} ")
            }
            7 => format!("try {}catch (Exception) {}finally {}", self.block(), self.block(), self.block()),
            8 => {
                let value = self.value(Kind::Int);
                let (a, b, c) = (self.block(), self.block(), self.block());
                format!("switch ({value}) {{ case 0: {a}break; case int n when n > 3: {b}break; default: {c}break; }} ")
            }
            9 => {
                let name = self.name();
                let outer = std::mem::take(&mut self.locals);
                let param = self.name();
                self.locals.push((param.clone(), Kind::Int));
                let value = self.value(Kind::Int);
                self.locals = outer;
                let call = self.name();
                self.locals.push((call.clone(), Kind::Int));
                let argument = self.value(Kind::Int);
                // The new local is not assigned yet: the argument must not read it.
                let argument = if argument.contains(&call) { "1".to_owned() } else { argument };
                format!("int {name}(int {param}) => {value}; int {call} = {name}({argument}); ")
            }
            10 => {
                let name = self.name();
                let value = self.value(Kind::Bool);
                format!("var {name} = 0; while ({value} && {name} < 4) {{ {name}++; if ({name} == 2) continue; }} ")
            }
            _ => format!("checked {}", self.block()),
        }
    }

    fn value(&mut self, kind: Kind) -> String {
        if self.pick(4) == 3
            && let Some(name) = self.local(kind)
        {
            return name;
        }
        self.depth += 1;
        let leaf = self.depth > DEPTH_MAX;
        let value = match kind {
            Kind::Int => self.int(leaf),
            Kind::Long => self.long(leaf),
            Kind::Double => self.double(leaf),
            Kind::Decimal => self.decimal(leaf),
            Kind::Bool => self.bool(leaf),
            Kind::Text => self.text(leaf),
            Kind::Ints => self.ints(leaf),
            Kind::Json => self.json(leaf),
            Kind::Date => self.date(leaf),
        };
        self.depth -= 1;
        value
    }

    fn lambda(&mut self, kind: Kind) -> String {
        let name = self.name();
        self.locals.push((name.clone(), Kind::Int));
        let body = self.value(kind);
        self.locals.pop();
        format!("{name} => {body}")
    }

    fn arithmetic(&mut self, kind: Kind, ops: &[&str]) -> String {
        let (left, right) = (self.value(kind), self.value(kind));
        format!("({left} {} {right})", ops[self.pick(ops.len())])
    }

    fn int(&mut self, leaf: bool) -> String {
        use Kind::{Bool, Double, Int, Ints, Json, Long, Text};
        match self.pick(if leaf { 3 } else { 18 }) {
            0 => self.pick(256).to_string(),
            1 => ["0", "1", "-1", "2147483647", "int.MinValue", "65536"][self.pick(6)].to_owned(),
            2 => "7".to_owned(),
            3..=5 => self.arithmetic(Int, &["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]),
            6 => format!("unchecked({})", self.arithmetic(Int, &["+", "-", "*"])),
            7 => format!("({} ? {} : {})", self.value(Bool), self.value(Int), self.value(Int)),
            8 => format!("({}).Length", self.value(Text)),
            9 => format!("{}.IndexOf({})", self.value(Text), self.value(Text)),
            10 => format!("{}.Sum()", self.value(Ints)),
            11 => format!("{}.Count({})", self.value(Ints), self.lambda(Bool)),
            12 => format!("(int)({})", self.value(Long)),
            13 => format!("(int)({})", self.value(Double)),
            14 => format!("int.Parse({})", self.value(Text)),
            15 => format!("(int)({})", self.value(Json)),
            16 => format!("{}[{}]", self.value(Ints), self.value(Int)),
            _ => format!("-({})", self.value(Int)),
        }
    }

    fn long(&mut self, leaf: bool) -> String {
        match self.pick(if leaf { 2 } else { 6 }) {
            0 => format!("{}L", self.pick(256)),
            1 => "long.MaxValue".to_owned(),
            2 => self.arithmetic(Kind::Long, &["+", "-", "*", "/", "%", "&", "|", "^"]),
            3 => format!("(long){}", self.value(Kind::Int)),
            4 => format!("({}).Ticks", self.value(Kind::Date)),
            _ => format!("(long)({})", self.value(Kind::Double)),
        }
    }

    fn double(&mut self, leaf: bool) -> String {
        match self.pick(if leaf { 2 } else { 7 }) {
            0 => format!("{}.5", self.pick(256)),
            1 => ["0.1", "1e300", "double.NaN", "double.Epsilon", "-0.0", "double.PositiveInfinity"][self.pick(6)]
                .to_owned(),
            2 => self.arithmetic(Kind::Double, &["+", "-", "*", "/", "%"]),
            3 => format!("Math.Round({}, {})", self.value(Kind::Double), self.pick(16)),
            4 => format!("Math.Pow({}, {})", self.value(Kind::Double), self.value(Kind::Double)),
            5 => format!("double.Parse({})", self.value(Kind::Text)),
            _ => format!("(double)({})", self.value(Kind::Decimal)),
        }
    }

    fn decimal(&mut self, leaf: bool) -> String {
        match self.pick(if leaf { 2 } else { 6 }) {
            0 => format!("{}.25m", self.pick(256)),
            1 => ["0.1m", "decimal.MaxValue", "1.00m", "0.0000000000000000000000000001m"][self.pick(4)].to_owned(),
            2 => self.arithmetic(Kind::Decimal, &["+", "-", "*", "/", "%"]),
            3 => format!("Math.Round({}, {})", self.value(Kind::Decimal), self.pick(29)),
            4 => format!("(decimal)({})", self.value(Kind::Double)),
            _ => format!("decimal.Parse({})", self.value(Kind::Text)),
        }
    }

    fn bool(&mut self, leaf: bool) -> String {
        use Kind::{Bool, Date, Decimal, Double, Int, Ints, Text};
        match self.pick(if leaf { 2 } else { 13 }) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            2..=4 => {
                let kind = [Int, Double, Decimal, Date, Kind::Long][self.pick(5)];
                self.arithmetic(kind, &["==", "!=", "<", ">", "<=", ">="])
            }
            5 => self.arithmetic(Text, &["==", "!="]),
            6 => self.arithmetic(Bool, &["&&", "||", "&", "|", "^", "=="]),
            7 => format!("!({})", self.value(Bool)),
            8 => format!("{}.Contains({})", self.value(Text), self.value(Text)),
            9 => format!("{}.Any({})", self.value(Ints), self.lambda(Bool)),
            10 => format!("string.IsNullOrWhiteSpace({})", self.value(Text)),
            11 => format!("((object){} is string)", self.value(Text)),
            _ => format!("int.TryParse({}, out _)", self.value(Text)),
        }
    }

    fn text(&mut self, leaf: bool) -> String {
        use Kind::{Bool, Date, Decimal, Double, Int, Ints, Json, Long, Text};
        match self.pick(if leaf { 2 } else { 22 }) {
            0 | 1 => TEXTS[self.pick(TEXTS.len())].to_owned(),
            2 | 3 => {
                let kind = [Text, Int, Double, Decimal, Bool, Date, Json][self.pick(7)];
                format!("({} + {})", self.value(Text), self.value(kind))
            }
            4 => format!("({}).ToString()", self.value(Int)),
            5 => format!("{}.Substring({}, {})", self.value(Text), self.value(Int), self.pick(9)),
            6 => format!("{}.Replace({}, {})", self.value(Text), self.value(Text), self.value(Text)),
            7 => format!("{}.{}()", self.value(Text), ["ToUpper", "ToLower", "Trim", "TrimEnd"][self.pick(4)]),
            8 => format!("{}.PadLeft({} % 64)", self.value(Text), self.value(Int)),
            9 => format!("string.Join({}, {})", self.value(Text), self.value(Ints)),
            10 => format!("$\"{{{},{}:F2}}|{{{}}}\"", self.value(Double), self.pick(9), self.value(Text)),
            11 => format!("({}).ToString({})", self.value(Date), self.value(Text)),
            12 => format!("({}).ToString({})", self.value([Int, Double, Decimal, Long][0]), self.value(Text)),
            13 => format!("({}).ToString(Formatting.None)", self.value(Json)),
            14 => format!("Convert.ToBase64String(Encoding.UTF8.GetBytes({}))", self.value(Text)),
            15 => format!("string.Format({}, {})", self.value(Text), self.value(Int)),
            16 => format!("({})[{}].ToString()", self.value(Text), self.value(Int)),
            17 => format!("({} ?? {})", self.value(Text), self.value(Text)),
            18 => format!("({} ? {} : {})", self.value(Bool), self.value(Text), self.value(Text)),
            19 => format!("string.Join(\";\", {}.Split(','))", self.value(Text)),
            20 => format!("({}).ToString({})", self.value(Decimal), self.value(Text)),
            _ => format!("({}).ToString(\"R\")", self.value(Double)),
        }
    }

    fn ints(&mut self, leaf: bool) -> String {
        use Kind::{Bool, Int, Ints, Text};
        match self.pick(if leaf { 2 } else { 11 }) {
            0 => "new int[0]".to_owned(),
            1 => "new[] { 3, 1, 2 }".to_owned(),
            2 => format!("new[] {{ {}, {} }}", self.value(Int), self.value(Int)),
            3 => format!("Enumerable.Range({}, {}).ToArray()", self.pick(9), self.pick(9)),
            4 => format!("{}.Select({}).ToArray()", self.value(Ints), self.lambda(Int)),
            5 => format!("{}.Where({}).ToArray()", self.value(Ints), self.lambda(Bool)),
            6 => format!("{}.OrderBy({}).ToArray()", self.value(Ints), self.lambda(Int)),
            7 => format!("{}.Concat({}).ToArray()", self.value(Ints), self.value(Ints)),
            8 => format!("{}.Select(c => (int)c).ToArray()", self.value(Text)),
            9 => format!("{}.GroupBy({}).Select(g => g.Count()).ToArray()", self.value(Ints), self.lambda(Bool)),
            _ => format!("{}.Skip({} % 9).Take({}).ToArray()", self.value(Ints), self.value(Int), self.pick(9)),
        }
    }

    fn json(&mut self, leaf: bool) -> String {
        use Kind::{Double, Int, Ints, Json, Text};
        match self.pick(if leaf { 2 } else { 9 }) {
            0 => "new JObject()".to_owned(),
            1 => r#"JToken.Parse("{\"a\":[1,{\"b\":null}],\"c\":\"d\"}")"#.to_owned(),
            2 => format!("new JValue({})", self.value([Int, Text, Double][0])),
            3 => format!("JToken.Parse({})", self.value(Text)),
            4 => format!("new JObject {{ [\"k\"] = {}, [\"l\"] = {} }}", self.value(Json), self.value(Text)),
            5 => format!("new JArray({})", self.value(Ints)),
            6 => format!("({})[\"a\"]", self.value(Json)),
            7 => format!("({}).SelectToken({})", self.value(Json), self.value(Text)),
            _ => format!("JToken.FromObject(new {{ a = {}, b = {} }})", self.value(Int), self.value(Text)),
        }
    }

    fn date(&mut self, leaf: bool) -> String {
        match self.pick(if leaf { 2 } else { 6 }) {
            0 => "new DateTime(2024, 2, 29, 13, 5, 9)".to_owned(),
            1 => "context.Timestamp".to_owned(),
            2 => format!("({}).AddDays({})", self.value(Kind::Date), self.value(Kind::Int)),
            3 => format!("({}).AddMonths({} % 99)", self.value(Kind::Date), self.value(Kind::Int)),
            4 => format!("({} + TimeSpan.FromSeconds({}))", self.value(Kind::Date), self.value(Kind::Double)),
            _ => format!("DateTime.Parse({})", self.value(Kind::Text)),
        }
    }
}
