import { expect, test } from "vitest";
import { type Column, type Sort, sorted } from "./DataTable";

const columns: Column<string>[] = [{ id: "name", title: "Name", cell: (row) => row, sortBy: (row) => row }];
const rows = ["v10", "Beta", "v2", "alpha"];

function check(sort: Sort | undefined, expected: string[]) {
  expect(sorted(rows, columns, sort)).toEqual(expected);
}

test("rows sort as people count, either way, or stay as they came", () => {
  check({ column: "name", descending: false }, ["alpha", "Beta", "v2", "v10"]);
  check({ column: "name", descending: true }, ["v10", "v2", "Beta", "alpha"]);
  check({ column: "unknown", descending: false }, rows);
  check(undefined, rows);
});
