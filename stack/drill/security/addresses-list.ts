/**
 * Addresses that nobody may point the Control Plane at (SSRF): `S` stands for the scheme. Whatever
 * way it is written, an address inside is refused.
 */
export const INSIDE: readonly string[] = [
  ...['S://10.0.0.1/', 'S://10.1/', 'S://10.0.0.1./', 'S://172.16.0.1/', 'S://172.31.255.254/'],
  ...['S://192.168.1.1/', 'S://100.64.0.1/', 'S://169.254.169.254/latest/meta-data/'],
  ...['S://2852039166/', 'S://0xa9fea9fe/', 'S://0xA9.0xFE.0xA9.0xFE/', 'S://0251.0376.0251.0376/'],
  ...['S://169.254.43518/', 'S://[::ffff:169.254.169.254]/', 'S://[::ffff:a9fe:a9fe]/'],
  ...['S://[0:0:0:0:0:ffff:10.0.0.1]/', 'S://[fd00:ec2::254]/', 'S://[fe80::1]/', 'S://[fc00::1]/'],
  ...[
    'S://[::]/',
    'S://0/',
    'S://0.0.0.0/',
    'S://255.255.255.255/',
    'S://224.0.0.1/',
    'S://[ff02::1]/',
  ],
  ...[
    'S://192.0.2.1/',
    'S://198.18.0.1/',
    'S://198.51.100.1/',
    'S://203.0.113.1/',
    'S://240.0.0.1/',
  ],
  ...['S://[64:ff9b::a9fe:a9fe]/', 'S://[64:ff9b:1::a9fe:a9fe]/', 'S://[2002:a9fe:a9fe::1]/'],
  ...['S://[2001:0:a9fe:a9fe::1]/', 'S://[2001:db8::1]/', 'S://[100::1]/', 'S://[::a9fe:a9fe]/'],
  ...['S://metadata.google.internal/', 'S://METADATA.GOOGLE.INTERNAL./', 'S://router.local/'],
  ...['S://db.internal/', 'S://printer.lan/', 'S://nas.home.arpa/', 'S://wiki.intranet/'],
  ...['S://intranet/', 'S://postgres:5432/', 'S://１０.0.0.1/', 'S://10。0。0。1/', 'S:10.0.0.1/'],
  ...[
    'S:\\\\10.0.0.1\\',
    'S://10.0\n.0.1/',
    'S://10.0.\t0.1/',
    ' S://10.0.0.1/',
    'S:////10.0.0.1/',
  ],
];

/** Loopback: the local profile admits it, so that a stack fits on one machine; no other does. */
export const LOOPBACK: readonly string[] = [
  ...['S://127.0.0.1/', 'S://127.1/', 'S://127.8.9.10/', 'S://2130706433/', 'S://0x7f000001/'],
  ...['S://0177.0.0.1/', 'S://0x7f.1/', 'S://[::1]/', 'S://[0:0:0:0:0:0:0:1]/', 'S://localhost/'],
  ...['S://LOCALHOST./', 'S://cp.localhost/', 'S://[::ffff:127.0.0.1]/', 'S://[::ffff:7f00:1]/'],
  ...['S://127.0.0.1:5432/', 'S://host.docker.internal/'],
];

/** Not the address of a party, wherever it points. */
export const NO_ADDRESS: readonly string[] = [
  ...[
    'S://user:secret@good.example.com/',
    'S://good.example.com@10.0.0.1/',
    'S://a@good.example.com/',
  ],
  ...['S://good.example.com/?to=http://10.0.0.1', 'S://good.example.com/#@10.0.0.1/'],
  ...['file:///etc/passwd', 'gopher://good.example.com/', 'ftp://good.example.com/'],
  ...['javascript:alert(1)', 'data:text/plain,x', 'ldap://good.example.com/', 'unix:/var/run/x'],
  ...['ws://good.example.com/', 'S://', '//good.example.com/', 'good.example.com', ' ', 'S://[::1'],
  ...[
    'S://good.example.com:99999/',
    'S://exa mple.com/',
    `S://good.example.com/${'a'.repeat(500)}`,
  ],
];

export const OUTSIDE: readonly string[] = ['S://good.example.com/', 'S://8.8.8.8/path'];

/** What a name that was harmless when it was registered resolves to later (DNS rebinding). */
export const REBOUND: readonly (readonly string[])[] = [
  ...[['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254'], ['::1'], ['::ffff:10.0.0.1'], ['0.0.0.0']],
  ...[['fd00::1'], ['fe80::1'], ['64:ff9b::a9fe:a9fe'], ['8.8.8.8', '10.0.0.1'], ['192.168.0.1']],
];
