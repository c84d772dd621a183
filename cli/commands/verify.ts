import { readFile } from 'node:fs/promises';
import type { JWK } from 'jose';
import { z } from 'zod';
import { messageOf } from '../../stack/errors.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import type { Surroundings } from '../surroundings.ts';
import { verifyBundle, type BundleVerdict, type Trust } from '../verify/bundle.ts';

interface Options {
  readonly jwks?: string;
  readonly cpKey?: string;
  readonly json?: boolean;
}

const jwksShape = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

/** `xwl verify <bundle>` */
export async function verify(
  { write }: Surroundings,
  path: string,
  options: Options,
): Promise<ExitCode> {
  const verdict = await verifyBundle(await read(path), await trustOf(options));
  write(options.json === true ? `${JSON.stringify(verdict, null, 2)}\n` : render(verdict));
  return verdict.verified ? EXIT.ok : EXIT.failed;
}

async function trustOf({ jwks, cpKey }: Options): Promise<Trust> {
  if (jwks === undefined) return { thumbprint: cpKey };
  if (cpKey !== undefined) {
    throw new CommandError(
      EXIT.usage,
      '--jwks and --cp-key are two ways to name the key: give one',
    );
  }
  try {
    const { keys } = jwksShape.parse(JSON.parse(await read(jwks)));
    return { jwks: { keys: keys as unknown as readonly JWK[] } };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.usage, `${jwks} is no JWKS: ${messageOf(error)}`, error);
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(EXIT.usage, `${path} can't be read: ${messageOf(error)}`, error);
  }
}

function render(verdict: BundleVerdict): string {
  const { trade, trust, kid, checked, findings } = verdict;
  const lines = [
    ...(trade === undefined
      ? []
      : [
          `trade     ${trade.tradeId}`,
          `importer  ${trade.importer}`,
          `exporter  ${trade.exporter}`,
        ]),
    `checked   ${Object.entries(checked)
      .map(([name, times]) => `${times} ${name}`)
      .join(', ')}`,
    ...(kid === undefined ? [] : [`key       ${kid}`]),
    ...(trust === 'PINNED'
      ? []
      : [
          "note      the Control Plane's key was taken from the bundle itself: anybody could have",
          '          made it. Give --jwks or --cp-key to know who signed.',
        ]),
    ...findings.map(({ check, subject, detail }) => `WRONG     ${check}: ${subject} ${detail}`),
    verdict.verified ? 'verified' : 'NOT VERIFIED',
  ];
  return `${lines.join('\n')}\n`;
}
