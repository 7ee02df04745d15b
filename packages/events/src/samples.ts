// For tests: one message of each kind that the topics carry, every field of it set, made from the descriptors alone.
import { create, isFieldSet } from "@bufbuild/protobuf";
import type { DescField, DescMessage, DescOneof, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";
import { TimestampSchema, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ScalarType } from "@bufbuild/protobuf";

/** The moment of all samples: 2026-11-23 10:00 in Quito. */
export const MOMENT = Date.UTC(2026, 10, 23, 15);

function scalar(field: DescField, type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return field.name.replaceAll("_", "-");
    case ScalarType.BYTES:
      return new Uint8Array([1, 2, 3]);
    case ScalarType.BOOL:
      return true;
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return BigInt(field.number);
    default:
      return field.number;
  }
}

function one(field: DescField): unknown {
  if (field.enum) return field.enum.values.find(({ number }) => number !== 0)?.number ?? 0;
  if (field.message) return sample(field.message);
  return scalar(field, field.scalar ?? ScalarType.STRING);
}

function fill(reflected: ReflectMessage, field: DescField): void {
  if (field.fieldKind === "list") {
    const value = field.listKind === "message" ? reflect(field.message, sample(field.message)) : one(field);
    reflected.get(field).add(value);
  } else if (field.fieldKind === "message") reflected.set(field, reflect(field.message, sample(field.message)));
  else reflected.set(field, one(field));
}

/** A message with every field set; of a oneof the member that `kind` names, else the first. */
export function sample(schema: DescMessage, kind?: DescField): Message {
  if (schema.typeName === TimestampSchema.typeName) return timestampFromMs(MOMENT);
  const message = create(schema);
  const reflected = reflect(schema, message);
  for (const field of schema.fields) {
    if (field.oneof && field !== (kind?.oneof === field.oneof ? kind : field.oneof.fields[0])) continue;
    fill(reflected, field);
    if (!isFieldSet(message, field)) throw new Error(`${schema.typeName}.${field.name} could not be set`);
  }
  return message;
}

/** The kinds that a message can carry: the members of its one oneof, or undefined for itself. */
export function kindsOf(schema: DescMessage): readonly (DescField | undefined)[] {
  const oneofs: readonly DescOneof[] = schema.oneofs;
  return oneofs[0]?.fields ?? [undefined];
}
