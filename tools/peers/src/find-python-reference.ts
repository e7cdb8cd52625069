import { commandWorks } from "./command-works.ts";

/**
 * The Python that can import the reference, or `undefined`: the interpreter named by `BORGSTORE_TEST_PYTHON`,
 * without it `python3`.
 */
export function findPythonReference(): string | undefined {
  const python = process.env["BORGSTORE_TEST_PYTHON"] ?? "python3";
  return commandWorks(python, ["-c", "import borgstore"]) ? python : undefined;
}
