//! Reads policy documents for highlighting: XML whose attributes and texts may hold C# expressions as written,
//! `condition="@(a < b && c == "x")"`. An XML parser ends such a value at the inner quote; this one follows the
//! expression to its closing bracket, as the server's lexer does. It judges nothing: findings come from the server.
import { StreamLanguage, type StreamParser, type StringStream } from "@codemirror/language";

/** What delimits a string inside an expression; `&quot;` in documents that escape. */
type StringKind = { close: string; verbatim: boolean };

interface Expression {
  close: ")" | "}";
  /** Open brackets of the closing one's kind, its own included. */
  depth: number;
  inString: StringKind | undefined;
  inComment: boolean;
}

export interface PolicyState {
  mode: "text" | "tag" | "value" | "comment" | "cdata";
  /** The quote that ends the attribute value. */
  quote: string;
  /** Nothing of the value or text was read yet: an expression may begin. */
  fresh: boolean;
  /** The next name in a tag is the element's. */
  naming: boolean;
  expression: Expression | undefined;
}

const KEYWORDS = new Set(
  "as base bool break byte case catch char const continue decimal default do double else enum false finally float for foreach goto if in int is long new null object out ref return short sizeof static string switch this throw true try typeof uint ulong ushort using var while".split(
    " ",
  ),
);

export const policyParser: StreamParser<PolicyState> = {
  name: "policy",
  startState: () => ({ mode: "text", quote: "", fresh: true, naming: false, expression: undefined }),
  copyState: (state) => ({
    ...state,
    expression: state.expression && { ...state.expression },
  }),
  token(stream, state) {
    if (state.expression) return expressionToken(stream, state, state.expression);
    return { text: textToken, tag: tagToken, value: valueToken, comment: commentToken, cdata: cdataToken }[state.mode](
      stream,
      state,
    );
  },
  languageData: { commentTokens: { block: { open: "<!--", close: "-->" } } },
};

export const policyLanguage = StreamLanguage.define(policyParser);

function textToken(stream: StringStream, state: PolicyState): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match("<!--")) return enter(state, "comment", "comment");
  if (stream.match("<![CDATA[")) return enter(state, "cdata", "processingInstruction");
  if (stream.match(/^<[/?]?/)) {
    state.naming = true;
    return enter(state, "tag", "angleBracket");
  }
  if (state.fresh && beginExpression(stream, state)) return "meta";
  state.fresh = false;
  return entityOrNamedValue(stream) ?? plain(stream, /^[^<&{]+/);
}

function tagToken(stream: StringStream, state: PolicyState): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match(/^[/?]?>/)) {
    state.fresh = true;
    return enter(state, "text", "angleBracket");
  }
  const quote = stream.match(/^["']/) as RegExpMatchArray | null;
  if (quote) {
    state.quote = quote[0];
    state.fresh = true;
    return enter(state, "value", "attributeValue");
  }
  if (stream.match(/^[^\s=<>"'/?]+/)) {
    const element = state.naming;
    state.naming = false;
    return element ? "tagName" : "attributeName";
  }
  stream.next();
  return "definitionOperator";
}

function valueToken(stream: StringStream, state: PolicyState): string | null {
  if (stream.match(state.quote)) return enter(state, "tag", "attributeValue");
  if (state.fresh && beginExpression(stream, state)) return "meta";
  state.fresh = false;
  const special = entityOrNamedValue(stream);
  if (!special) plain(stream, state.quote === '"' ? /^[^"&{]+/ : /^[^'&{]+/);
  return special ?? "attributeValue";
}

function commentToken(stream: StringStream, state: PolicyState): string {
  if (stream.skipTo("-->")) {
    stream.match("-->");
    return enter(state, "text", "comment");
  }
  stream.skipToEnd();
  return "comment";
}

function cdataToken(stream: StringStream, state: PolicyState): string | null {
  if (stream.match("]]>")) return enter(state, "text", "processingInstruction");
  if (stream.eatSpace()) return null;
  if (state.fresh && beginExpression(stream, state)) return "meta";
  state.fresh = false;
  if (!stream.skipTo("]]>")) stream.skipToEnd();
  return null;
}

function enter(state: PolicyState, mode: PolicyState["mode"], style: string): string {
  if (mode === "cdata") state.fresh = true;
  state.mode = mode;
  return style;
}

/** At least one character, so that every call moves on. */
function plain(stream: StringStream, run: RegExp): null {
  if (!stream.match(run)) stream.next();
  return null;
}

function entityOrNamedValue(stream: StringStream): string | undefined {
  if (stream.match(/^\{\{[^{}\s]+\}\}/)) return "variableName.special";
  if (stream.match(/^&[#\w]+;/)) return "character";
  return undefined;
}

function beginExpression(stream: StringStream, state: PolicyState): boolean {
  const open = stream.match(/^@[({]/) as RegExpMatchArray | null;
  if (!open) return false;
  state.expression = { close: open[0] === "@(" ? ")" : "}", depth: 1, inString: undefined, inComment: false };
  state.fresh = false;
  return true;
}

function expressionToken(stream: StringStream, state: PolicyState, expression: Expression): string | null {
  if (expression.inString) return stringToken(stream, expression, expression.inString);
  if (expression.inComment) return blockCommentToken(stream, expression);
  if (stream.eatSpace()) return null;
  if (stream.match("//")) {
    stream.skipToEnd();
    return "comment";
  }
  if (stream.match("/*")) return blockCommentToken(stream, Object.assign(expression, { inComment: true }));
  const string = beginString(stream);
  if (string) return stringToken(stream, expression, string);
  if (stream.match(/^'(\\.[^']*|[^'\\])'/)) return "string";
  if (stream.match(/^\{\{[^{}\s]+\}\}/)) return "variableName.special";
  if (stream.match(/^&[#\w]+;/)) return "operator";
  if (stream.match(/^(0x[\da-f_]+|\d[\d_]*(\.\d+)?(e[+-]?\d+)?)[fdmul]*/i)) return "number";
  const word = stream.match(/^@?[\p{L}_][\p{L}\p{N}_]*/u) as RegExpMatchArray | null;
  if (word) return KEYWORDS.has(word[0]) ? "keyword" : "variableName";
  return bracketOrOperator(stream, state, expression);
}

function bracketOrOperator(stream: StringStream, state: PolicyState, expression: Expression): string {
  const open = expression.close === ")" ? "(" : "{";
  const character = stream.next();
  if (character === open) expression.depth += 1;
  if (character !== expression.close) return /[()[\]{}]/.test(character ?? "") ? "bracket" : "operator";
  expression.depth -= 1;
  if (expression.depth > 0) return "bracket";
  state.expression = undefined;
  return "meta";
}

function beginString(stream: StringStream): StringKind | undefined {
  const open = stream.match(/^(\$@|@\$|@|\$)?("|&quot;)/) as RegExpMatchArray | null;
  return open ? { close: open[2] ?? '"', verbatim: open[1]?.includes("@") ?? false } : undefined;
}

/** Up to the end of the string or of the line; only a verbatim string goes on after that. */
function stringToken(stream: StringStream, expression: Expression, kind: StringKind): string {
  expression.inString = kind;
  while (!stream.eol()) {
    if (kind.verbatim && stream.match(kind.close + kind.close)) continue;
    if (stream.match(kind.close)) {
      expression.inString = undefined;
      return "string";
    }
    if (stream.next() === "\\" && !kind.verbatim) stream.next();
  }
  if (!kind.verbatim) expression.inString = undefined;
  return "string";
}

function blockCommentToken(stream: StringStream, expression: Expression): string {
  if (stream.skipTo("*/")) {
    stream.match("*/");
    expression.inComment = false;
  } else {
    stream.skipToEnd();
  }
  return "comment";
}
