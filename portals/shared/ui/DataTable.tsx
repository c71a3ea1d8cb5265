import {
  Button,
  makeStyles,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
} from "@fluentui/react-components";
import { type ReactNode, useState } from "react";

export interface Column<T> {
  id: string;
  title: string;
  cell: (row: T) => ReactNode;
  /** What to sort by; a column without it is not sortable. */
  sortBy?: (row: T) => string | number;
  /** CSS width; columns without one share the rest. */
  width?: string;
}

export interface Sort {
  column: string;
  descending: boolean;
}

/** Rows drawn at once; thousands of rows are searched, not scrolled through. */
const STEP = 100;

const useStyles = makeStyles({
  frame: { overflowX: "auto" },
  table: { minWidth: "640px" },
  cell: { paddingBlock: tokens.spacingVerticalS, overflowWrap: "anywhere" },
  more: { marginTop: tokens.spacingVerticalM },
});

export function DataTable<T>(props: {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
}) {
  const { label, columns, rowKey, sort, onSort } = props;
  const styles = useStyles();
  const [shown, setShown] = useState(STEP);
  const rows = sorted(props.rows, columns, sort);
  return (
    <div className={styles.frame}>
      <Table className={styles.table} aria-label={label} sortable={Boolean(onSort)}>
        <TableHeader>
          <TableRow>
            {columns.map((column) => {
              const direction = sort?.column === column.id ? (sort.descending ? "descending" : "ascending") : undefined;
              const sortable = onSort && column.sortBy;
              return (
                <TableHeaderCell
                  key={column.id}
                  style={{ width: column.width }}
                  sortable={Boolean(sortable)}
                  sortDirection={direction}
                  onClick={sortable && (() => onSort({ column: column.id, descending: direction === "ascending" }))}
                >
                  {column.title}
                </TableHeaderCell>
              );
            })}
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.slice(0, shown).map((row) => (
            <TableRow key={rowKey(row)}>
              {columns.map((column) => (
                <TableCell key={column.id} className={styles.cell}>
                  {column.cell(row)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {rows.length > shown && (
        <Button className={styles.more} onClick={() => setShown(shown + STEP)}>
          Show {Math.min(STEP, rows.length - shown)} more of {rows.length}
        </Button>
      )}
    </div>
  );
}

/** A new array; the order of equal rows stays. Text sorts as people count: "v2" before "v10". */
export function sorted<T>(rows: T[], columns: Column<T>[], sort: Sort | undefined): T[] {
  const sortBy = columns.find((column) => column.id === sort?.column)?.sortBy;
  if (!sort || !sortBy) return rows;
  const sign = sort.descending ? -1 : 1;
  return rows.toSorted((left, right) => {
    const [a, b] = [sortBy(left), sortBy(right)];
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * String(a).localeCompare(String(b), undefined, { numeric: true, sensitivity: "base" });
  });
}
