import { describe, expect, test } from "vitest";
import { formatSize, parseBenchOptions, parseSize } from "../src/bench-options.ts";

const known = ["posixfs", "core"];

describe("parseBenchOptions", () => {
  test("runs everything by default, without peers and without a check", () => {
    const options = parseBenchOptions([], known);
    expect(options).toMatchObject({
      benches: known,
      sizes: undefined,
      concurrencies: undefined,
      count: undefined,
      listCount: undefined,
      largeSize: 64 * 2 ** 20,
      parts: [
        "calls",
        "list",
        "loop",
        "syscalls",
        "durable",
        "streams",
        "growth",
        "large",
        "distance",
        "import",
        "size",
      ],
      peers: false,
      check: false,
      jsonFile: undefined,
    });
  });

  test("reads what it is given", () => {
    const args =
      "core --sizes 512,2KiB --concurrency 16 --count 50 --list-count 7 --large-size 1MiB --rounds 2 --json out.jsonl --peers --check";
    expect(parseBenchOptions(args.split(" "), known)).toMatchObject({
      benches: ["core"],
      sizes: [512, 2048],
      concurrencies: [16],
      count: 50,
      listCount: 7,
      largeSize: 2 ** 20,
      rounds: 2,
      jsonFile: "out.jsonl",
      peers: true,
      check: true,
    });
  });

  test("takes --syscalls for that part alone", () => {
    expect(parseBenchOptions(["posixfs", "--syscalls"], known).parts).toEqual(["syscalls"]);
  });

  test.each([
    [["sftp"], /no bench "sftp"; there are posixfs, core/],
    [["--parts", "calls,lists"], /no part "lists"/],
    [["--count", "0"], /--count takes whole numbers from 1, not "0"/],
    [["--sizes", "1GB"], /a size is like 512, 1KiB or 4MiB, not "1GB"/],
    [["--fast"], /--fast/],
  ])("refuses %j and says why", (args, message) => {
    expect(() => parseBenchOptions(args, known)).toThrow(message);
    expect(() => parseBenchOptions(args, known)).toThrow(TypeError);
  });
});

test("sizes are written as they are read", () => {
  for (const text of ["512", "1KiB", "64KiB", "1536KiB", "4MiB"])
    expect(formatSize(parseSize(text))).toBe(text);
  expect(formatSize(parseSize("1024KiB"))).toBe("1MiB");
});
