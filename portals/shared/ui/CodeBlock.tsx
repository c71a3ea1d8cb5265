import { Button, makeStyles, Subtitle2, tokens } from "@fluentui/react-components";
import { ArrowDownloadRegular, CheckmarkRegular, CopyRegular } from "@fluentui/react-icons";
import { useState } from "react";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalXS },
  head: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalS },
  title: { flexGrow: 1 },
  code: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    overflow: "auto",
    maxHeight: "420px",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    backgroundColor: tokens.colorNeutralBackground3,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
});

/** A text to take away: copied, or downloaded under `fileName`. */
export function CodeBlock({ title, text, fileName }: { title: string; text: string; fileName?: string }) {
  const styles = useStyles();
  return (
    <section className={styles.root} aria-label={title}>
      <div className={styles.head}>
        <Subtitle2 as="h2" className={styles.title}>
          {title}
        </Subtitle2>
        <CopyButton text={text} what={title} />
        {fileName && (
          <Button
            size="small"
            icon={<ArrowDownloadRegular />}
            onClick={() => download(fileName, text)}
            aria-label={`Download ${fileName}`}
          >
            Download
          </Button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <pre className={styles.code} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

type CopyState = "ready" | "copied" | "refused";

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState<CopyState>("ready");
  const copy = async () => {
    setState((await copyText(text)) ? "copied" : "refused");
    window.setTimeout(() => setState("ready"), 2000);
  };
  const label = { ready: "Copy", copied: "Copied", refused: "Not allowed" }[state];
  return (
    <Button
      size="small"
      icon={state === "copied" ? <CheckmarkRegular /> : <CopyRegular />}
      onClick={copy}
      aria-label={state === "ready" ? `Copy ${what}` : label}
    >
      {label}
    </Button>
  );
}

/** The clipboard is there only on HTTPS and on the loopback; elsewhere a selection is copied. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

function download(fileName: string, text: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(link.href);
}
