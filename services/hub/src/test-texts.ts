// For tests: the texts that stand in a source file, and whether each goes through say`…`.
import { Visitor, parseSync } from "oxc-parser";

type Handlers = ConstructorParameters<typeof Visitor>[0];
type Template = Parameters<NonNullable<NonNullable<Handlers>["TemplateLiteral"]>>[0];
type Call = Parameters<NonNullable<NonNullable<Handlers>["CallExpression"]>>[0];
type Argument = Call["arguments"][number] | undefined;

/** A text of a source. */
export interface SourceText {
  /** As the catalogue has it: values are {0}, {1} … */
  readonly text: string;
  /** Line of the source, from 1. */
  readonly line: number;
  readonly isSaid: boolean;
  /** `error`: the words or the remedy of an error that people read; `heading`: of a table; else empty. */
  readonly role: "error" | "heading" | "";
}

const ERRORS = new Set(["CommandError", "KeyProblem", "InvalidArgumentError"]);

function keyOf({ quasis }: Template): string {
  return quasis.reduce((key, { value }, index) => `${key}${index === 0 ? "" : `{${index - 1}}`}${value.cooked}`, "");
}

/** Every string and template of a source, in its order. Throws when it is not TypeScript. */
export function textsOf(file: string, source: string): SourceText[] {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const texts: SourceText[] = [];
  const saidAt = new Set<number>();
  const roles: { readonly from: number; readonly to: number; readonly role: "error" | "heading" }[] = [];
  const mark = (role: "error" | "heading", ...args: readonly Argument[]): void => {
    for (const arg of args) if (arg) roles.push({ from: arg.start, to: arg.end, role });
  };
  const add = (text: string, start: number): void => {
    const line = source.slice(0, start).split("\n").length;
    const role = roles.find(({ from, to }) => start >= from && start < to)?.role ?? "";
    texts.push({ text, line, isSaid: saidAt.has(start), role });
  };
  new Visitor({
    NewExpression({ callee, arguments: args }) {
      if (callee.type === "Identifier" && ERRORS.has(callee.name)) mark("error", args[0], args[2]);
    },
    CallExpression({ callee, arguments: args }) {
      if (callee.type === "Identifier" && callee.name === "table" && args[0]?.type === "ArrayExpression")
        mark("heading", args[0]);
    },
    TaggedTemplateExpression({ tag, quasi }) {
      if (tag.type === "Identifier" && tag.name === "say") saidAt.add(quasi.start);
    },
    TemplateLiteral: (node) => add(keyOf(node), node.start),
    Literal({ value, start }) {
      if (typeof value === "string") add(value, start);
    },
  }).visit(program);
  return texts;
}
