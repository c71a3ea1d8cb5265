//! The editor's look, from the theme's tokens: CSS variables reach into its shadow root.
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tokens } from "@fluentui/react-components";
import { tags } from "@lezer/highlight";

export const highlighting = HighlightStyle.define([
  { tag: [tags.tagName, tags.angleBracket], color: tokens.colorBrandForeground1 },
  { tag: tags.attributeName, color: tokens.colorPaletteBerryForeground1 },
  { tag: [tags.attributeValue, tags.string], color: tokens.colorPaletteGreenForeground1 },
  { tag: tags.keyword, color: tokens.colorPaletteRedForeground1 },
  { tag: tags.meta, color: tokens.colorPaletteRedForeground1, fontWeight: "600" },
  { tag: tags.special(tags.variableName), color: tokens.colorPaletteBerryForeground1, fontWeight: "600" },
  { tag: [tags.number, tags.character], color: tokens.colorPaletteBerryForeground1 },
  { tag: [tags.comment, tags.processingInstruction], color: tokens.colorNeutralForeground3, fontStyle: "italic" },
]);

export const appearance = EditorView.theme({
  "&": {
    height: "100%",
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground1,
    fontSize: tokens.fontSizeBase300,
  },
  // The frame around the editor shows the focus, search panel included.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: tokens.fontFamilyMonospace, lineHeight: tokens.lineHeightBase400 },
  ".cm-content": { caretColor: tokens.colorNeutralForeground1 },
  ".cm-gutters": {
    color: tokens.colorNeutralForeground3,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: tokens.colorNeutralBackground2 },
  ".cm-cursor": { borderLeftColor: tokens.colorNeutralForeground1 },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: tokens.colorBrandBackground2,
  },
  ".cm-tooltip, .cm-panels": {
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: tokens.colorNeutralForegroundOnBrand,
    backgroundColor: tokens.colorBrandBackground,
  },
  ".cm-button, .cm-textfield": {
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground1,
    backgroundImage: "none",
    border: `1px solid ${tokens.colorNeutralStroke1}`,
  },
});
