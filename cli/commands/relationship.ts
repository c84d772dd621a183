import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit.ts';
import { renderFields, type Column, type Row } from '../output/table.ts';
import { addAct, addList, segment, type Options, type Run } from './command.ts';
import {
  bodyOf,
  exportPolicyOf,
  isOn,
  somethingIn,
  velocityOf,
  wholeNumber,
  type Field,
} from './fields.ts';
import { REVISION_COLUMNS } from './history.ts';
import { pairPath } from './white-label.ts';

const LISTED: readonly Column[] = [
  ['exporter', 'src'],
  ['importer', 'dst'],
  ['revision', 'revision'],
  ['status', 'status'],
  ['fx', 'fxRate'],
  ['limit', 'limitAmount'],
  ['mode', 'limitMode'],
  ['commission', 'commissionRate'],
];

const SHOWN: readonly Column[] = [
  ...LISTED,
  ['alert/disable/enable %', (row) => Object.values(row['thresholds'] as object).join('/')],
  ['approval', (row) => approvalOf(row['approval'] as Approval)],
  ['velocity', 'velocity'],
  ['four eyes', 'fourEyes'],
  ['export policy', 'export_policy'],
  ['updated by', 'updatedBy'],
  ['updated', 'updatedAt'],
];

const CHANGE: readonly Column[] = [
  ['id', 'id'],
  ['exporter', 'src'],
  ['importer', 'dst'],
  ['state', 'state'],
  ['change', 'patch'],
  ['proposed by', 'proposedBy'],
  ['proposed', 'proposedAt'],
  ['decided by', 'decidedBy'],
];

interface Approval {
  readonly mode: string;
  readonly aboveAmount: string;
}

function approvalOf({ mode, aboveAmount }: Approval): string {
  return mode === 'ABOVE' ? `above ${aboveAmount}` : mode;
}

const FIELDS: readonly Field[] = [
  ['status', 'status'],
  ['fx', 'fxRate'],
  ['limit', 'limitAmount'],
  ['mode', 'limitMode'],
  ['thresholds', 'thresholds', thresholdsOf],
  ['commission', 'commissionRate'],
  ['approval', 'approval.mode'],
  ['approvalAbove', 'approval.aboveAmount'],
  ['velocity', 'velocity', velocityOf],
  ['fourEyes', 'fourEyes', isOn],
];

/** `xwl relationship …` */
export function addRelationship(program: Command, run: Run): void {
  const group = program.command('relationship').description('pairs: exporter, then importer');
  const wls = [
    ['<exporter>', 'id or name'],
    ['<importer>', 'id or name'],
  ] as const;
  const pair = (command: Command): Command =>
    wls.reduce((made, [name, about]) => made.argument(name, about), command);
  addList(group.command('list').description('all of them'), run, {
    ...{ path: '/admin/api/relationships', paging: 'offset', columns: LISTED },
    filters: [{ flag: '--wl <wl>', about: 'of this one', name: 'wl', query: 'wlId', isWl: true }],
  });
  addAct(pair(group.command('show').description('one of them')), run, {
    call: async (web, [src = '', dst = '']) => ({ path: await pairPath(web, src, dst) }),
    said: SHOWN,
  });
  addAct(
    settable(pair(group.command('set').description('makes it, or changes what is named'))),
    run,
    {
      question: ([src, dst], { status }) => dangerOf(`${src} → ${dst}`, status),
      call: async (web, [src = '', dst = ''], options) => ({
        ...{ method: 'PUT', path: await pairPath(web, src, dst) },
        body: somethingIn({ ...bodyOf(FIELDS, options), ...(await policyMember(options)) }),
      }),
      said: setText,
    },
  );
  addList(pair(group.command('history').description('its revisions')), run, {
    path: async (web, [src = '', dst = '']) => `${await pairPath(web, src, dst)}/revisions`,
    ...{ paging: 'cursor', columns: REVISION_COLUMNS },
  });
  addList(group.command('changes').description('changes that wait for a second person'), run, {
    ...{ path: '/admin/api/changes', paging: 'offset', columns: CHANGE },
    filters: [{ flag: '--state <state>', about: 'pending, confirmed or stale', name: 'state' }],
  });
  addAct(
    group.command('confirm').description('the second person agrees').argument('<changeId>'),
    run,
    {
      call: async (_web, [id = '']) => ({
        ...{ method: 'POST', path: `/admin/api/changes/${segment(id)}/confirm` },
      }),
      said: SHOWN,
    },
  );
}

function settable(command: Command): Command {
  return command
    .option('--status <status>', 'active, paused or blocked')
    .option('--fx <rate>', "exporter's currency to importer's, at most 8 decimals")
    .option('--limit <amount>', "in the exporter's currency")
    .option('--mode <mode>', 'hard refuses over the limit, soft only signals')
    .option('--thresholds <a/d/e>', 'percent of the limit: alert/disable/enable, as in 80/100/90')
    .option('--commission <rate>', 'part of the total, as in 0.05')
    .option('--approval <mode>', 'auto, manual or above')
    .option('--approval-above <amount>', 'where a person is asked from')
    .option('--velocity <amount/seconds>', 'at most so much in so long; none takes it away')
    .option('--four-eyes <on|off>', 'a second person confirms changes of risk')
    .option('--export-policy <file>', 'JSON of the export_policy; none takes it away');
}

function dangerOf(pair: string, status: unknown): string | undefined {
  if (typeof status !== 'string') return undefined;
  if (/^blocked$/i.test(status)) {
    return `${pair}: new purchases and confirms of open holds will be refused. Go on?`;
  }
  return /^paused$/i.test(status) ? `${pair}: new purchases will be refused. Go on?` : undefined;
}

/** With four eyes the answer is not the relationship but a change that waits. */
function setText(row: Row): string {
  if ('fxRate' in row) return renderFields(SHOWN, row);
  const id = String(row['id']);
  return `${renderFields(CHANGE, row)}another person confirms it: xwl relationship confirm ${id}\n`;
}

async function policyMember(options: Options): Promise<object> {
  const policy = await exportPolicyOf(options);
  return policy === undefined ? {} : { export_policy: policy };
}

function thresholdsOf(text: string): unknown {
  const parts = text.split('/').map(wholeNumber);
  const [alert, disable, enable] = parts;
  if (parts.length === 3) return { alert, disable, enable };
  throw new CommandError(EXIT.usage, `"${text}": three numbers, as in 80/100/90`);
}
