use crate::library::expect::check;

#[test]
fn building() {
    check(&[
        (r#"new JProperty("a").ToString(Formatting.None)"#, r#""a":[]"#),
        (r#"new JProperty("a", null).Value.Type"#, "Null"),
        (r#"new JProperty("a", new object[] { 1 }).Value.ToString(Formatting.None)"#, "[1]"),
        (r#"new JProperty("a", 1, "x").Value.ToString(Formatting.None)"#, r#"[1,"x"]"#),
        (r#"new JArray(1, "x", null, true, new JObject()).ToString(Formatting.None)"#, r#"[1,"x",null,true,{}]"#),
        (r#"new JArray(new[] { 1, 2 }).Count"#, "2"),
        (r#"new JArray(new List<string> { "a" }).ToString(Formatting.None)"#, r#"["a"]"#),
        (r#"new JArray('c')"#, "!ArgumentException"),
        (r#"new JArray(new { a = 1 })"#, "!ArgumentException"),
        (r#"new JObject(1)"#, "!ArgumentException"),
        (r#"new JObject(new JProperty("a", 1), new JProperty("a", 2))"#, "!ArgumentException"),
        (r#"new JConstructor("Date", 1, 2).ToString(Formatting.None)"#, "new Date(1,2)"),
        (r#"new JArray(new JRaw("{x}")).ToString(Formatting.None)"#, "[{x}]"),
        (r#"new JValue('c').Type"#, "String"),
        (r#"new JValue(new JValue(5)).Value"#, "5"),
        (r#"var o = new JObject { ["a"] = 1 }; o["a"].AddAfterSelf(2); return o;"#, "!JsonException"),
        (
            r#"var a = new JArray(1); a.First.AddAfterSelf(2); a.First.AddBeforeSelf(0); a.AddFirst(new[] { 8, 9 }); return a.ToString(Formatting.None);"#,
            "[8,9,0,1,2]",
        ),
        (r#"var o = new JObject { { "a", 1 } }; o.Merge(new { b = 1 }); return o;"#, "!ArgumentException"),
        (r#"var a = new JArray(1); a.Merge(new[] { 2, 3 }); return a.ToString(Formatting.None);"#, "[1,2,3]"),
        (
            r#"var a = new JArray(1); a.ReplaceAll(new object[] { "x", 2 }); return a.ToString(Formatting.None);"#,
            r#"["x",2]"#,
        ),
    ]);
}

#[test]
fn identity() {
    check(&[
        (r#"var o = JObject.Parse("{\"a\":{}}"); return o["a"] == o["a"];"#, "True"),
        (r#"var o = JObject.Parse("{\"a\":{},\"b\":{}}"); return o["a"] == o["b"] || o["a"].Equals(o["b"]);"#, "False"),
        (r#"new JValue(1).Equals(new JValue(1)) && new JValue(1) != new JValue(1)"#, "True"),
        (r#"var a = JArray.Parse("[{},{},1,1]"); return a.Concat(a).Distinct().Count();"#, "3"),
        (r#"var o = new JObject(); return object.ReferenceEquals(o.Root, o);"#, "True"),
    ]);
}

#[test]
fn walking() {
    const JSON: &str = r#"var o = JObject.Parse("{\"a\":[1,{\"b\":2}],\"c\":\"x\"}"); "#;
    for (read, expected) in [
        ("o.Descendants().Count()", "8"),
        ("o.DescendantsAndSelf().OfType<JProperty>().Select(p => p.Name)", "[a, b, c]"),
        ("o.Properties().Select(p => p.Name)", "[a, c]"),
        ("o.PropertyValues().Count()", "2"),
        ("o[\"a\"].Children().Count()", "2"),
        ("o[\"a\"].Children<JObject>().Single().ToString(Formatting.None)", "{\"b\":2}"),
        ("o[\"a\"][1][\"b\"].Ancestors().Count()", "5"),
        ("o[\"a\"][1][\"b\"].Path", "a[1].b"),
        ("o[\"c\"].Parent.Previous.First.Type", "Array"),
        ("o[\"a\"].Values<object>().Count()", "2"),
        ("new[] { o, o }.Properties().Count()", "4"),
        ("new[] { o }.Values(\"c\").Values<string>().First()", "x"),
        ("new JArray(o, o).Children()[\"c\"].Count()", "2"),
        ("new JArray(o).Values<JObject>().First()[\"c\"].Value<string>()", "x"),
    ] {
        check(&[(&format!("{JSON}return {read};"), expected)]);
    }
    check(&[
        (&format!("{JSON}foreach (var p in o.Properties()) {{ p.Remove(); }} return 1;"), "!InvalidOperationException"),
        (&format!("{JSON}foreach (var p in o.Properties().ToList()) {{ p.Remove(); }} return o.Count;"), "0"),
        (&format!("{JSON}foreach (var p in o) {{ o.Remove(p.Key); }} return 1;"), "!InvalidOperationException"),
        (&format!("{JSON}var q = o.Children(); o[\"z\"] = 1; return q.Count();"), "3"),
    ]);
}

#[test]
fn converting() {
    check(&[
        (r#"JObject.Parse("{\"a\":null}").Value<string>("a") == null"#, "True"),
        (r#"JObject.Parse("{\"a\":null}").Value<JObject>("a") == null"#, "True"),
        (r#"JObject.Parse("{\"a\":null}").Value<int>("a")"#, "!InvalidCastException"),
        (r#"JObject.Parse("{\"a\":null}").Value<int?>("a") == null"#, "True"),
        (r#"JObject.Parse("{\"a\":1}").Value<JObject>("a")"#, "!InvalidCastException"),
        (r#"JObject.Parse("{\"a\":{}}").Value<string>("a")"#, "!InvalidCastException"),
        (r#"JObject.Parse("{}").Value<int>("a")"#, "0"),
        (r#"new JValue("x").ToObject<int>()"#, "!FormatException"),
        (r#"new JObject().ToObject<int>()"#, "!ArgumentException"),
        (r#"new JValue(1.5).ToObject<int>()"#, "2"),
        (r#"JValue.CreateNull().ToObject<int?>() == null"#, "True"),
        (r#"new JValue("monday").ToObject<DayOfWeek>()"#, "Monday"),
        (r#"new JValue(1).ToObject<DayOfWeek>()"#, "Monday"),
        (r#"new JValue("never").ToObject<DayOfWeek>()"#, "!ArgumentException"),
        (r#"JArray.Parse("[1,2]").ToObject<int[]>().Sum()"#, "3"),
        (r#"JArray.Parse("[1,\"x\"]").ToObject<List<int>>()"#, "!JsonReaderException"),
        (r#"JObject.Parse("{}").ToObject<List<int>>()"#, "!JsonSerializationException"),
        (
            r#"JObject.Parse("{\"a\":{\"b\":[1]}}").ToObject<Dictionary<string, Dictionary<string, List<int>>>>()["a"]["b"][0]"#,
            "1",
        ),
        (
            r#"JObject.Parse("{\"a\":\"2024-01-02T03:04:05Z\"}").ToObject<Dictionary<string, string>>()["a"]"#,
            "01/02/2024 03:04:05",
        ),
        (r#"((DateTime)JToken.Parse("\"2024-01-02T03:04:05Z\"")).Kind"#, "Utc"),
    ]);
}

#[test]
fn deserializing() {
    check(&[
        (r#"JsonConvert.DeserializeObject("") == null"#, "True"),
        (r#"JsonConvert.DeserializeObject<JObject>("") == null"#, "True"),
        (r#"JsonConvert.DeserializeObject<int>("")"#, "!JsonSerializationException"),
        (r#"JsonConvert.DeserializeObject<int>("null")"#, "!JsonSerializationException"),
        (r#"JsonConvert.DeserializeObject<int?>("null") == null"#, "True"),
        (r#"JsonConvert.DeserializeObject<int>("1.5")"#, "!JsonReaderException"),
        (r#"JsonConvert.DeserializeObject<int>("\"7\"")"#, "7"),
        (r#"JsonConvert.DeserializeObject<int>("99999999999")"#, "!JsonReaderException"),
        (r#"JsonConvert.DeserializeObject<bool>("\"x\"")"#, "!JsonReaderException"),
        (r#"JsonConvert.DeserializeObject<Guid>("\"x\"")"#, "!JsonSerializationException"),
        (r#"JsonConvert.DeserializeObject<decimal>("19.90")"#, "19.90"),
        (
            r#"JsonConvert.DeserializeObject<Dictionary<string, string>>("{\"d\":\"2024-01-02T03:04:05Z\",\"n\":1.50,\"b\":true}").Values"#,
            "[2024-01-02T03:04:05Z, 1.50, true]",
        ),
        (
            r#"JsonConvert.DeserializeObject<Dictionary<string, object>>("{\"d\":\"2024-01-02T03:04:05Z\"}")["d"].GetType().Name"#,
            "DateTime",
        ),
        (r#"JsonConvert.DeserializeObject<object>("1").GetType().Name"#, "Int64"),
        (
            r#"JsonConvert.DeserializeObject<List<object>>("[1, 1.5, \"x\", null, {}]").Select(x => x?.GetType().Name)"#,
            "[Int64, Double, String, null, JObject]",
        ),
        (r#"JsonConvert.DeserializeObject<JObject>("[]")"#, "!JsonSerializationException"),
        (r#"JsonConvert.DeserializeObject<JToken>("null").Type"#, "Null"),
        (r#"JsonConvert.DeserializeObject<List<int>>("{}")"#, "!JsonSerializationException"),
        (r#"JsonConvert.DeserializeObject<DayOfWeek>("\"Friday\"")"#, "Friday"),
        (r#"JsonConvert.DeserializeObject("{} x")"#, "!JsonReaderException"),
        (
            r#"JsonConvert.DeserializeObject<JObject>("{\"d\":\"2024-01-02T03:04:05Z\"}", new JsonSerializerSettings { DateParseHandling = DateParseHandling.None })["d"].Type"#,
            "String",
        ),
        (
            r#"JsonConvert.DeserializeObject<JObject>("{\"d\":0.10}", new JsonSerializerSettings { FloatParseHandling = FloatParseHandling.Decimal })["d"].ToString()"#,
            "0.10",
        ),
        (
            r#"JsonConvert.DeserializeObject<JArray>("[[[1]]]", new JsonSerializerSettings { MaxDepth = 2 })"#,
            "!JsonReaderException",
        ),
        (r#"JObject.Parse("{\"a\":1,\"a\":2}")["a"]"#, "2"),
        (
            r#"JObject.Parse("{\"a\":1,\"a\":2}", new JsonLoadSettings { DuplicatePropertyNameHandling = DuplicatePropertyNameHandling.Ignore })["a"]"#,
            "1",
        ),
        (
            r#"JObject.Parse("{\"a\":1,\"a\":2}", new JsonLoadSettings { DuplicatePropertyNameHandling = DuplicatePropertyNameHandling.Error })"#,
            "!JsonReaderException",
        ),
        (r#"JArray.Parse("[/*c*/1]", new JsonLoadSettings { CommentHandling = CommentHandling.Load }).Count"#, "2"),
        (r#"JArray.Parse("[/*c*/1]").Count"#, "1"),
        (
            r#"try { JObject.Parse("{\"a\": x}"); return ""; } catch (JsonReaderException e) { return e.Path + e.LineNumber + "," + e.LinePosition; }"#,
            "a1,6",
        ),
    ]);
}

#[test]
fn serializing() {
    check(&[
        (
            r#"JsonConvert.SerializeObject(new { a = (string)null, b = 1 }, new JsonSerializerSettings { NullValueHandling = NullValueHandling.Ignore })"#,
            r#"{"b":1}"#,
        ),
        (
            r#"JsonConvert.SerializeObject(new { a = 0, b = "" }, new JsonSerializerSettings { DefaultValueHandling = DefaultValueHandling.Ignore })"#,
            r#"{"b":""}"#,
        ),
        (
            r#"JsonConvert.SerializeObject(new { a = 1 }, Formatting.Indented, new JsonSerializerSettings())"#,
            "{\n  \"a\": 1\n}",
        ),
        (
            r#"JsonConvert.SerializeObject("é<'", new JsonSerializerSettings { StringEscapeHandling = StringEscapeHandling.EscapeNonAscii })"#,
            r#""\u00e9<'""#,
        ),
        (
            r#"JsonConvert.SerializeObject("<'\"&", new JsonSerializerSettings { StringEscapeHandling = StringEscapeHandling.EscapeHtml })"#,
            r#""\u003c\u0027\u0022\u0026""#,
        ),
        (
            r#"JsonConvert.SerializeObject(new DateTime(2024, 1, 2), new JsonSerializerSettings { DateFormatString = "yyyy/MM" })"#,
            r#""2024/01""#,
        ),
        (
            r#"JsonConvert.SerializeObject(new DateTime(1970, 1, 2, 0, 0, 0, DateTimeKind.Utc), new JsonSerializerSettings { DateFormatHandling = DateFormatHandling.MicrosoftDateFormat })"#,
            r#""\/Date(86400000)\/""#,
        ),
        (r#"JsonConvert.SerializeObject(new[] { double.NaN, 1 })"#, r#"["NaN",1.0]"#),
        (
            r#"JsonConvert.SerializeObject(double.NaN, new JsonSerializerSettings { FloatFormatHandling = FloatFormatHandling.Symbol })"#,
            "NaN",
        ),
        (
            r#"JsonConvert.SerializeObject(new Dictionary<DayOfWeek, object> { { DayOfWeek.Monday, null } })"#,
            r#"{"Monday":null}"#,
        ),
        (
            r#"JsonConvert.SerializeObject(new Dictionary<DateTime, int> { { new DateTime(2024, 1, 2), 1 } })"#,
            r#"{"2024-01-02T00:00:00":1}"#,
        ),
        (r#"JsonConvert.SerializeObject(new KeyValuePair<string, int>("a", 1))"#, r#"{"Key":"a","Value":1}"#),
        (r#"JsonConvert.SerializeObject(Tuple.Create(1, "x"))"#, r#"{"Item1":1,"Item2":"x"}"#),
        (r#"JsonConvert.SerializeObject((1, "x"))"#, r#"{"Item1":1,"Item2":"x"}"#),
        (r#"JsonConvert.SerializeObject(DayOfWeek.Friday)"#, "5"),
        (r#"JsonConvert.SerializeObject('c')"#, r#""c""#),
        (r#"JsonConvert.SerializeObject(new byte[] { 1, 2 })"#, r#""AQI=""#),
        (r#"JsonConvert.SerializeObject(new List<byte> { 1, 2 })"#, "[1,2]"),
        (r#"JsonConvert.SerializeObject(1m)"#, "1.0"),
        (r#"JsonConvert.SerializeObject(XElement.Parse("<a><b>1</b></a>"))"#, r#"{"a":{"b":"1"}}"#),
        (
            r#"JObject.Parse(JsonConvert.SerializeObject(new InvalidOperationException("m")))["ClassName"]"#,
            "System.InvalidOperationException",
        ),
        (r#"JsonConvert.SerializeObject(context.Request.Url.Query)"#, r#"{"param1":["sample"]}"#),
        (r#"JToken.FromObject(new { a = new[] { 1 } })["a"][0].Type"#, "Integer"),
        (r#"JObject.FromObject(new[] { 1 })"#, "!ArgumentException"),
        (r#"JArray.FromObject(new { a = 1 })"#, "!ArgumentException"),
        (r#"JToken.FromObject(null)"#, "!ArgumentNullException"),
    ]);
}

#[test]
fn selecting() {
    const JSON: &str = r#"var o = JObject.Parse("{\"s\":[{\"n\":\"x\",\"p\":5},{\"n\":\"y\",\"p\":15}]}"); "#;
    for (read, expected) in [
        ("o.SelectToken(\"s[0].n\")", "x"),
        ("o.SelectToken(\"$.s[?(@.p > 10)].n\")", "y"),
        ("o.SelectTokens(\"$..n\").Select(t => (string)t)", "[x, y]"),
        ("o.SelectTokens(\"s[*].p\").Values<int>().Sum()", "20"),
        ("o.SelectTokens(\"s[-1:].n\").Single()", "y"),
        ("o.SelectToken(\"s[?(@.n =~ /^X$/i)].p\")", "5"),
        ("o.SelectToken(\"none\") == null", "True"),
        ("o.SelectToken(\"none\", true)", "!JsonException"),
        ("o.SelectToken(\"none\", new JsonSelectSettings { ErrorWhenNoMatch = true })", "!JsonException"),
        ("o.SelectToken(\"s[\")", "!JsonException"),
        ("o[\"s\"].OrderByDescending(t => t[\"p\"]).First()[\"n\"]", "y"),
    ] {
        check(&[(&format!("{JSON}return {read};"), expected)]);
    }
}
