use crate::library::expect::check;

#[test]
fn names() {
    check(&[
        (r#"XName.Get("{urn:x}a").LocalName + XName.Get("b", "urn:y").NamespaceName"#, "aurn:y"),
        (r#"XName.Get("{urn:x}a") == XNamespace.Get("urn:x") + "a""#, "True"),
        (r#"new XElement("a").Name == "a""#, "True"),
        (r#"new XElement("a").Name != "{u}a""#, "True"),
        (r#"XNamespace n = "urn:x"; return (n + "i").ToString();"#, "{urn:x}i"),
        (r#"XNamespace n = "urn:x"; return n.GetName("i") == "{urn:x}i";"#, "True"),
        (r#"XNamespace.None + "i""#, "i"),
        (r#"XNamespace.Xml.NamespaceName"#, "http://www.w3.org/XML/1998/namespace"),
        (r#"object.ReferenceEquals(XName.Get("a"), XName.Get("a"))"#, "True"),
        (r#"new[] { XName.Get("a"), XName.Get("b"), XName.Get("a") }.Distinct().Count()"#, "2"),
        (r#"XName.Get("")"#, "!ArgumentException"),
        (r#"XName.Get("{}a")"#, "!ArgumentException"),
        (r#"XName.Get("1a")"#, "!XmlException"),
        (r#"XName.Get((string)null)"#, "!ArgumentNullException"),
        (r#"new XElement((XName)null)"#, "!ArgumentNullException"),
    ]);
}

#[test]
fn building() {
    check(&[
        (
            r#"new XElement("a", 1, null, "x", new XAttribute("k", true), new object[] { new XElement("b"), "t" }).ToString(SaveOptions.DisableFormatting)"#,
            "<a k=\"true\">1x<b />t</a>",
        ),
        (r#"new XElement("a", new List<string> { "x", "y" }).Nodes().Count()"#, "1"),
        (r#"new XElement("a", "").ToString()"#, "<a></a>"),
        (r#"new XElement("a", null).IsEmpty"#, "True"),
        (r#"new XElement("a", new XText("")).IsEmpty"#, "False"),
        (r#"new XElement("a", new XCData("<x>]]>")).ToString()"#, "<a><![CDATA[<x>]]]]><![CDATA[>]]></a>"),
        (r#"new XElement("a", new XComment("x--y-")).ToString()"#, "<a>\n  <!--x- -y- -->\n</a>"),
        (r#"new XElement("a", new XProcessingInstruction("p", "d ?> e")).ToString()"#, "<a>\n  <?p d ? > e?>\n</a>"),
        (
            r#"new XElement("a", double.PositiveInfinity, 1.5m, TimeSpan.FromMinutes(90), new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero)).Value"#,
            "INF1.5PT1H30M2024-01-02T03:04:05Z",
        ),
        (
            r#"new XElement("a", Guid.Empty, 'c', DayOfWeek.Monday).Value"#,
            "00000000-0000-0000-0000-000000000000cMonday",
        ),
        (r#"new XElement("a", new Dictionary<string, int> { { "k", 1 } }).Value"#, "[k, 1]"),
        (
            r#"var b = new XElement("b"); var a = new XElement("a", b, b); return a.Elements().First() == b && a.Elements().Last() != b;"#,
            "True",
        ),
        (r#"var e = new XElement("e"); e.Add(e); return e.ToString(SaveOptions.DisableFormatting);"#, "<e><e /></e>"),
        (r#"new XElement("a", new XAttribute("k", 1), new XAttribute("k", 2))"#, "!InvalidOperationException"),
        (r#"new XAttribute("k", null)"#, "!ArgumentNullException"),
        (r#"new XAttribute("k", new XElement("x"))"#, "!ArgumentException"),
        (r#"new XAttribute(XNamespace.Xmlns + "p", "")"#, "!ArgumentException"),
        (r#"new XDocument(new XElement("a"), new XElement("b"))"#, "!InvalidOperationException"),
        (r#"new XDocument("text")"#, "!ArgumentException"),
        (r#"new XDocument(new XAttribute("a", 1))"#, "!ArgumentException"),
        (r#"new XElement("a", new XDocument())"#, "!ArgumentException"),
        (r#"new XElement("a", new XElement("b", 1)).Add(new XAttribute("x", 1))"#, "refused"),
        (r#"new XElement(new XElement("a", 1)).Value"#, "1"),
        (r#"new XElement("a", "\u0001").ToString()"#, "!ArgumentException"),
        (r#"new XElement("a", new XAttribute("xmlns", "urn:x")).ToString()"#, "!XmlException"),
    ]);
}

#[test]
fn layout() {
    check(&[
        (r#"XElement.Parse("<a><b>x<c/></b><d/></a>").ToString()"#, "<a>\n  <b>x<c /></b>\n  <d />\n</a>"),
        (r#"XElement.Parse("<a> <b/> </a>", LoadOptions.PreserveWhitespace).ToString()"#, "<a> <b /> </a>"),
        (r#"XDocument.Parse("<?xml version=\"1.0\"?>\n<!--c-->\n<a/>").ToString()"#, "<!--c-->\n<a />"),
        (r#"XDocument.Parse("<!DOCTYPE a><a/>").ToString()"#, "<!DOCTYPE a []>\n<a />"),
        (
            r#"new XDocument(new XDocumentType("html", null, null, null), new XElement("html")).ToString()"#,
            "<!DOCTYPE html >\n<html />",
        ),
        (r#"XDocument.Parse("<a/>", LoadOptions.PreserveWhitespace).ToString()"#, "<a />"),
        (
            r#"new XElement("{urn:x}a", new XElement("{urn:x}b"), new XElement("c")).ToString(SaveOptions.DisableFormatting)"#,
            "<a xmlns=\"urn:x\"><b /><c xmlns=\"\" /></a>",
        ),
        (
            r#"new XElement("a", new XAttribute("{u}x", 1), new XAttribute("{v}y", 2)).ToString()"#,
            "<a p1:x=\"1\" p2:y=\"2\" xmlns:p2=\"v\" xmlns:p1=\"u\" />",
        ),
        (
            r#"new XElement("r", new XElement("c", new XAttribute("{u}x", 1))).ToString(SaveOptions.DisableFormatting)"#,
            "<r><c p2:x=\"1\" xmlns:p2=\"u\" /></r>",
        ),
        (
            r#"new XElement("{u}r", new XAttribute(XNamespace.Xmlns + "p", "u"), new XElement("{u}c", new XAttribute("{u}k", 1))).ToString(SaveOptions.DisableFormatting)"#,
            "<p:r xmlns:p=\"u\"><p:c p:k=\"1\" /></p:r>",
        ),
        (
            r#"new XElement("{u}r", new XAttribute("xmlns", "u"), new XElement("{u}c")).ToString(SaveOptions.DisableFormatting)"#,
            "<r xmlns=\"u\"><c /></r>",
        ),
        (r#"XElement.Parse("<p:a xmlns:p='u'><p:b/></p:a>").Elements().First().ToString()"#, "<p:b xmlns:p=\"u\" />"),
        (
            r#"XElement.Parse("<a xmlns:p='u'><b xmlns:p='u'/></a>").ToString(SaveOptions.DisableFormatting | SaveOptions.OmitDuplicateNamespaces)"#,
            "<a xmlns:p=\"u\"><b /></a>",
        ),
        (r#"new XAttribute("k", "a\"<\n").ToString()"#, "k=\"a&quot;&lt;&#xA;\""),
        (r#"new XAttribute("{u}k", 1).ToString()"#, "p0:k=\"1\""),
        (r#"new XText("a<b").ToString()"#, "a&lt;b"),
        (
            r#"new XDeclaration("1.0", "utf-8", "yes").ToString()"#,
            "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>",
        ),
        (
            r#"var w = new StringWriter(); XElement.Parse("<a><b/></a>").Save(w); return w.ToString();"#,
            "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<a>\n  <b />\n</a>",
        ),
        (
            r#"var w = new StringWriter(); new XDocument(new XDeclaration("1.0", null, "yes"), new XElement("a")).Save(w, SaveOptions.DisableFormatting); return w.ToString();"#,
            "<?xml version=\"1.0\" encoding=\"utf-16\" standalone=\"yes\"?><a />",
        ),
        (
            r#"var d = XDocument.Parse("<?xml version='1.0' encoding='utf-8'?><a/>"); d.Declaration.Encoding = "x"; return d.Declaration;"#,
            "<?xml version=\"1.0\" encoding=\"x\"?>",
        ),
    ]);
}

#[test]
fn changing() {
    const XML: &str = r#"var e = XElement.Parse("<a k='1'><b>1</b><c/>t</a>"); "#;
    for (work, expected) in [
        ("e.AddFirst(\"x\", new XElement(\"y\"));", "<a k=\"1\">x<y /><b>1</b><c />t</a>"),
        ("e.Add(\"u\");", "<a k=\"1\"><b>1</b><c />tu</a>"),
        ("e.Element(\"b\").AddAfterSelf(new XElement(\"n\"), 5);", "<a k=\"1\"><b>1</b><n />5<c />t</a>"),
        ("e.Element(\"c\").AddBeforeSelf(5);", "<a k=\"1\"><b>1</b>5<c />t</a>"),
        ("e.LastNode.AddAfterSelf(\"z\");", "<a k=\"1\"><b>1</b><c />tz</a>"),
        ("e.Element(\"b\").ReplaceWith(\"p\", new XElement(\"q\"));", "<a k=\"1\">p<q /><c />t</a>"),
        ("e.ReplaceNodes(e.Elements());", "<a k=\"1\"><b>1</b><c /></a>"),
        ("e.ReplaceAll(new XAttribute(\"z\", 2), 7);", "<a z=\"2\">7</a>"),
        ("e.ReplaceAttributes(new XAttribute(\"z\", 2));", "<a z=\"2\"><b>1</b><c />t</a>"),
        ("e.RemoveAll();", "<a />"),
        ("e.RemoveNodes();", "<a k=\"1\" />"),
        ("e.Value = \"\";", "<a k=\"1\"></a>"),
        ("e.SetValue(1.5);", "<a k=\"1\">1.5</a>"),
        ("e.Name = \"{u}z\";", "<z k=\"1\" xmlns=\"u\"><b xmlns=\"\">1</b><c xmlns=\"\" />t</z>"),
        ("e.SetAttributeValue(\"k\", null); e.SetElementValue(\"b\", null);", "<a><c />t</a>"),
        ("e.Attribute(\"k\").Value = \"9\"; e.Attribute(\"k\").SetValue(false);", "<a k=\"false\"><b>1</b><c />t</a>"),
        ("e.Elements().Remove(); e.Attributes().Remove();", "<a>t</a>"),
        ("e.Descendants(\"b\").Nodes().Remove();", "<a k=\"1\"><b /><c />t</a>"),
        ("foreach (var n in e.Elements()) { n.Remove(); }", "<a k=\"1\"><c />t</a>"),
        ("foreach (var n in e.Elements().ToList()) { n.Remove(); }", "<a k=\"1\">t</a>"),
        ("e.Nodes().OfType<XText>().First().Value = \"w\";", "<a k=\"1\"><b>1</b><c />w</a>"),
    ] {
        check(&[(&format!("{XML}{work} return e.ToString(SaveOptions.DisableFormatting);"), expected)]);
    }
    check(&[
        (r#"new XElement("a").Remove()"#, "refused"),
        (r#"new XElement("a").Remove(); return 1;"#, "!InvalidOperationException"),
        (r#"var e = new XElement("a"); e.AddAfterSelf(1); return 1;"#, "!InvalidOperationException"),
        (r#"var e = new XElement("a"); e.AddFirst(new XAttribute("k", 1)); return 1;"#, "!ArgumentException"),
        (r#"var e = new XElement("a"); e.Value = null; return 1;"#, "!ArgumentNullException"),
        (r#"var d = XDocument.Parse("<a/>"); d.Add(new XElement("b")); return 1;"#, "!InvalidOperationException"),
        (
            r#"var d = new XDocument(); d.Add(new XComment("c")); d.Add(new XElement("b")); return d.Root.Name.LocalName + d.Nodes().Count();"#,
            "b2",
        ),
        (r#"var q = XElement.Parse("<a/>"); var n = q.Elements(); q.Add(new XElement("b")); return n.Count();"#, "1"),
    ]);
}

#[test]
fn navigating() {
    const XML: &str =
        r#"var e = XElement.Parse("<r x='1' y='2'><a><b i='1'/><b i='2'>t</b></a><!--c--><d>u</d></r>"); "#;
    for (read, expected) in [
        ("e.Descendants().Select(n => n.Name.LocalName)", "[a, b, b, d]"),
        ("e.DescendantsAndSelf(\"b\").Count()", "2"),
        ("e.DescendantNodes().Count()", "7"),
        ("e.DescendantNodesAndSelf().First().NodeType", "Element"),
        ("e.Descendants(\"b\").Last().Ancestors().Select(n => n.Name.ToString())", "[a, r]"),
        ("e.Descendants(\"b\").Last().AncestorsAndSelf(\"r\").Count()", "1"),
        ("e.Element(\"a\").NodesAfterSelf().Select(n => n.NodeType)", "[Comment, Element]"),
        ("e.Element(\"d\").NodesBeforeSelf().Count()", "2"),
        ("e.Element(\"a\").ElementsAfterSelf().Single().Value", "u"),
        ("e.Element(\"a\").NextNode.NextNode.PreviousNode", "<!--c-->"),
        ("e.FirstNode.PreviousNode == null", "True"),
        ("e.Attributes().Select(n => n.Value)", "[1, 2]"),
        ("e.FirstAttribute.NextAttribute.Name", "y"),
        ("e.LastAttribute.PreviousAttribute.Name", "x"),
        ("e.Attribute(\"x\").Parent == e", "True"),
        ("e.Elements(\"a\").Elements(\"b\").Attributes(\"i\").Select(n => (int)n).Sum()", "3"),
        ("e.Elements().Ancestors().Count()", "2"),
        ("e.Descendants().Reverse().InDocumentOrder().First().Name", "a"),
        ("e.Element(\"d\").IsAfter(e.Element(\"a\"))", "True"),
        ("XNode.CompareDocumentOrder(e, e.Element(\"a\"))", "-1"),
        ("e.Document == null && e.Parent == null", "True"),
        ("e.HasAttributes && e.HasElements && !e.IsEmpty", "True"),
        ("e.Element((XName)null) == null", "True"),
        ("e.Elements().OrderByDescending(n => n.Name.LocalName).First().Name", "d"),
        ("(from n in e.Descendants() where (string)n.Attribute(\"i\") == \"2\" select n.Value).First()", "t"),
        ("e.Element(\"d\").FirstNode.NodeType == System.Xml.XmlNodeType.Text", "True"),
        ("e.GetPrefixOfNamespace(\"urn:none\") == null", "True"),
        ("e.GetDefaultNamespace().NamespaceName", ""),
    ] {
        check(&[(&format!("{XML}return {read};"), expected)]);
    }
}

#[test]
fn converting() {
    check(&[
        (r#"(int)XElement.Parse("<a> 5 </a>")"#, "5"),
        (r#"(double)XElement.Parse("<a>-INF</a>")"#, "-Infinity"),
        (r#"(decimal)XElement.Parse("<a>1.50</a>")"#, "1.50"),
        (r#"(decimal)XElement.Parse("<a>1,5</a>")"#, "!FormatException"),
        (r#"(bool)new XAttribute("a", 1)"#, "True"),
        (r#"(bool)new XAttribute("a", "yes")"#, "!FormatException"),
        (r#"(bool?)(XElement)null == null"#, "True"),
        (r#"(int)(XElement)null"#, "!ArgumentNullException"),
        (r#"(int?)XElement.Parse("<a></a>")"#, "!FormatException"),
        (r#"((DateTime)XElement.Parse("<a>2024-02-29T13:05:09Z</a>")).Kind"#, "Utc"),
        (r#"((DateTime)XElement.Parse("<a>2024-02-29</a>")).ToString("o")"#, "2024-02-29T00:00:00.0000000"),
        (r#"((TimeSpan)XElement.Parse("<a>P1DT1H</a>")).TotalHours"#, "25"),
        (r#"(Guid)new XAttribute("g", Guid.Empty)"#, "00000000-0000-0000-0000-000000000000"),
        (r#"(long)XElement.Parse("<a>9999999999</a>")"#, "9999999999"),
        (r#"(int)XElement.Parse("<a>9999999999</a>")"#, "!OverflowException"),
        (r#"(string)XElement.Parse("<a>x<b>y</b></a>")"#, "xy"),
    ]);
}

#[test]
fn comparing() {
    check(&[
        (r#"XNode.DeepEquals(XElement.Parse("<a x='1' y='2'/>"), XElement.Parse("<a y='2' x='1'/>"))"#, "False"),
        (r#"XNode.DeepEquals(new XElement("a", "x", "y"), new XElement("a", new XText("x"), new XText("y")))"#, "True"),
        (r#"XNode.DeepEquals(null, null)"#, "True"),
        (r#"XNode.DeepEquals(new XText("x"), new XCData("x"))"#, "False"),
        (r#"new XElement("a").Equals(new XElement("a"))"#, "False"),
        (r#"var e = XElement.Parse("<a><b/></a>"); return e.Element("b") == e.Elements().First();"#, "True"),
        (
            r#"var e = XElement.Parse("<a><b/><b/></a>"); return e.Elements().Concat(e.Elements()).Distinct().Count();"#,
            "2",
        ),
        (
            r#"var e = XElement.Parse("<a><b/><b/></a>"); return e.Elements().Distinct(new XNodeEqualityComparer()).Count();"#,
            "1",
        ),
        (r#"XNode.EqualityComparer.Equals(new XElement("a"), new XElement("a"))"#, "True"),
        (
            r#"var e = XElement.Parse("<a><b/><c/></a>"); return XNode.DocumentOrderComparer.Compare(e.LastNode, e.FirstNode);"#,
            "1",
        ),
    ]);
}

#[test]
fn reading() {
    check(&[
        (r#"XElement.Parse("<a>&bogus;</a>")"#, "!XmlException"),
        (r#"XDocument.Parse((string)null)"#, "!ArgumentNullException"),
        (r#"XDocument.Parse("<a/>").Declaration == null"#, "True"),
        (r#"XDocument.Parse("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>").Root.Value"#, "x"),
        (r#"XDocument.Parse("<!DOCTYPE a PUBLIC 'p' 's'><a/>").DocumentType.PublicId"#, "p"),
        (r#"XElement.Load(new StringReader("<a>1</a>")).Value"#, "1"),
        (
            r#"using (var r = XmlReader.Create(new StringReader("<r> <a k='1'>x</a><b/></r>"))) { r.MoveToContent(); r.Read(); r.MoveToContent(); return r.Name + r["k"] + r.Depth + r.ReadOuterXml() + r.Name + r.IsEmptyElement; }"#,
            "a11<a k=\"1\">x</a>bTrue",
        ),
        (
            r#"var r = XmlReader.Create(new StringReader("<r><a>1</a><a>2</a></r>")); var s = ""; while (r.Read()) { if (r.NodeType == XmlNodeType.Element && r.Name == "a") { s += ((XElement)XNode.ReadFrom(r)).Value; } } return s + r.EOF;"#,
            "1True",
        ),
        (
            r#"var r = XmlReader.Create(new StringReader("<r><a>1</a><b>2</b></r>")); r.ReadToFollowing("b"); return r.ReadElementContentAsString();"#,
            "2",
        ),
        (r#"XmlReader.Create(new StringReader("<!DOCTYPE a><a/>")).Read()"#, "!XmlException"),
        (r#"XmlReader.Create(new StringReader("<a>")).MoveToContent()"#, "!XmlException"),
        (
            r#"try { XElement.Parse("<a>\n<b></a>"); return 0; } catch (XmlException e) { return e.LineNumber * 100 + e.LinePosition; }"#,
            "206",
        ),
    ]);
}

#[test]
fn dom() {
    const XML: &str = r#"var d = new XmlDocument(); d.LoadXml("<r xmlns:p='u'><a k='1'>x</a><a>y</a><p:b/></r>"); "#;
    for (read, expected) in [
        ("d.DocumentElement.Name", "r"),
        ("d.SelectSingleNode(\"/r/a[@k='1']\").InnerText", "x"),
        ("d.SelectNodes(\"//a\").Count", "2"),
        ("d.SelectSingleNode(\"//none\") == null", "True"),
        ("d.DocumentElement.ChildNodes[1].InnerText", "y"),
        ("d.DocumentElement[\"a\"].GetAttribute(\"k\")", "1"),
        ("d.DocumentElement.FirstChild.Attributes[\"k\"].Value", "1"),
        ("d.GetElementsByTagName(\"a\")[1].OuterXml", "<a>y</a>"),
        ("d.DocumentElement.LastChild.Name + d.DocumentElement.LastChild.LocalName", "p:bb"),
        ("d.DocumentElement.FirstChild.InnerXml", "x"),
    ] {
        check(&[(&format!("{XML}return {read};"), expected)]);
    }
    check(&[
        (
            &format!(
                r#"{XML}var n = new XmlNamespaceManager(d.NameTable); n.AddNamespace("q", "u"); return d.SelectSingleNode("//q:b", n).Name;"#
            ),
            "p:b",
        ),
        (
            &format!(
                r#"{XML}var s = ""; foreach (XmlNode n in d.DocumentElement.ChildNodes) {{ s += n.Name; }} return s;"#
            ),
            "aap:b",
        ),
        (
            &format!(
                r#"{XML}var e = d.CreateElement("n"); e.InnerText = "<"; d.DocumentElement.AppendChild(e); return d.DocumentElement.LastChild.OuterXml;"#
            ),
            "<n>&lt;</n>",
        ),
        (
            &format!(
                r#"{XML}d.DocumentElement.RemoveChild(d.DocumentElement.FirstChild); return d.DocumentElement.ChildNodes.Count;"#
            ),
            "2",
        ),
        (r#"var d = new XmlDocument(); d.LoadXml("<a>"); return d;"#, "!XmlException"),
        (r#"new XmlDocument().DocumentElement == null"#, "True"),
    ]);
}

#[test]
fn as_json() {
    check(&[
        (
            r#"JsonConvert.SerializeXNode(XElement.Parse("<a k='1'><b>x</b><b/><c></c>t</a>"))"#,
            r##"{"a":{"@k":"1","b":["x",null],"c":"","#text":"t"}}"##,
        ),
        (r#"JsonConvert.SerializeXNode(XElement.Parse("<a><b>1</b></a>"), Formatting.None, true)"#, r#"{"b":"1"}"#),
        (
            r#"JsonConvert.SerializeXNode(XDocument.Parse("<?xml version='1.0'?><a/>"))"#,
            r#"{"?xml":{"@version":"1.0"},"a":null}"#,
        ),
    ]);
}

#[test]
fn bounds() {
    check(&[
        (r#"var e = new XElement("a"); for (var i = 0; i < 60; i++) { e.Add(e); } return 1;"#, "!OutOfMemoryException"),
        (r#"var e = XElement.Parse("<a><b/></a>"); e.Add(e.Elements()); return 1;"#, "!OutOfMemoryException"),
        (
            r#"var e = new XElement("a"); for (var i = 0; i < 20000; i++) { e = new XElement("a", e); } return e.Descendants().Count();"#,
            "20000",
        ),
    ]);
}
