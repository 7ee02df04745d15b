// The glossary has a word for everything that the messages are made of.
import { expect, test } from "vitest";
import { file_ruta_access_v1_access as access } from "./gen/ruta/access/v1/access_pb.ts";
import { file_ruta_delivery_v1_attempt as delivery } from "./gen/ruta/delivery/v1/attempt_pb.ts";
import { file_ruta_directory_v1_directory as directory } from "./gen/ruta/directory/v1/directory_pb.ts";
import { file_ruta_referral_v1_common as common } from "./gen/ruta/referral/v1/common_pb.ts";
import { GLOSSARY } from "./glossary.ts";

const words = Object.keys(GLOSSARY);

test("each word is explained in a sentence, once", () => {
  for (const [word, { meaning }] of Object.entries(GLOSSARY)) {
    expect(word).toMatch(/^[a-z][a-z -]+$/);
    expect(meaning, word).toMatch(/^[A-Z].{10,}\.$/);
  }
  expect(new Set(Object.values(GLOSSARY).map(({ meaning }) => meaning)).size).toBe(words.length);
});

test.each([access, delivery, directory, common].flatMap((file) => file.messages.map(({ name }) => name)))(
  "%s is made of words that are explained",
  (name) => {
    const text = name.replaceAll(/(?<=[a-z])([A-Z])/g, " $1").toLowerCase();
    expect(
      words.some((word) => text.includes(word)),
      text,
    ).toBe(true);
  },
);
