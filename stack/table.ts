import { formatMinor, parseMinor } from '../domain/shared/money.ts';
import { MEMBERS } from './local-data/members.ts';
import { CP, EXPORTER, IMPORTER, tlsUrl } from './parties.ts';
import { P12_PASSWORD } from './certificates/pki.ts';
import { arePlainListenersOn } from './supervision/processes.ts';
import type { Stack } from './stack.ts';

const GAP = '  ';

/** Columns as wide as their longest cell; amounts and times to the right. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], isHeader: boolean): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return !isHeader && /^\d+\.\d+$/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join(GAP);
  return [line(header, true), rule, ...rows.map((row) => line(row, false))].join('\n');
}

/** What a person needs to go on by hand. */
export function renderAccess(stack: Stack): string {
  const { ports, pki, temporal, env } = stack;
  const plain = (port: number): string =>
    arePlainListenersOn(env) ? `http://127.0.0.1:${port}` : 'off';
  const urls = renderTable(
    ['what', 'over TLS (CA: the file below)', 'plain, this machine only'],
    [
      ['Control Plane', tlsUrl(CP, ports), plain(ports.cpHttp)],
      ['exporter', tlsUrl(EXPORTER, ports), plain(ports.exporterHttp)],
      ['importer', tlsUrl(IMPORTER, ports), plain(ports.importerHttp)],
      ['importer, store page', `${tlsUrl(IMPORTER, ports)}/loja/`, storeUrl(stack)],
      ['API of each', '/docs, /openapi.json', '/docs, /openapi.json'],
      ['Temporal UI', '', temporal.uiUrl],
    ],
  );
  const people = renderTable(
    ['who', 'login', 'secret', 'funds at first'],
    [
      ['operator (master)', 'master@xpory.local', 'changeit', ''],
      [
        'back office, exporter',
        'bearer',
        env['EXPORTER_BACKOFFICE_KEY'] ?? 'backoffice-exporter',
        '',
      ],
      [
        'back office, importer',
        'bearer',
        env['IMPORTER_BACKOFFICE_KEY'] ?? 'backoffice-importer',
        '',
      ],
      ...MEMBERS.importer.map(({ accountId, token, about, funds }) => [
        `importer's member, ${about}`,
        accountId,
        token,
        fundsText(funds),
      ]),
    ],
  );
  const files = [
    `CA             ${pki.caPath}`,
    `certificates   ${pki.parties['importer']?.p12Path} (password ${P12_PASSWORD}), .crt, .key`,
    `logs           ${stack.dataDir}/stack.log`,
  ];
  return ['', urls, '', people, '', ...files].join('\n');
}

function storeUrl({ ports, env }: Stack): string {
  return arePlainListenersOn(env) ? `http://127.0.0.1:${ports.importerHttp}/loja/` : 'off';
}

function fundsText(funds: Readonly<Record<string, string>>): string {
  const parts = Object.entries(funds).map(([currency, amount]) => {
    const parsed = parseMinor(amount);
    return `${parsed.ok ? formatMinor(parsed.value) : amount} ${currency}`;
  });
  return parts.join(' + ') || 'none';
}

/** Where the Temporal UI shows a workflow. */
export function workflowUrl(stack: Pick<Stack, 'temporal'>, namespace: string, id: string): string {
  return `${stack.temporal.uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(id)}`;
}
