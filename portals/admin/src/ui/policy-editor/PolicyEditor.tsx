//! The policy editor. Loaded when it is needed: `import()` this file, never import it.
import { autocompletion, type CompletionContext, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { makeStyles, tokens } from "@fluentui/react-components";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { appearance, highlighting } from "./appearance";
import { ELEMENTS } from "./elements";
import { policyLanguage } from "./language";

/** Something to show in place; line and column count from 1. */
export interface Finding {
  line: number;
  column: number;
  message: string;
}

export interface PolicyEditorHandle {
  /** Puts the cursor there and brings it into view. */
  goTo(place: { line: number; column: number }): void;
}

const useStyles = makeStyles({
  host: {
    height: "min(62vh, 720px)",
    minHeight: "280px",
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    ":focus-within": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

/** `initial` is read once: another document is another editor, told by its `key`. */
export function PolicyEditor(props: {
  label: string;
  initial: string;
  findings: Finding[];
  onChange: (text: string) => void;
  /** Gets the text of this moment: the last `onChange` may not have been rendered yet. */
  onSave: (text: string) => void;
  ref?: Ref<PolicyEditorHandle>;
}) {
  const styles = useStyles();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  // The editor outlives renders; it always calls what the last one gave.
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    if (!host.current) return;
    // In a shadow root CodeMirror adopts its style sheets, which the content security policy lets it do.
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const state = EditorState.create({
      doc: latest.current.initial,
      extensions: [
        saveKey((text) => latest.current.onSave(text)),
        ...extensions(latest.current.label),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange(update.state.doc.toString());
        }),
      ],
    });
    const created = new EditorView({ state, parent: root, root });
    view.current = created;
    return () => created.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const diagnostics = props.findings.map((finding) => diagnosticOf(editor.state.doc, finding));
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [props.findings]);

  useImperativeHandle(props.ref, () => ({
    goTo(place) {
      const editor = view.current;
      if (!editor) return;
      const { from } = diagnosticOf(editor.state.doc, { ...place, message: "" });
      editor.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      editor.focus();
    },
  }));

  return <div ref={host} className={styles.host} />;
}

function extensions(label: string) {
  return [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    indentUnit.of("    "),
    policyLanguage,
    syntaxHighlighting(highlighting),
    search({ top: true }),
    autocompletion({ override: [completeElement], icons: false }),
    // Tab is not bound: it leaves the editor, as everywhere on the page.
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap, ...lintKeymap]),
    appearance,
    EditorView.contentAttributes.of({ "aria-label": label }),
  ];
}

function saveKey(save: (text: string) => void) {
  const run = (view: EditorView) => {
    save(view.state.doc.toString());
    return true;
  };
  return keymap.of([{ key: "Mod-s", run, preventDefault: true }]);
}

function completeElement(context: CompletionContext) {
  const open = context.matchBefore(/<[\w-]*/);
  if (!open) return null;
  return { from: open.from + 1, options: ELEMENTS.map((label) => ({ label, type: "keyword" })), validFor: /^[\w-]*$/ };
}

/** A place outside the document, left from an edit, moves to its nearest. */
function diagnosticOf(doc: Text, { line, column, message }: Finding): Diagnostic {
  const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const from = Math.min(at.from + Math.max(column, 1) - 1, at.to);
  const word = /^<?[\w.:-]*/.exec(at.text.slice(from - at.from))?.[0].length ?? 0;
  return { from, to: Math.min(from + Math.max(word, 1), at.to), severity: "error", message };
}
