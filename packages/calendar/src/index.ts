// Working days and calendar days in Quito: holidays by the law that moves them, and when a limit ends. Pure, and stands alone.
export { holidaysOf } from "./holidays.ts";
export type { Holiday } from "./holidays.ts";
export { addWorkingDays, isWorkingDay } from "./working-days.ts";
export { limitEnd, momentAt } from "./limit.ts";
export type { Limit } from "./limit.ts";
