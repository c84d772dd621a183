import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { IllegalStateError } from '@temporalio/common';
import {
  bundleWorkflowCode,
  ReplayError,
  Worker,
  type InjectedSinks,
  type ReplayWorkerOptions,
} from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { pino } from 'pino';
import { installRuntime } from '../../runtime/temporal.ts';
import { messageOf } from '../../stack/errors.ts';
import { BUNDLE_ENTRIES } from '../../workers/compose/workflow-bundle.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { History } from './history.ts';
import { partingOf, type Parting, type Step } from './parting.ts';
import type { WantedSinks } from './recorder.ts';

export interface Replayed {
  readonly identical: boolean;
  readonly events: number;
  readonly workflowType: string;
  readonly parting?: Parting;
}

const RECORDER = fileURLToPath(new URL('./recorder.ts', import.meta.url));
const SILENT = pino({ level: 'silent' });

/**
 * Replays a history on workflow code: that of this build, by the entry of the party whose workflow
 * it is, or of another entry file. No server is asked and nothing is done.
 */
export async function replay(history: History, entry?: string): Promise<Replayed> {
  const workflowsPath = entry ?? (await entryOf(history.workflowType));
  ensureQuietRuntime();
  const wanted: Step[] = [];
  const sinks: InjectedSinks<WantedSinks> = {
    wanted: {
      step: { fn: (_info, kind, name) => void wanted.push({ kind, name }), callDuringReplay: true },
    },
  };
  // Its default leaves a promise hook in this thread, which kills cryptography (TOOLCHAIN.md).
  const options: ReplayWorkerOptions & { debugMode: boolean } = {
    workflowBundle: await bundleOf(workflowsPath),
    sinks,
    debugMode: false,
  };
  const { events, workflowType, document } = history;
  const facts = { events: events.length, workflowType };
  try {
    await Worker.runReplayHistory(options, document as never);
    return { identical: true, ...facts };
  } catch (error) {
    const isParting = error instanceof DeterminismViolationError || error instanceof ReplayError;
    if (!isParting) throw error;
    const parting = partingOf(events, wanted, messageOf(error));
    return { identical: false, ...facts, parting };
  }
}

function ensureQuietRuntime(): void {
  try {
    installRuntime(SILENT);
  } catch (error) {
    // A process has one runtime: where a worker runs beside us, its own serves as well.
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

async function bundleOf(workflowsPath: string): Promise<{ code: string }> {
  const quiet = (): void => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
  const workflowInterceptorModules = [RECORDER];
  return bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, logger });
}

/** By the text of the entries: a bundle knows only the workflows of its party. */
async function entryOf(workflowType: string): Promise<string> {
  const own = new RegExp(`^export \\{[^}]*\\b${workflowType}\\b[^}]*\\} from`, 'm');
  const [cp, wl, background] = await Promise.all(
    [BUNDLE_ENTRIES.cp, BUNDLE_ENTRIES.wl, BACKGROUND].map((path) => readFile(path, 'utf8')),
  );
  if (own.test(wl ?? '') || own.test(background ?? '')) return BUNDLE_ENTRIES.wl;
  if (own.test(cp ?? '')) return BUNDLE_ENTRIES.cp;
  throw new CommandError(EXIT.usage, `this build has no workflow "${workflowType}"`);
}

// What the entry of the white labels exports by a star.
const BACKGROUND = fileURLToPath(new URL('../../workflows/background.ts', import.meta.url));
