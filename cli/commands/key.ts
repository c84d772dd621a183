import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit.ts';
import type { Column, Row } from '../output/table.ts';
import { plainText, renderRows } from '../output/table.ts';
import { withWeb, type Web } from '../web.ts';
import {
  addAct,
  addList,
  JSON_OUTPUT,
  partsOf,
  segment,
  writeJson,
  type Options,
  type Run,
} from './command.ts';
import { wlIdOf } from './white-label.ts';

const KEY: readonly Column[] = [
  ['kid', 'kid'],
  ['signs for', 'sub'],
  ['state', 'state'],
];
const ROTATED: readonly Column[] = [
  ['current', 'current'],
  ['next', 'next'],
];
const REPORT: readonly Column[] = [
  ['what', 'type'],
  ['at', 'at'],
  ['id', 'id'],
  ['white label', 'wlId'],
  ['partner', 'partner'],
  ['detail', 'detail'],
];
const CERTIFICATE: readonly Column[] = [
  ['serial', 'serial'],
  ['state', 'state'],
  ['origin', 'origin'],
  ['hosts', 'hosts'],
  ['from', 'notBefore'],
  ['until', 'notAfter'],
  ['revoked by', 'revokedBy'],
  ['reason', 'reason'],
];
const OWNER = ['--wl <wl>', "of this white label; else the Control Plane's own"] as const;

/** `xwl key …` */
export function addKey(program: Command, run: Run): void {
  const key = program.command('key').description('signing keys of tokens');
  key
    .command('list')
    .description('what is published: next, current and retiring')
    .option('--wl <wl>', 'of this white label')
    .option(...JSON_OUTPUT)
    .action(
      run(async (around, ...given: unknown[]) => {
        const { options } = partsOf(given);
        const body = await withWeb(around, async (web) => publishedKeys(web, options));
        if (options['json'] === true) return writeJson(around, body);
        around.write(renderRows(around, KEY, body.keys));
        return EXIT.ok;
      }),
    );
  addAct(
    key
      .command('rotate')
      .description('the next key becomes current; tokens of the old one live on')
      .option(...OWNER),
    run,
    {
      question: (_args, { wl }) => `A new key signs from now on for ${ownerName(wl)}. Go on?`,
      call: async (web, _args, options) => ({
        ...{ method: 'POST', path: `${await keysOf(web, options)}/rotate` },
      }),
      said: ROTATED,
    },
  );
  addAct(
    key
      .command('revoke')
      .description('ends a key, and every token it has signed, at once')
      .argument('<kid>')
      .option(...OWNER),
    run,
    {
      question: ([kid], { wl }) =>
        `Every token of ${ownerName(wl)} signed by ${kid} is dead at once. Go on?`,
      call: async (web, [kid = ''], options) => ({
        ...{ method: 'POST', path: `${await keysOf(web, options)}/${segment(kid)}/revoke` },
      }),
      said: ROTATED,
    },
  );
  addReport(key.command('report').description('what a key has signed').argument('<kid>'), run);
}

/** `xwl certificate …` */
export function addCertificate(program: Command, run: Run): void {
  const certificate = program.command('certificate').description("white labels' certificates");
  const wl = ['<wl>', 'id or name'] as const;
  addList(
    certificate
      .command('list')
      .description('of a white label')
      .argument(...wl),
    run,
    {
      path: async (web, [given = '']) => `/admin/api/wls/${await wlIdOf(web, given)}/certificates`,
      ...{ paging: 'none', columns: CERTIFICATE },
    },
  );
  addAct(
    certificate
      .command('rotate')
      .description('signs a new one for a request; the old one lives until it ends or is revoked')
      .argument(...wl)
      .requiredOption('--csr <file>', 'PKCS #10 request in PEM'),
    run,
    {
      call: async (web, [given = ''], { csr }) => ({
        ...{ method: 'POST', path: `/wls/${await wlIdOf(web, given)}/certificates` },
        body: { csr: await requestFile(String(csr)) },
      }),
      said: (row: Row) => `${plainText(row['certificate']).trimEnd()}\n`,
    },
  );
  addAct(
    certificate
      .command('revoke')
      .description('nobody speaks with its holder any more, within a minute')
      .argument(...wl)
      .argument('<serial>')
      .requiredOption('--reason <text>', 'why, for the audit'),
    run,
    {
      question: ([given, serial]) =>
        `Whoever holds certificate ${serial} of ${given} is refused everywhere. Go on?`,
      call: async (web, [given = '', serial = ''], { reason }) => ({
        method: 'POST',
        path: `/wls/${await wlIdOf(web, given)}/certificates/${segment(serial)}/revoke`,
        body: { reason },
      }),
      said: CERTIFICATE,
    },
  );
  addReport(
    certificate.command('report').description('what was done with one').argument('<serial>'),
    run,
  );
}

function addReport(command: Command, run: Run): void {
  addList(command, run, {
    path: (_web, [id = '']) => Promise.resolve(`/admin/api/keys/${segment(id)}/report`),
    ...{ paging: 'cursor', columns: REPORT },
    filters: [{ flag: '--type <type>', about: 'token, trade, signal or event', name: 'type' }],
    footer: ({ key, counts, nextCursor }: Row) =>
      [
        `${JSON.stringify(key)}`,
        Object.entries(counts as object)
          .map(([what, times]) => `${times} ${what}`)
          .join(', '),
        ...(typeof nextCursor === 'string' ? [`more: --cursor ${nextCursor}, or --all`] : []),
      ].join('\n'),
  });
}

async function publishedKeys(web: Web, { wl }: Options): Promise<{ keys: readonly Row[] }> {
  const { body } = await web.get('/.well-known/jwks.json');
  const { keys } = body as { keys: readonly Row[] };
  if (wl === undefined) return { keys };
  const owner = await wlIdOf(web, String(wl));
  return { keys: keys.filter(({ sub }) => sub === owner) };
}

async function keysOf(web: Web, { wl }: Options): Promise<string> {
  return wl === undefined ? '/admin/api/keys' : `/wls/${await wlIdOf(web, String(wl))}/keys`;
}

function ownerName(wl: Options[string]): string {
  return typeof wl === 'string' ? wl : 'the Control Plane, people included';
}

async function requestFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `${path} can't be read`, error);
  });
}
