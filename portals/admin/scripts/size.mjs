// Holds the first view under its bar. It reads Vite's manifest: the first view is the entry and the sign-in, with
// everything that they import at once; what is imported later is listed, and not counted.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

/** Brotli bytes (kB of 1000): react-dom, router and query, Fluent make 180; the rest is ours. */
const LIMIT = 210_000;

const SIGN_IN = "src/pages/SignIn.tsx";

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const size = (file) => brotliCompressSync(readFileSync(new URL(file, dist))).length;
const kB = (bytes) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`;

const first = new Set();
const visit = (key) => {
  if (first.has(key)) return;
  first.add(key);
  for (const imported of manifest[key].imports ?? []) visit(imported);
};
for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry || key === SIGN_IN) visit(key);

let total = 0;
for (const [key, chunk] of Object.entries(manifest)) {
  const bytes = [chunk.file, ...(chunk.css ?? [])].reduce((sum, file) => sum + size(file), 0);
  if (first.has(key)) total += bytes;
  console.log(`${kB(bytes)}  ${first.has(key) ? "first" : "later"}  ${key}`);
}
console.log(`${kB(total)}  the first view, of ${kB(LIMIT).trim()}`);
if (total > LIMIT) {
  console.error("The first view is over its bar: import what it does not show later, or say in the README why not.");
  process.exit(1);
}
