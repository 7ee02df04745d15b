// What type a condition has, found without running it: @bufbuild/cel parses and evaluates, and its checker is not written yet. Pure.
import type { parse } from "@bufbuild/cel";
import { ScalarType } from "@bufbuild/protobuf";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FACT_CODES } from "./fact-codes.ts";

/** A parsed expression. */
export type Expr = ReturnType<typeof parse>["expr"];

/** A type of CEL as far as conditions need it. */
type Type =
  | { readonly is: "bool" | "int" | "double" }
  | { readonly is: "string"; readonly codes?: readonly string[]; readonly written?: readonly string[] }
  | { readonly is: "list" | "map"; readonly of: Type }
  | { readonly is: "message"; readonly desc: DescMessage };

const BOOL: Type = { is: "bool" };
const STRING: Type = { is: "string" };
const INT: Type = { is: "int" };
const COMPARISONS: ReadonlySet<string> = new Set(["_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"]);
const LOGIC: ReadonlySet<string> = new Set(["_&&_", "_||_", "!_", "@not_strictly_false", "__not_strictly_false__"]);
const TESTS_OF_TEXT: ReadonlySet<string> = new Set(["startsWith", "endsWith", "contains"]);

/** Why a condition cannot be meant so; the words name fields and functions of the condition alone. */
export class ConditionFault extends Error {}

type Scope = ReadonlyMap<string, Type>;

const wordOf = (type: Type): string => {
  if (type.is === "list") return `list of ${wordOf(type.of)}`;
  if (type.is === "map") return `map of ${wordOf(type.of)}`;
  return type.is === "message" ? type.desc.name : type.is;
};

/** Throws ConditionFault unless the expression is true or false of `facts`, a message of this description. */
export function requireBoolean(expr: Expr, facts: DescMessage): void {
  const type = typeOf(expr, new Map([["facts", { is: "message", desc: facts }]]));
  if (type.is !== "bool") throw new ConditionFault(`is a ${wordOf(type)}, not true or false`);
}

function typeOf(expr: Expr | undefined, scope: Scope): Type {
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case "constExpr":
      return constant(kind.value.constantKind);
    case "identExpr": {
      const found = scope.get(kind.value.name);
      if (!found) throw new ConditionFault(`knows no ${kind.value.name}: what a case says is facts`);
      return found;
    }
    case "selectExpr": {
      const { operand, field, testOnly } = kind.value;
      const type = select(typeOf(operand, scope), field);
      return testOnly ? BOOL : type;
    }
    case "listExpr": {
      const [first, ...rest] = kind.value.elements.map((element) => typeOf(element, scope));
      for (const one of rest) same(first!, one, "a list");
      const written = [first, ...rest].flatMap((one) => (one?.is === "string" ? (one.written ?? []) : []));
      return { is: "list", of: first?.is === "string" ? { is: "string", written } : (first ?? STRING) };
    }
    case "callExpr": {
      const { target, args, function: name } = kind.value;
      return call(
        name,
        [...(target ? [target] : []), ...args].map((arg) => typeOf(arg, scope)),
      );
    }
    case "comprehensionExpr": {
      const { iterVar, iterRange, accuVar, accuInit, loopCondition, loopStep, result } = kind.value;
      const range = typeOf(iterRange, scope);
      if (range.is !== "list" && range.is !== "map") throw new ConditionFault(`goes through a ${wordOf(range)}`);
      const accumulated = typeOf(accuInit, scope);
      const inner = new Map([...scope, [iterVar, range.is === "map" ? STRING : range.of], [accuVar, accumulated]]);
      typeOf(loopCondition, inner);
      same(accumulated, typeOf(loopStep, inner), "a macro");
      return typeOf(result, new Map([...scope, [accuVar, accumulated]]));
    }
    default:
      throw new ConditionFault("uses a form that conditions do not have");
  }
}

function constant(kind: { readonly case: string | undefined; readonly value?: unknown }): Type {
  switch (kind.case) {
    case "boolValue":
      return BOOL;
    case "stringValue":
      return { is: "string", written: [String(kind.value)] };
    case "int64Value":
      return INT;
    case "doubleValue":
      return { is: "double" };
    default:
      throw new ConditionFault("uses a constant that no fact can equal");
  }
}

function select(of: Type, name: string): Type {
  if (of.is === "map") return of.of;
  if (of.is !== "message") throw new ConditionFault(`asks a ${wordOf(of)} for ${name}`);
  const field = of.desc.fields.find((one) => one.name === name);
  if (!field)
    throw new ConditionFault(
      `asks ${of.desc.name} for ${name}; it has ${of.desc.fields.map((one) => one.name).join(", ")}`,
    );
  return fieldType(field);
}

function fieldType(field: DescField): Type {
  const codes = FACT_CODES[field.name];
  const one: Type = field.message
    ? { is: "message", desc: field.message }
    : codes === undefined
      ? scalar(field.scalar)
      : { is: "string", codes };
  return field.fieldKind === "list" || field.fieldKind === "map" ? { is: field.fieldKind, of: one } : one;
}

function scalar(type: ScalarType | undefined): Type {
  if (type === ScalarType.BOOL) return BOOL;
  return type === ScalarType.STRING ? STRING : INT;
}

function call(name: string, args: readonly Type[]): Type {
  const [first, second, third] = args;
  if (LOGIC.has(name)) {
    for (const arg of args) same(BOOL, arg, "&&, || and !");
    return BOOL;
  }
  if (COMPARISONS.has(name) && first && second) {
    same(first, second, "a comparison");
    possible(first, second);
    return BOOL;
  }
  if ((name === "@in" || name === "_in_") && first && second) {
    if (second.is === "list") {
      same(second.of, first, "in");
      possible(first, second.of);
    } else if (second.is === "map") same(STRING, first, "in");
    else throw new ConditionFault(`looks for something in a ${wordOf(second)}`);
    return BOOL;
  }
  if (name === "_?_:_" && first && second && third) {
    same(BOOL, first, "?:");
    same(second, third, "?:");
    return second;
  }
  if (name === "_[_]" && first?.is === "map") return first.of;
  if (name === "size" && first && (first.is === "list" || first.is === "map" || first.is === "string")) return INT;
  if (name === "_+_" && first && second) {
    same(first, second, "+");
    return first;
  }
  if (TESTS_OF_TEXT.has(name) && first && second) {
    same(STRING, first, name);
    same(STRING, second, name);
    return BOOL;
  }
  throw new ConditionFault(
    `uses ${name}, which conditions do not have for ${args.map(wordOf).join(", ") || "nothing"}`,
  );
}

/** A fact of a closed list is never what the list has not got: such a condition could never hold. */
function possible(one: Type, other: Type): void {
  if (one.is !== "string" || other.is !== "string") return;
  const [codes, written] = one.codes ? [one.codes, other.written] : [other.codes, one.written];
  const wrong = codes && written?.find((word) => !codes.includes(word));
  if (wrong !== undefined) throw new ConditionFault(`asks for "${wrong}", which is none of ${codes?.join(", ")}`);
}

function same(wanted: Type, found: Type, where: string): void {
  if (wordOf(wanted) !== wordOf(found))
    throw new ConditionFault(`has a ${wordOf(found)} where ${where} needs a ${wordOf(wanted)}`);
}
