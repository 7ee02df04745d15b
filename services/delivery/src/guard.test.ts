// The guard: which addresses and URLs are reached, and that names are judged by every address they resolve to.
import { isIP } from "node:net";
import type { LookupAddress } from "node:dns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AddressRefused, checkedUrl, guardedConnector, isPublic } from "./guard.ts";
import type { GuardRules } from "./guard.ts";

const PUBLIC = ["1.1.1.1", "8.8.8.8", "190.15.128.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"];
const PUBLIC_6 = ["2606:4700:4700::1111", "2800:68::1", "2001:4860:4860::8888"];

/** Ranges of the IANA special-purpose registries, and addresses inside them. */
const REFUSED: readonly (readonly [string, readonly string[]])[] = [
  ["this network", ["0.0.0.0", "0.1.2.3"]],
  ["private", ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"]],
  ["carrier-grade NAT", ["100.64.0.1", "100.127.255.255"]],
  ["loopback", ["127.0.0.1", "127.255.255.254", "::1"]],
  ["link-local", ["169.254.169.254", "fe80::1", "febf::1"]],
  ["protocol assignments", ["192.0.0.1", "192.0.0.170"]],
  ["documentation", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]],
  ["6to4 relay", ["192.88.99.1"]],
  ["benchmarking", ["198.18.0.1", "198.19.255.255", "2001:2::1"]],
  ["multicast", ["224.0.0.1", "239.255.255.255", "ff02::1"]],
  ["reserved", ["240.0.0.1", "255.255.255.255"]],
  ["unspecified", ["::"]],
  ["IPv4-mapped", ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe"]],
  ["IPv4-compatible", ["::7f00:1", "::8.8.8.8"]],
  ["IPv4-translated", ["::ffff:0:8.8.8.8"]],
  ["NAT64", ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1"]],
  ["discard and dummy", ["100::1", "100:0:0:1::1"]],
  ["Teredo", ["2001::1"]],
  ["ORCHID", ["2001:10::1", "2001:20::1"]],
  ["6to4", ["2002:7f00:1::1", "2002:808:808::1"]],
  ["segment routing", ["5f00::1"]],
  ["unique local", ["fc00::1", "fdff::1"]],
  ["site-local", ["fec0::1"]],
  ["not assigned", ["1::1", "4000::1", "e000::1"]],
  ["with a zone", ["fe80::1%eth0"]],
  ["no address", ["", "example.org", "1.2.3.4.5", "8.8.8.8/8"]],
];

test.each([...PUBLIC, ...PUBLIC_6])("%s is public", (address) => {
  expect(isPublic(address)).toBe(true);
});

describe.each(REFUSED)("%s", (_name, addresses) => {
  test.each(addresses)("%s is not public", (address) => {
    expect(isPublic(address)).toBe(false);
  });
});

test("no IPv4 address is public in any IPv6 form that carries it", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const forms = [`::ffff:${a}.${b}.${c}.${d}`, `::${a}.${b}.${c}.${d}`, `64:ff9b::${a}.${b}.${c}.${d}`];
      expect(forms.map(isPublic)).toEqual([false, false, false]);
    }),
  );
});

const strict: GuardRules = { allowLoopback: false };
const lax: GuardRules = { allowLoopback: true };

test.each(["http://example.org/in", "ftp://example.org", "file:///etc/passwd", "javascript:1", "nonsense", ""])(
  "%j is no URL to send to",
  (url) => {
    expect(() => checkedUrl(url, strict)).toThrow(AddressRefused);
  },
);

test("user info is refused, also where loopback is allowed", () => {
  expect(() => checkedUrl("https://u:p@example.org/in", strict)).toThrow(AddressRefused);
  expect(() => checkedUrl("http://u@127.0.0.1/in", lax)).toThrow(AddressRefused);
});

test.each([
  "https://example.org:22/",
  "https://example.org:80/",
  "https://example.org:9092/",
  "https://example.org:8080/",
])("%s is refused for its port", (url) => {
  expect(() => checkedUrl(url, strict)).toThrow(AddressRefused);
});

test.each(["https://example.org/", "https://example.org:443/", "https://example.org:8443/", "HTTPS://EXAMPLE.ORG/"])(
  "%s is a URL to send to",
  (url) => {
    expect(checkedUrl(url, strict).protocol).toBe("https:");
  },
);

test("what is refused is not named in the error", () => {
  expect(() => checkedUrl("http://secreto.example/in", strict)).toThrow(/^(?!.*secreto).*$/);
});

/** What a connector says about a host; names resolve to these addresses. `connected` means that it was let through. */
async function verdict(host: string, addresses: string[], rules = strict, protocol = "https:"): Promise<string> {
  const resolver = (_: string, callback: (error: null, all: LookupAddress[]) => void): void =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
  const connect = guardedConnector({ ...rules, timeoutMs: 200, resolver });
  return new Promise((resolve) => {
    connect({ hostname: host, host, protocol, port: "1" }, (error, socket) => {
      socket?.destroy();
      resolve(error instanceof AddressRefused ? "refused" : "let through");
    });
  });
}

test.each([
  ["an address in the URL", "127.0.0.1", []],
  ["an IPv6 address in brackets", "[::1]", []],
  ["an IPv4-mapped address", "[::ffff:127.0.0.1]", []],
  ["the metadata address", "169.254.169.254", []],
  ["a name of a private address", "rebind.example", ["10.0.0.1"]],
  ["a name of a public and a private address", "both.example", ["8.8.8.8", "10.0.0.1"]],
  ["the same in the other order", "both.example", ["10.0.0.1", "8.8.8.8"]],
  ["a name without an address", "empty.example", []],
  ["a name of loopback", "localhost", ["127.0.0.1"]],
])("%s is not connected to", async (_name, host, addresses) => {
  expect(await verdict(host, addresses)).toBe("refused");
});

/** Forms in which an address can be written, each as a URL says it: what the URL reader makes of it is what is judged. */
test.each([
  ["decimal", "https://2130706433/"],
  ["decimal, of the metadata address", "https://2852039166/"],
  ["octal", "https://0177.0.0.1/"],
  ["hexadecimal", "https://0x7f.0x0.0x0.0x1/"],
  ["hexadecimal in one number", "https://0x7f000001/"],
  ["short", "https://127.1/"],
  ["short and mixed", "https://0x7f.1/"],
  ["private and short", "https://10.1/"],
  ["zero", "https://0/"],
  ["with a trailing dot", "https://127.0.0.1./"],
  ["in wide digits", "https://１２７.０.０.１/"],
  ["in circled digits", "https://①②⑦.⓪.⓪.①/"],
  ["percent-encoded", "https://%31%32%37.0.0.1/"],
  ["IPv4-mapped", "https://[::ffff:10.0.0.1]/"],
  ["IPv4-mapped in hexadecimal", "https://[::ffff:a9fe:a9fe]/"],
  ["IPv4-translated", "https://[::ffff:0:10.0.0.1]/"],
  ["IPv4-compatible", "https://[::127.0.0.1]/"],
  ["6to4", "https://[2002:7f00:1::]/"],
  ["NAT64", "https://[64:ff9b::127.0.0.1]/"],
  ["unique local", "https://[fd00::1]/"],
  ["link-local", "https://[fe80::1]/"],
  ["behind a scheme in capitals", "HTTPS://127.0.0.1/"],
])("an address %s is not connected to", async (_name, text) => {
  expect(await verdict(checkedUrl(text, strict).hostname, [])).toBe("refused");
});

test.each(["https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://1.2.3.4.5/", "https://256.256.256.256/"])(
  "%s cannot be read",
  (text) => {
    expect(() => checkedUrl(text, strict)).toThrow(AddressRefused);
  },
);

test.each([
  ["localhost with a trailing dot", "https://localhost./", ["127.0.0.1"]],
  ["localhost in wide letters", "https://ｌｏｃａｌｈｏｓｔ/", ["127.0.0.1", "::1"]],
  ["a name in letters that are not ASCII", "https://rúta.example/", ["192.168.1.1"]],
  ["a name whose IPv6 address alone is private", "https://six.example/", ["8.8.8.8", "fd00::1"]],
])("%s is judged by where it leads", async (_name, text, addresses) => {
  expect(await verdict(checkedUrl(text, strict).hostname, addresses)).toBe("refused");
});

test("the development flag opens loopback and nothing else", async () => {
  expect(await verdict("127.0.0.1", [], lax, "http:")).toBe("let through");
  expect(await verdict("localhost", ["127.0.0.1", "::1"], lax, "http:")).toBe("let through");
  expect(await verdict("10.0.0.1", [], lax)).toBe("refused");
  expect(await verdict("mixed.example", ["127.0.0.1", "10.0.0.1"], lax)).toBe("refused");
  expect(await verdict("plain.example", ["8.8.8.8"], lax, "http:")).toBe("refused");
});
