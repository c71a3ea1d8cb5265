import { Button, Input, makeStyles, tokens } from "@fluentui/react-components";
import { Add16Regular, Dismiss16Regular } from "@fluentui/react-icons";

export interface HeaderLine {
  name: string;
  value: string;
}

const useStyles = makeStyles({
  root: {
    margin: 0,
    padding: 0,
    border: "none",
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    alignItems: "start",
  },
  line: { display: "flex", gap: tokens.spacingHorizontalS, width: "100%", maxWidth: "720px" },
  value: { flexGrow: 1 },
});

export function HeaderLines({ lines, onChange }: { lines: HeaderLine[]; onChange: (lines: HeaderLine[]) => void }) {
  const styles = useStyles();
  const set = (index: number, change: Partial<HeaderLine>) =>
    onChange(lines.map((line, at) => (at === index ? { ...line, ...change } : line)));
  return (
    <fieldset aria-label="Request headers" className={styles.root}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
        <div key={index} className={styles.line}>
          <Input
            aria-label={`Name of header ${index + 1}`}
            placeholder="Name"
            value={line.name}
            onChange={(_, { value }) => set(index, { name: value })}
          />
          <Input
            className={styles.value}
            aria-label={`Value of header ${index + 1}`}
            placeholder="Value"
            value={line.value}
            onChange={(_, { value }) => set(index, { value })}
          />
          <Button
            appearance="subtle"
            icon={<Dismiss16Regular />}
            aria-label={`Remove header ${index + 1}`}
            onClick={() => onChange(lines.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <Button size="small" icon={<Add16Regular />} onClick={() => onChange([...lines, { name: "", value: "" }])}>
        Add header
      </Button>
    </fieldset>
  );
}
