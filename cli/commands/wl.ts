import type { Command } from 'commander';
import type { Column } from '../output/table.ts';
import { addAct, addList, type Options, type Run } from './command.ts';
import { bodyOf, isOn, jsonFile, somethingIn, type Field } from './fields.ts';
import { wlIdOf } from './white-label.ts';

const LISTED: readonly Column[] = [
  ['id', 'id'],
  ['name', 'name'],
  ['currency', 'currency'],
  ['status', 'status'],
  ['stage', 'rolloutStage'],
  ['features', (row) => featuresOf(row['features'])],
  ['peer', 'peerUrl'],
];

const SHOWN: readonly Column[] = [
  ...LISTED,
  ['description', 'description'],
  ['contact', 'contactEmail'],
  ['gateway', 'gatewayUrl'],
  ['policy', 'policy.revision'],
  ['created', 'createdAt'],
  ['updated', 'updatedAt'],
];

function featuresOf(features: unknown): string[] {
  return Object.entries(features as Record<string, boolean>)
    .filter(([, on]) => on)
    .map(([name]) => name);
}

const FIELDS: readonly Field[] = [
  ['id', 'id'],
  ['name', 'name'],
  ['description', 'description'],
  ['contactEmail', 'contactEmail'],
  ['gatewayUrl', 'gatewayUrl'],
  ['currency', 'currency'],
  ['status', 'status'],
  ['stage', 'rolloutStage'],
  ['featureImport', 'features.import', isOn],
  ['featureExport', 'features.export', isOn],
  ['featurePurchase', 'features.purchase', isOn],
];

/** `xwl wl …` */
export function addWl(program: Command, run: Run): void {
  const wl = program.command('wl').description('white labels');
  addList(wl.command('list').description('all of them'), run, {
    ...{ path: '/admin/api/wls', paging: 'offset', columns: LISTED },
  });
  addAct(wl.command('show').description('one of them').argument('<wl>', 'id or name'), run, {
    call: async (web, [given = '']) => ({ path: `/admin/api/wls/${await wlIdOf(web, given)}` }),
    said: SHOWN,
  });
  addAct(
    fieldsOf(wl.command('create').description('registers one').argument('<name>'), false),
    run,
    {
      call: async (_web, [name], options) => ({
        ...{ method: 'POST', path: '/admin/api/wls' },
        body: { ...(await ofFile(options)), ...bodyOf(FIELDS, options), name },
      }),
      said: SHOWN,
    },
  );
  addAct(
    fieldsOf(wl.command('update').description('changes one').argument('<wl>', 'id or name'), true),
    run,
    {
      question: ([given], { status }) => dangerOf(given, status),
      call: async (web, [given = ''], options) => ({
        ...{ method: 'PUT', path: `/admin/api/wls/${await wlIdOf(web, given)}` },
        body: somethingIn({ ...(await ofFile(options)), ...bodyOf(FIELDS, options) }),
      }),
      said: SHOWN,
    },
  );
}

function fieldsOf(command: Command, isUpdate: boolean): Command {
  if (isUpdate) command.option('--name <name>', 'another name');
  return command
    .option('--id <uuid>', isUpdate ? 'another id, before it has traded' : 'its id; else a new one')
    .option('--description <text>', 'what it is')
    .option('--contact-email <address>', 'whom to write to')
    .option('--gateway-url <url>', 'its gateway')
    .option('--currency <code>', 'three letters of its X$')
    .option('--status <status>', 'active, paused or blocked')
    .option('--stage <stage>', 'rollout stage: pilot or general')
    .option('--feature-import <on|off>', 'may import offers')
    .option('--feature-export <on|off>', 'may export offers')
    .option('--feature-purchase <on|off>', 'may buy')
    .option('--file <json>', 'further members of the body, by file');
}

function dangerOf(given: string | undefined, status: unknown): string | undefined {
  const isDangerous = typeof status === 'string' && /^(?:paused|blocked)$/i.test(status);
  return isDangerous
    ? `Every trade of ${given} with every partner will be refused (${status}). Go on?`
    : undefined;
}

async function ofFile({ file }: Options): Promise<object> {
  return typeof file === 'string' ? ((await jsonFile(file)) as object) : {};
}
