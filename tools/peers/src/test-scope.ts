/** Whether tests run at all, and what their titles say about it. */
export interface TestScope {
  readonly isLeftOut: boolean;
  /** Ends the title: empty, or `" [not in a brief run: reason]"`, from where `pnpm test` collects it. */
  readonly tag: string;
}

/** Of tests that every run has; for tables of which only some rows are left out. */
export const everyScope: TestScope = { isLeftOut: false, tag: "" };

/**
 * Of tests that brief runs leave out (`BORGSTORE_TEST_SCOPE` is `brief`), because they take long and do not depend on
 * the version of Node. The gate tests in full on the oldest version, and briefly on the newer ones.
 *
 * ```ts
 * const full = fullScope("no call of Node is involved");
 * describe.skipIf(full.isLeftOut)(`every order of faults${full.tag}`, () => { … });
 * ```
 *
 * @param reason why the version of Node does not matter for them; without brackets.
 * @throws Error, while a test file is loaded, for a scope that does not exist.
 */
export function fullScope(reason: string): TestScope {
  const scope = process.env["BORGSTORE_TEST_SCOPE"] ?? "";
  if (scope === "brief") return { isLeftOut: true, tag: ` [not in a brief run: ${reason}]` };
  if (scope === "" || scope === "full") return everyScope;
  throw new Error(`BORGSTORE_TEST_SCOPE is "full" or "brief", not ${JSON.stringify(scope)}.`);
}

/**
 * Registers a suite of many tests; where it is left out, one skipped test stands in its place.
 *
 * @param it the caller's test runner.
 * @param title of that one test, without the tag.
 */
export function registerSuite(
  scope: TestScope,
  it: { readonly skip: (title: string, body: () => void) => unknown },
  title: string,
  register: () => void,
): void {
  // The empty body is for runners that insist on one.
  if (scope.isLeftOut) it.skip(`${title}${scope.tag}`, () => {});
  else register();
}
