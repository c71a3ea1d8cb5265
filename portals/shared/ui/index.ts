//! Parts that every portal uses. They know neither router nor data: everything comes in as properties, and a link is
//! an `href`.
export { CodeBlock, CopyButton } from "./CodeBlock";
export { Confirm } from "./Confirm";
export { type Column, DataTable, type Sort } from "./DataTable";
export { EmptyState } from "./EmptyState";
export { Loaded } from "./Loaded";
export { ProblemBar } from "./ProblemBar";
export { Ago, ago, useNow } from "./time";
