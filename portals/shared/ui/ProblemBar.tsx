import { MessageBar, MessageBarBody, MessageBarTitle, makeStyles, tokens } from "@fluentui/react-components";
import { ApiError } from "../api";

const useStyles = makeStyles({
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalXL },
});

/** A failure with its code, what it is about and what to do. `title` tells what was being done: "Could not …". */
export function ProblemBar({ title, error }: { title: string; error: unknown }) {
  const styles = useStyles();
  const known = error instanceof ApiError ? error : undefined;
  const details = known?.details.filter((detail) => detail.message) ?? [];
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle> {error instanceof Error ? error.message : String(error)}{" "}
        {known && <span className={styles.code}>({known.code})</span>}
        {details.length > 0 && (
          <ul className={styles.list}>
            {details.map((detail) => (
              <li key={`${detail.target} ${detail.message}`}>
                {detail.target && <span className={styles.code}>{detail.target}: </span>}
                {detail.message}
              </li>
            ))}
          </ul>
        )}
        {known?.hint && <div>{known.hint}</div>}
      </MessageBarBody>
    </MessageBar>
  );
}
