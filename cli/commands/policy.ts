import type { Command } from 'commander';
import type { Column } from '../output/table.ts';
import { addAct, addList, type Run } from './command.ts';
import { bodyOf, isOn, somethingIn, wholeNumber, words, type Field } from './fields.ts';
import { REVISION_COLUMNS } from './history.ts';
import { wlIdOf } from './white-label.ts';
import type { Web } from '../web.ts';

const SHOWN: readonly Column[] = [
  ['white label', 'wlId'],
  ['revision', 'revision'],
  ['imports', 'importEnabled'],
  ['exports', 'exportEnabled'],
  ['export delay s', 'exportDelaySeconds'],
  ['visible', 'visibilityEnabled'],
  ['visible to', 'visibilityWls'],
  ['stage', 'rolloutStage'],
  ['features', 'features'],
  ['label', 'policyRevision'],
  ['updated by', 'updatedBy'],
  ['updated', 'updatedAt'],
];

const FIELDS: readonly Field[] = [
  ['import', 'importEnabled', isOn],
  ['export', 'exportEnabled', isOn],
  ['delay', 'exportDelaySeconds', wholeNumber],
  ['visible', 'visibilityEnabled', isOn],
  ['visibleTo', 'visibilityWls', words],
  ['label', 'policyRevision'],
];

/** `xwl policy …` */
export function addPolicy(program: Command, run: Run): void {
  const policy = program.command('policy').description('what a white label may do');
  const wl = ['<wl>', 'id or name'] as const;
  addAct(
    policy
      .command('show')
      .description('the one in force')
      .argument(...wl),
    run,
    {
      call: async (web, [given]) => ({ path: await policiesOf(web, given) }),
      said: SHOWN,
    },
  );
  addAct(
    policy
      .command('set')
      .description('a new revision; what is not named stays')
      .argument(...wl)
      .option('--import <on|off>', 'imports offers of partners')
      .option('--export <on|off>', 'exports its own offers')
      .option('--delay <seconds>', 'age from which an offer is exported')
      .option('--visible <on|off>', 'its offers are visible to partners')
      .option('--visible-to <ids>', 'only to these, ids with commas; empty: to all partners')
      .option('--label <text>', "the revision's label")
      .option('--if-revision <n>', 'only where this revision is in force'),
    run,
    {
      call: async (web, [given], options) => {
        const { ifRevision } = options;
        const headers: Record<string, string> =
          typeof ifRevision === 'string' ? { 'if-match': `"${ifRevision}"` } : {};
        const body = somethingIn(bodyOf(FIELDS, options));
        return { method: 'PUT', path: await policiesOf(web, given), headers, body };
      },
      said: SHOWN,
    },
  );
  addList(
    policy
      .command('history')
      .description('its revisions')
      .argument(...wl),
    run,
    {
      path: async (web, [given]) => `${await policiesOf(web, given)}/revisions`,
      ...{ paging: 'cursor', columns: REVISION_COLUMNS },
    },
  );
}

async function policiesOf(web: Web, given = ''): Promise<string> {
  return `/admin/api/wls/${await wlIdOf(web, given)}/policies`;
}
