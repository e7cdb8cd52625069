import { expect, test } from "vitest";
import { opensshError, opensshMeanings } from "../../src/transport/openssh-errors.ts";

const keyLine = "debug1: Server host key: ssh-ed25519 SHA256:pd3TWo5jhsIv66hXxFx5cFndMWtWcn7rUtSCtWcuZsU\r\n";
const authenticated = 'Authenticated to 127.0.0.1 ([127.0.0.1]:2222) using "publickey".\r\n';

const changedKey = `${keyLine}@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r
Someone could be eavesdropping on you right now (man-in-the-middle attack)!\r
It is also possible that a host key has just been changed.\r
The fingerprint for the ED25519 key sent by the remote host is
SHA256:pd3TWo5jhsIv66hXxFx5cFndMWtWcn7rUtSCtWcuZsU.\r
Please contact your system administrator.\r
Add correct host key in /srv/me/.ssh/known_hosts to get rid of this message.\r
Offending ED25519 key in /srv/me/.ssh/known_hosts:1\r
  remove with:\r
  ssh-keygen -f "/srv/me/.ssh/known_hosts" -R "[127.0.0.1]:2222"\r
Host key for [127.0.0.1]:2222 has changed and you have requested strict checking.\r
Host key verification failed.\r
`;

const unknownKey = `debug1: SSH2_MSG_KEX_ECDH_REPLY received\r
${keyLine}debug1: checking without port identifier\r
Host key verification failed.\r
`;

const revokedKey = `${keyLine}@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
@       WARNING: REVOKED HOST KEY DETECTED!               @\r
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
The ED25519 host key for [127.0.0.1]:2222 is marked as revoked.\r
This could mean that a stolen key is being used to\r
impersonate this host.\r
ED25519 host key for [127.0.0.1]:2222 was revoked and you have requested strict checking.\r
Host key verification failed.\r
`;

type Row = readonly [what: string, code: string, retryable: boolean, text: string];

// As OpenSSH 9.2 has written them.
const rows: readonly Row[] = [
  ["a host key that has changed", "HOST_KEY", false, changedKey],
  ["a host key that is not known", "HOST_KEY", false, unknownKey],
  ["a host key that was revoked", "HOST_KEY", false, revokedKey],
  [
    "a login that was refused",
    "UNAUTHENTICATED",
    false,
    "debug1: No more authentication methods to try.\r\nroot@127.0.0.1: Permission denied (publickey).\r\n",
  ],
  [
    "too many keys",
    "UNAUTHENTICATED",
    false,
    "Received disconnect from 127.0.0.1 port 2222:2: Too many authentication failures\r\nDisconnected from 127.0.0.1 port 2222\r\n",
  ],
  [
    "a host that has no SFTP",
    "UNSUPPORTED",
    false,
    `${authenticated}subsystem request failed on channel 0\r\n`,
  ],
  [
    "a port where nothing listens",
    "CONNECTION",
    true,
    "ssh: connect to host 127.0.0.1 port 9: Connection refused\r\n",
  ],
  [
    "a name that is not there",
    "CONNECTION",
    false,
    "ssh: Could not resolve hostname nosuchhost.invalid: Name or service not known\r\n",
  ],
  [
    "a jump host's name that is not there",
    "CONNECTION",
    false,
    "ssh: Could not resolve hostname nosuch.invalid: Name or service not known\r\nkex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
  ],
  [
    "a name server that is away",
    "CONNECTION",
    true,
    "ssh: Could not resolve hostname host.example: Temporary failure in name resolution\r\n",
  ],
  [
    "a host that accepts and says nothing",
    "TIMEOUT",
    true,
    "Connection timed out during banner exchange\r\nConnection to 127.0.0.1 port 2222 timed out\r\n",
  ],
  [
    "a host that does not answer at all",
    "TIMEOUT",
    true,
    "ssh: connect to host 192.0.2.1 port 22: Connection timed out\r\n",
  ],
  [
    "a server that went silent",
    "TIMEOUT",
    true,
    `${authenticated}Timeout, server 127.0.0.1 not responding.\r\n`,
  ],
  [
    "a server that was killed",
    "CONNECTION",
    true,
    `${authenticated}Connection to 127.0.0.1 closed by remote host.\r\nTransferred: sent 3432, received 3188 bytes, in 1.3 seconds\r\nBytes per second: sent 2644.9, received 2456.9\r\n`,
  ],
  [
    "a server that closes at once",
    "CONNECTION",
    true,
    "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 127.0.0.1 port 2222\r\n",
  ],
  [
    "a server that resets at once",
    "CONNECTION",
    true,
    "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 127.0.0.1 port 2222\r\n",
  ],
  [
    "a network that is away",
    "CONNECTION",
    true,
    "ssh: connect to host 255.255.255.255 port 22: Network is unreachable\r\n",
  ],
  ["no route", "CONNECTION", true, "ssh: connect to host 10.0.0.1 port 22: No route to host\r\n"],
  [
    "an address that this machine does not have",
    "CONNECTION",
    true,
    "bind 192.0.2.1: Cannot assign requested address\r\nssh: connect to host 127.0.0.1 port 22: failure\r\n",
  ],
  [
    "no key exchange in common",
    "UNSUPPORTED",
    false,
    "Unable to negotiate with 127.0.0.1 port 2222: no matching key exchange method found. Their offer: sntrup761x25519-sha512,kex-strict-s-v00@openssh.com\r\n",
  ],
  [
    "no cipher in common",
    "UNSUPPORTED",
    false,
    "Unable to negotiate with 127.0.0.1 port 2222: no matching cipher found. Their offer: aes128-ctr\r\n",
  ],
  [
    "no kind of host key in common",
    "UNSUPPORTED",
    false,
    "Unable to negotiate with 127.0.0.1 port 2222: no matching host key type found. Their offer: ssh-ed25519\r\n",
  ],
  [
    "an option that does not exist",
    "INVALID_ARGUMENT",
    false,
    "command-line: line 0: Bad configuration option: nosuch\r\n",
  ],
  [
    "a bad option of a file",
    "INVALID_ARGUMENT",
    false,
    "/srv/me/.ssh/config: line 2: Bad configuration option: foo\r\n/srv/me/.ssh/config: terminating, 1 bad configuration options\r\n",
  ],
  [
    "a value that does not exist",
    "INVALID_ARGUMENT",
    false,
    'command-line line 0: unsupported option "maybe".\r\n',
  ],
  ["a time that is none", "INVALID_ARGUMENT", false, "command-line line 0: invalid time value.\r\n"],
  ["a port that is none", "INVALID_ARGUMENT", false, "command-line line 0: Bad port '99999'.\r\n"],
  [
    "a cipher that is none",
    "INVALID_ARGUMENT",
    false,
    "command-line line 0: Bad SSH2 cipher spec 'foo'.\r\n",
  ],
  [
    "a file that everybody may write to",
    "INVALID_ARGUMENT",
    false,
    "Bad owner or permissions on /srv/me/.ssh/config\r\n",
  ],
  [
    "a file that is missing",
    "INVALID_ARGUMENT",
    false,
    "Can't open user config file /srv/me/config: No such file or directory\r\n",
  ],
  ["nothing", "CONNECTION", true, ""],
  ["words of a later version", "CONNECTION", true, "ssh: something went wrong\r\n"],
];

test.each(rows)("%s is %s (worth repeating: %s)", (_what, code, retryable, text) => {
  const error = opensshError("host.example", "host.example", 255, text);
  expect(error).toMatchObject({ code, retryable });
  expect(error.message).toContain("host.example");
  expect(error.cause).toMatchObject({
    message: expect.stringMatching(/^ssh ended with exit code 255: /) as unknown,
  });
});

test("every meaning has a row here", () => {
  const unused = opensshMeanings.filter(({ pattern }) => !rows.some(([, , , text]) => pattern.test(text)));
  expect(unused).toEqual([]);
});

const banner = "Access by others is forbidden and will be revoked.\r\nPermission denied to strangers.\r\n";
const badKey = 'Load key "/srv/me/.ssh/id_rsa": invalid format\r\n';

// What ssh has said before the login is still there when the session ends, days later.
test.each([
  ["a banner", banner],
  ["a key that could not be loaded", badKey],
  ["a host key that was added", "Warning: Permanently added '[127.0.0.1]:2222' (ED25519) to the list.\r\n"],
])("%s does not decide why an established session ended", (_what, before) => {
  const closed = "Connection to 127.0.0.1 closed by remote host.\r\n";
  expect(opensshError("host", "host", 255, before + authenticated + closed)).toMatchObject({
    code: "CONNECTION",
    retryable: true,
  });
});

test.each([
  ["before a refused login", "UNAUTHENTICATED", `${badKey}root@host: Permission denied (publickey).\r\n`],
  ["before a hang-up", "CONNECTION", `${badKey}Connection closed by 127.0.0.1 port 22\r\n`],
])("a key that could not be loaded %s is %s", (_what, code, text) => {
  expect(opensshError("host", "host", 255, text)).toMatchObject({ code });
});

test("the error about a key that has changed says by which command the old one goes away", () => {
  const { message } = opensshError("host", "host", 255, changedKey);
  expect(message).toContain('ssh-keygen -f "/srv/me/.ssh/known_hosts" -R "[127.0.0.1]:2222"');
  expect(message).toContain("ssh-ed25519 SHA256:pd3TWo5jhsIv66hXxFx5cFndMWtWcn7rUtSCtWcuZsU");
});

test("the error about an unknown key says which it is and by which command it is accepted", () => {
  const { message } = opensshError("host", "-p 2222 me@host", 255, unknownKey);
  expect(message).toContain("ssh-ed25519 SHA256:pd3TWo5jhsIv66hXxFx5cFndMWtWcn7rUtSCtWcuZsU");
  expect(message).toContain("ssh -p 2222 me@host");
});

test("what ssh says to nobody but its developers stays out of messages", () => {
  const error = opensshError("host", "host", undefined, `debug1: identity file geheim\r\n${unknownKey}`);
  expect(JSON.stringify([error.message, String(error.cause)])).not.toMatch(/geheim|debug1/);
});
