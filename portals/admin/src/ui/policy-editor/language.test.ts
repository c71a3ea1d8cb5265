import { StringStream } from "@codemirror/language";
import { expect, test } from "vitest";
import { policyParser } from "./language";

/** The styled pieces of a document, as `style:text`. */
function styles(document: string): string[] {
  const state = policyParser.startState?.(2);
  if (!state) throw new Error("the parser has no start state");
  const pieces: string[] = [];
  for (const line of document.split("\n")) {
    const stream = new StringStream(line, 2, 2);
    while (!stream.eol()) {
      const style = policyParser.token(stream, state);
      expect(stream.pos).toBeGreaterThan(stream.start);
      if (style) pieces.push(`${style}:${stream.current()}`);
      stream.start = stream.pos;
    }
  }
  return pieces;
}

function check(document: string, expected: string[]) {
  expect(styles(document)).toEqual(expected);
}

test("an attribute goes on behind the quotes of its expression", () => {
  check('<when condition="@(a < 1 && b == "x)")" then="no">', [
    "angleBracket:<",
    "tagName:when",
    "attributeName:condition",
    "definitionOperator:=",
    'attributeValue:"',
    "meta:@(",
    "variableName:a",
    "operator:<",
    "number:1",
    "operator:&",
    "operator:&",
    "variableName:b",
    "operator:=",
    "operator:=",
    'string:"x)"',
    "meta:)",
    'attributeValue:"',
    "attributeName:then",
    "definitionOperator:=",
    'attributeValue:"',
    "attributeValue:no",
    'attributeValue:"',
    "angleBracket:>",
  ]);
});

test("an escaped document reads the same", () => {
  check('<v a="@(x == &quot;)&quot;)"/>', [
    "angleBracket:<",
    "tagName:v",
    "attributeName:a",
    "definitionOperator:=",
    'attributeValue:"',
    "meta:@(",
    "variableName:x",
    "operator:=",
    "operator:=",
    "string:&quot;)&quot;",
    "meta:)",
    'attributeValue:"',
    "angleBracket:/>",
  ]);
});

test("a block of statements spans lines, with comments, characters and verbatim strings", () => {
  check('<b>@{\n  // }\n  if (x == \'}\') { return @"a""}\n}"; } /* }\n} */ return null;\n}</b>', [
    "angleBracket:<",
    "tagName:b",
    "angleBracket:>",
    "meta:@{",
    "comment:// }",
    "keyword:if",
    "bracket:(",
    "variableName:x",
    "operator:=",
    "operator:=",
    "string:'}'",
    "bracket:)",
    "bracket:{",
    "keyword:return",
    'string:@"a""}',
    'string:}"',
    "operator:;",
    "bracket:}",
    "comment:/* }",
    "comment:} */",
    "keyword:return",
    "keyword:null",
    "operator:;",
    "meta:}",
    "angleBracket:</",
    "tagName:b",
    "angleBracket:>",
  ]);
});

test("named values, entities and comments in text", () => {
  check("<!-- <a> -->\n<a>mail@(x) {{key}} &amp;</a>", [
    "comment:<!--",
    "comment: <a> -->",
    "angleBracket:<",
    "tagName:a",
    "angleBracket:>",
    "variableName.special:{{key}}",
    "character:&amp;",
    "angleBracket:</",
    "tagName:a",
    "angleBracket:>",
  ]);
});

test("every document is read to its end", () => {
  for (const document of ['<a b="@(', "<a b='@{\"", "<!--", "<![CDATA[@(", "<", "&", "{", '<a b=">"', "@"])
    styles(document);
});
