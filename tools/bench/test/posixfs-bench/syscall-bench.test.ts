import { expect, test } from "vitest";
import { countTracedCalls } from "../../src/posixfs-bench/syscall-bench.ts";

const trace = `
10 mkdir("/mem/7", 0777) = 0
10 access("/mem/7/begin.mark", F_OK) = -1 ENOENT (No such file or directory)
10 openat(AT_FDCWD</home>, "/mem/7/data/ab/x.tmp", O_WRONLY|O_CREAT|O_EXCL, 0666) = 20</mem/7/data/ab/x.tmp>
10 write(20</mem/7/data/ab/x.tmp>, "..."..., 1024 <unfinished ...>
11 read(9<anon_inode:[eventfd]>, "", 1024) = -1 EAGAIN (Resource temporarily unavailable)
10 <... write resumed>) = 1024
10 close(20</mem/7/data/ab/x.tmp>) = 0
10 access("/mem/7/end.mark", F_OK) = -1 ENOENT (No such file or directory)
10 unlink("/mem/7/data/ab/x") = 0
`;

test("only what happens on the storage between the marks is counted, an interrupted call once", () => {
  expect(countTracedCalls(trace, "/mem/7")).toBe(3);
});

test("a trace without marks is an error", () => {
  expect(() => countTracedCalls(trace, "/mem/8")).toThrow("marks");
});
