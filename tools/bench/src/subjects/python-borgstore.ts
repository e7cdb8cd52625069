import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { callOf, type OpenSubject, type Subject } from "./subject.ts";

/**
 * Answers one line of JSON on each line of JSON. It measures by itself, so that the pipe between the processes
 * is not in the figures. More than one caller are threads.
 */
const script = `
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from borgstore.store import Store

try:
    store = Store(url=sys.argv[1], levels={"data/": [2]})
except TypeError:
    store = Store(url=sys.argv[1], config={"data": {"levels": [2]}})
store.create()
store.open()
value = b""

def check(is_right):
    if not is_right:
        raise RuntimeError("wrong result")

calls = {
    "store": lambda key: store.store("data/" + key, value),
    "load": lambda key: check(len(store.load("data/" + key)) == len(value)),
    "info": lambda key: check(store.info("data/" + key).size == len(value)),
    "delete": lambda key: store.delete("data/" + key),
}
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    count = 0
    if request["call"] == "list":
        start = time.perf_counter()
        count = sum(1 for _ in store.list("data"))
        seconds = time.perf_counter() - start
    else:
        value = bytes(request["size"])
        call = calls[request["call"]]
        keys = request["keys"]
        if request["callers"] == 1:
            start = time.perf_counter()
            for key in keys:
                call(key)
            seconds = time.perf_counter() - start
        else:
            with ThreadPoolExecutor(request["callers"]) as pool:
                start = time.perf_counter()
                for _ in pool.map(call, keys):
                    pass
                seconds = time.perf_counter() - start
    print(json.dumps({"ms": seconds * 1000, "count": count}), flush=True)
store.close()
`;

interface Answer {
  readonly ms: number;
  readonly count: number;
}

/** The name of the reference in figures, whatever its version is: bars refer to it. */
export const pythonSubject = "python borgstore";

/** Where the reference finds its storage. */
export interface PythonPlace {
  /** The URL of the storage in a directory that is empty. */
  readonly urlOf: (directory: string) => string;
  /** Variables of the environment that differ from ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it needs beside borgstore. */
  readonly modules?: readonly string[];
  /** Default: {@link pythonSubject}. */
  readonly name?: string;
}

const localFiles: PythonPlace = { urlOf: (directory) => pathToFileURL(`${directory}/store`).href };

/**
 * The Python reference in a child process, with the interpreter that `BORGSTORE_TEST_PYTHON` names or `python3`.
 *
 * @returns the reason as a string when it cannot take part.
 */
export function findPythonBorgstore(place: PythonPlace = localFiles): Subject | string {
  const python = process.env["BORGSTORE_TEST_PYTHON"] ?? "python3";
  let version: string;
  try {
    const modules = ["borgstore", ...(place.modules ?? [])].join(", ");
    const program = `import ${modules}; print(borgstore.__version__)`;
    version = execFileSync(python, ["-c", program], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    const wanted = ["borgstore", ...(place.modules ?? [])].join(" and ");
    return `the Python interpreter is missing or cannot import ${wanted} (see BORGSTORE_TEST_PYTHON)`;
  }
  return {
    name: place.name ?? pythonSubject,
    note: `${place.name ?? pythonSubject} is version ${version}`,
    concurrent: true,
    inProcess: false,
    open: async (directory) => await openPython(python, place, directory),
  };
}

async function openPython(
  python: string,
  { urlOf, env }: PythonPlace,
  directory: string,
): Promise<OpenSubject> {
  const child = spawn(python, ["-c", script, urlOf(directory)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const exited = once(child, "exit");
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextAnswer = async (): Promise<Answer> => {
    const line = await answers.next();
    if (line.done === true) throw new Error("the Python reference ended early; its message is above");
    return JSON.parse(line.value) as Answer;
  };
  const ask = async (request: object): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return await nextAnswer();
  };
  await nextAnswer();
  return {
    has: () => true,
    run: async (operation, keys, value, concurrency) => {
      const request = { call: callOf(operation), keys, size: value.byteLength, callers: concurrency };
      return (await ask(request)).ms;
    },
    list: async () => await ask({ call: "list" }),
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
