import { expect, test } from "vitest";
import { rcdArguments, rcdEnvironment } from "../../src/process/rcd-command.ts";
import type { RcdSettings } from "../../src/process/rcd-settings.ts";

const settings: RcdSettings = {
  program: "rclone",
  configFile: undefined,
  environment: { RCLONE_CONFIG_X_TYPE: "local" },
  connectTimeoutMs: 1500,
  stallTimeoutMs: 60_000,
  startTimeoutMs: 1000,
};
const credentials = { user: "me", password: "secret" };

test("has timeouts in seconds, rounded up, and the configuration file", () => {
  const line = rcdArguments({ ...settings, configFile: "/c" }, {}).join(" ");
  expect(line).toContain("--contimeout 2s --timeout 300s --low-level-retries 2");
  expect(line).toMatch(/ --config \/c$/u);
});

test("has a longer limit for silence where that is asked for, but no shorter one than rclone's own", () => {
  expect(rcdArguments({ ...settings, stallTimeoutMs: 300_001 }, {})).toContain("301s");
});

test.each([
  ["--low-level-retries", "RCLONE_LOW_LEVEL_RETRIES"],
  ["--contimeout", "RCLONE_CONTIMEOUT"],
  ["--timeout", "RCLONE_TIMEOUT"],
  ["--use-server-modtime", "RCLONE_USE_SERVER_MODTIME"],
])("leaves out %s where %s is set", (flag, variable) => {
  expect(rcdArguments(settings, {})).toContain(flag);
  const args = rcdArguments(settings, { [variable]: "7" });
  expect(args).not.toContain(flag);
  expect(args.every((each, i) => !/^\d+s$/u.test(each) || args[i - 1]?.startsWith("--"))).toBe(true);
});

test.each([
  "RCLONE_RC",
  "RCLONE_RC_NO_AUTH",
  "RCLONE_RC_ADDR",
  "RCLONE_RC_HTPASSWD",
  "RCLONE_METRICS_ADDR",
  "RCLONE_LOG_FILE",
  "RCLONE_LOG_LEVEL",
  "RCLONE_SYSLOG",
  "RCLONE_USE_JSON_LOG",
  "RCLONE_VERBOSE",
  "RCLONE_QUIET",
  "RCLONE_STATS",
  "RCLONE_STATS_ONE_LINE",
  "RCLONE_PROGRESS",
  "RCLONE_DAEMON_TIMEOUT",
  "RCLONE_INTERACTIVE",
  "RCLONE_DRY_RUN",
  "RCLONE_IGNORE_EXISTING",
  "RCLONE_BACKUP_DIR",
  "RCLONE_EXCLUDE",
  "RCLONE_EXCLUDE_IF_PRESENT",
  "RCLONE_FILTER_FROM",
  "RCLONE_MAX_AGE",
  "RCLONE_MAX_SIZE",
])("takes %s away", (name) => {
  expect(rcdEnvironment({ [name]: "1" }, settings, credentials)).not.toHaveProperty(name);
  const hostile = { ...settings, environment: { [name]: "1" } };
  expect(rcdEnvironment({}, hostile, credentials)).not.toHaveProperty(name);
});

test("passes the rest on, with what the settings add", () => {
  const inherited = {
    HOME: "/h",
    RCLONE_TRANSFERS: "3",
    RCLONE_CONFIG_PASS: "p",
    RCLONE_CONFIG_X_TYPE: "old",
  };
  expect(rcdEnvironment(inherited, settings, credentials)).toEqual({
    HOME: "/h",
    RCLONE_TRANSFERS: "3",
    RCLONE_CONFIG_PASS: "p",
    RCLONE_CONFIG_X_TYPE: "local",
    RCLONE_RC_USER: "me",
    RCLONE_RC_PASS: "secret",
  });
});
