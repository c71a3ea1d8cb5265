//! Spacing that several pages share.
import { makeStyles, tokens } from "@fluentui/react-components";

export const useLayout = makeStyles({
  /** Things below each other. */
  stack: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalL },
  /** A form: one column, wide enough for a URL. */
  form: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalL, maxWidth: "560px" },
  /** Things beside each other that wrap. */
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  /** What a thing is, under its title. */
  lead: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalM,
  },
  /** A fieldset without the browser's frame, its fields beside each other. */
  group: { display: "flex", gap: tokens.spacingHorizontalM, margin: 0, padding: 0, border: "none" },
  /** Like `row`, with the bottoms of labelled fields in line. */
  fields: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
  /** Above a table: search at the left. */
  toolbar: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalM,
  },
  /** A field that takes no more than its place gives. */
  narrow: { width: "110px", "& .fui-Input": { minWidth: 0, width: "100%" }, "& input": { minWidth: 0 } },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  quiet: { color: tokens.colorNeutralForeground2 },
  push: { marginLeft: "auto" },
});
