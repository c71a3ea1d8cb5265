use super::*;

fn sheet(inner: &str) -> String {
    format!(
        r#"<xsl:stylesheet version="1.0" xmlns:xsl="{XSL}" xmlns:m="urn:schemas-microsoft-com:xslt" exclude-result-prefixes="m"><xsl:output omit-xml-declaration="yes"/>{inner}</xsl:stylesheet>"#
    )
}

fn check(inner: &str, input: &str, expected: &str) {
    let compiled = Stylesheet::compile(&sheet(inner)).unwrap_or_else(|problems| panic!("{inner}: {problems:?}"));
    let came = compiled.transform(input, &[]).map(|done| done.text);
    assert_eq!(came.as_deref(), Ok(expected), "{inner}");
}

fn refused(inner: &str, expected: &str) {
    let problems = Stylesheet::compile(&sheet(inner)).err().unwrap_or_default();
    assert!(problems.iter().any(|problem| problem.contains(expected)), "{inner}: {problems:?}");
}

fn fails(inner: &str, input: &str, expected: &str) {
    let compiled = Stylesheet::compile(&sheet(inner)).unwrap_or_else(|problems| panic!("{inner}: {problems:?}"));
    let came = compiled.transform(input, &[]).map(|done| done.text);
    assert!(came.as_ref().is_err_and(|message| message.contains(expected)), "{inner}: {came:?}");
}

const PETS: &str = r#"<pets><pet kind="cat" age="9"><name>Tom</name></pet><pet kind="dog" age="10"><name>rex</name></pet><pet kind="cat" age="2"><name>Ann</name></pet></pets>"#;

#[test]
fn built_in_rules_give_the_text() {
    check("", PETS, "TomrexAnn");
    check(r#"<xsl:template match="name">[<xsl:value-of select="."/>]</xsl:template>"#, PETS, "[Tom][rex][Ann]");
}

#[test]
fn templates_are_chosen_by_pattern_priority_and_mode() {
    check(
        r#"<xsl:template match="pets"><out><xsl:apply-templates/></out></xsl:template>
           <xsl:template match="pet"><other/></xsl:template>
           <xsl:template match="pet[@kind='cat']"><cat><xsl:apply-templates select="name" mode="short"/></cat></xsl:template>
           <xsl:template match="pet[@age &lt; 5]" priority="2"><kitten/></xsl:template>
           <xsl:template match="name" mode="short"><xsl:value-of select="substring(., 1, 1)"/></xsl:template>"#,
        PETS,
        "<out><cat>T</cat><other /><kitten /></out>",
    );
    check(
        r#"<xsl:template match="/"><xsl:apply-templates select="//name|//@kind"/></xsl:template>
           <xsl:template match="pet/name">n</xsl:template><xsl:template match="@*">a</xsl:template>
           <xsl:template match="pets//pet[2]/name">2</xsl:template>"#,
        PETS,
        "ana2an",
    );
}

#[test]
fn loops_sort_and_choose() {
    check(
        r#"<xsl:template match="/"><l><xsl:for-each select="//pet"><xsl:sort select="@age" data-type="number" order="descending"/><xsl:if test="position() &gt; 1">,</xsl:if><xsl:value-of select="@age"/></xsl:for-each></l></xsl:template>"#,
        PETS,
        "<l>10,9,2</l>",
    );
    check(
        r#"<xsl:template match="/"><l><xsl:for-each select="//pet"><xsl:sort select="@kind"/><xsl:sort select="name"/><xsl:value-of select="name"/></xsl:for-each></l></xsl:template>"#,
        PETS,
        "<l>AnnTomrex</l>",
    );
    check(
        r#"<xsl:template match="pet"><xsl:choose><xsl:when test="@kind='dog'">d</xsl:when><xsl:otherwise>o</xsl:otherwise></xsl:choose></xsl:template>"#,
        PETS,
        "odo",
    );
}

#[test]
fn variables_parameters_and_recursion() {
    check(
        r#"<xsl:param name="top" select="'t'"/><xsl:variable name="later" select="concat($top, $last)"/><xsl:variable name="last" select="2"/>
           <xsl:template match="/"><xsl:variable name="x"><b>1</b><b>2</b></xsl:variable>
           <r n="{count(m:node-set($x)/b)}" v="{$later}{{}}"><xsl:call-template name="twice"><xsl:with-param name="text" select="$x"/></xsl:call-template><xsl:copy-of select="$x"/></r></xsl:template>
           <xsl:template name="twice"><xsl:param name="text"/><xsl:param name="again" select="'!'"/><xsl:value-of select="concat($text, $text, $again)"/></xsl:template>"#,
        PETS,
        r#"<r n="2" v="t2{}">1212!<b>1</b><b>2</b></r>"#,
    );
    let repeat = r#"<xsl:template match="/"><xsl:call-template name="r"><xsl:with-param name="n" select="N"/></xsl:call-template></xsl:template>
        <xsl:template name="r"><xsl:param name="n"/><xsl:if test="$n &gt; 0">x<xsl:call-template name="r"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template></xsl:if></xsl:template>"#;
    check(&repeat.replace('N', "300"), PETS, &"x".repeat(300));
    fails(&repeat.replace('N', "100000"), PETS, "nested deeper");
    let compiled = Stylesheet::compile(&sheet(
        r#"<xsl:param name="p">d</xsl:param><xsl:template match="/"><xsl:value-of select="$p"/></xsl:template>"#,
    ))
    .expect("a stylesheet");
    assert!(compiled.has_parameter("p"));
    assert_eq!(compiled.transform("<a/>", &[("p".into(), "v".into())]).map(|done| done.text).as_deref(), Ok("v"));
    assert_eq!(compiled.transform("<a/>", &[]).map(|done| done.text).as_deref(), Ok("d"));
}

#[test]
fn nodes_are_made_and_copied() {
    check(
        r#"<xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>"#,
        "<a xmlns='urn:d' xmlns:p='urn:p' p:x='1' y='&lt;'><!--c--><p:b/><?t d?>z</a>",
        "<a xmlns=\"urn:d\" xmlns:p=\"urn:p\" p:x=\"1\" y=\"&lt;\"><!--c--><p:b /><?t d?>z</a>",
    );
    check(
        r#"<xsl:attribute-set name="s"><xsl:attribute name="a">1</xsl:attribute><xsl:attribute name="b">1</xsl:attribute></xsl:attribute-set>
           <xsl:template match="/"><xsl:element name="q:{name(*)}" namespace="urn:q" use-attribute-sets="s"><xsl:attribute name="b">2</xsl:attribute><xsl:attribute name="z:c" namespace="urn:z">3</xsl:attribute><xsl:comment>a--b</xsl:comment><xsl:processing-instruction name="pi">x</xsl:processing-instruction></xsl:element></xsl:template>"#,
        PETS,
        r#"<q:pets xmlns:q="urn:q" xmlns:z="urn:z" a="1" b="2" z:c="3"><!--a- -b--><?pi x?></q:pets>"#,
    );
    check(
        r#"<xsl:template match="/"><xsl:copy-of select="//pet[2]"/></xsl:template>"#,
        PETS,
        r#"<pet kind="dog" age="10"><name>rex</name></pet>"#,
    );
    check(
        r#"<xsl:template match="/"><a xmlns="urn:a"><xsl:copy-of select="//name[1]"/></a></xsl:template>"#,
        "<p><name>x</name></p>",
        r#"<a xmlns="urn:a"><name xmlns="">x</name></a>"#,
    );
    fails(
        r#"<xsl:template match="/"><a>t<xsl:attribute name="b">1</xsl:attribute></a></xsl:template>"#,
        PETS,
        "cannot be added",
    );
}

#[test]
fn keys_and_functions() {
    check(
        r#"<xsl:key name="k" match="pet" use="@kind"/><xsl:template match="/"><r><xsl:for-each select="//pet[generate-id() = generate-id(key('k', @kind)[1])]"><g kind="{@kind}" n="{count(key('k', @kind))}"><xsl:for-each select="key('k', current()/@kind)"><xsl:value-of select="name"/>.</xsl:for-each></g></xsl:for-each></r></xsl:template>"#,
        PETS,
        r#"<r><g kind="cat" n="2">Tom.Ann.</g><g kind="dog" n="1">rex.</g></r>"#,
    );
    check(
        r#"<xsl:decimal-format name="d" decimal-separator="," grouping-separator="."/><xsl:template match="/"><xsl:value-of select="format-number(1234.5, '#.##0,00', 'd')"/>|<xsl:value-of select="system-property('xsl:version')"/>|<xsl:value-of select="element-available('xsl:sort')"/><xsl:value-of select="function-available('key')"/></xsl:template>"#,
        PETS,
        "1.234,50|1|falsetrue",
    );
}

#[test]
fn numbers_are_counted_and_written() {
    check(
        r#"<xsl:template match="pet"><xsl:number/><xsl:number format=" (a)" count="pet"/><xsl:number level="multiple" count="pets|pet" format="1.i "/></xsl:template>"#,
        PETS,
        "1 (a)1.i 2 (b)1.ii 3 (c)1.iii ",
    );
    check(
        r#"<xsl:template match="name"><xsl:number level="any" format="01"/><xsl:text> </xsl:text></xsl:template><xsl:template match="/"><xsl:apply-templates/><xsl:number value="1234567" grouping-separator="," grouping-size="3"/><xsl:number value="28" format="-A-"/></xsl:template>"#,
        PETS,
        "01 02 03 1,234,567-AB-",
    );
}

#[test]
fn output_methods() {
    let run = |output: &str, body: &str| {
        let text = format!(
            r#"<xsl:stylesheet version="1.0" xmlns:xsl="{XSL}">{output}<xsl:template match="/">{body}</xsl:template></xsl:stylesheet>"#
        );
        Stylesheet::compile(&text).expect("a stylesheet").transform("<a/>", &[]).expect("a result").text
    };
    assert_eq!(run("", "<a><b/></a>"), "<?xml version=\"1.0\" encoding=\"utf-8\"?><a><b /></a>");
    assert_eq!(
        run(r#"<xsl:output indent="yes" cdata-section-elements="c"/>"#, "<a><b/><c>x&lt;y</c></a>"),
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a>\n  <b />\n  <c><![CDATA[x<y]]></c>\n</a>"
    );
    assert_eq!(run(r#"<xsl:output method="text"/>"#, "<a>x&lt;</a>&amp;"), "x<&");
    assert_eq!(
        run(
            "",
            r#"<html><head/><body><br/><input checked="checked" t="&lt;"/><p/><script>a &lt; b</script></body></html>"#
        ),
        "<html><head><META http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body><br><input checked t=\"<\"><p></p><script>a < b</script></body></html>"
    );
    assert_eq!(
        run(
            r#"<xsl:output omit-xml-declaration="yes"/>"#,
            r#"<a><xsl:text disable-output-escaping="yes">&lt;b></xsl:text>&lt;</a>"#
        ),
        "<a><b>&lt;</a>"
    );
}

#[test]
fn what_a_policy_may_not_do_is_refused() {
    refused(r#"<xsl:import href="x"/>"#, "`xsl:import` may not be used");
    refused(r#"<xsl:include href="x"/>"#, "`xsl:include` may not be used");
    refused(r#"<m:script language="C#">x</m:script>"#, "scripts may not be used");
    refused(r#"<xsl:template match="/"><xsl:copy-of select="document('x')"/></xsl:template>"#, "document()");
    refused(r#"<xsl:template match="/"><xsl:value-of select="foo()"/></xsl:template>"#, "function `foo` is not known");
    refused(r#"<xsl:template match="a/.."/>"#, "invalid XSLT pattern");
    refused(r#"<xsl:template/>"#, "needs attribute `match` or `name`");
    refused(r#"<xsl:template match="/"><xsl:call-template name="x"/></xsl:template>"#, "no template `x`");
    refused(
        r#"<xsl:template match="/"><xsl:for-each-group select="x"/></xsl:template>"#,
        "not an instruction of XSLT 1.0",
    );
    refused(r#"<xsl:template match="/"><xsl:value-of/></xsl:template>"#, "needs attribute `select`");
    refused(r#"<xsl:template match="/"><a b="{x"/></xsl:template>"#, "braces");
    assert!(Stylesheet::compile("<a/>").is_err());
    assert!(Stylesheet::compile("<a").is_err());
}

#[test]
fn runs_end() {
    fails("", "<a", "");
    fails("", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "DTD");
    fails(r#"<xsl:template match="*"><xsl:apply-templates select="."/></xsl:template>"#, "<a/>", "nested deeper");
    fails(
        r#"<xsl:variable name="a" select="$b"/><xsl:variable name="b" select="$a"/><xsl:template match="/"><xsl:value-of select="$a"/></xsl:template>"#,
        "<a/>",
        "uses itself",
    );
    fails(r#"<xsl:template match="/"><xsl:message terminate="yes">no</xsl:message></xsl:template>"#, "<a/>", "no");
    fails(r#"<xsl:template match="/"><xsl:value-of select="$x"/></xsl:template>"#, "<a/>", "'x' is not defined");
    let wide = format!("<a>{}</a>", "<b/>".repeat(3000));
    fails(
        r#"<xsl:template match="/"><xsl:for-each select="//b"><xsl:for-each select="//b"><c/></xsl:for-each></xsl:for-each></xsl:template>"#,
        &wide,
        "too m",
    );
}
