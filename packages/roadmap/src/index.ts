// Roadmaps as the services need them: conditions that are judged. Reading and checking files: `@ruta/roadmap/files`.
export { judge } from "./condition.ts";
export type { Verdict } from "./condition.ts";
