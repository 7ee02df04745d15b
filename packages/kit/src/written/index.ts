// What people write in YAML: read with its lines, held against a schema, and mended by precise words.
export { explain } from "./explain.ts";
export { collect, parseLines, resolved } from "./lines.ts";
export { Problem, sorted } from "./problem.ts";
export type { Position } from "./problem.ts";
