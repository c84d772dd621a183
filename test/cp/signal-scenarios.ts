import { randomUUID } from 'node:crypto';
import { signalWorkflowId } from '../../workflows/signal-dispatch/contract.ts';
import { ackExplicitly } from '../../db/cp/signals/acknowledge.ts';
import { cancelSignal } from '../../db/cp/signals/operate.ts';
import { eventually } from '../stack/setup.ts';
import type { Behaviour } from '../support/double-wl.ts';
import { QUICK, type SignalStage } from './signals-stage.ts';

export interface SignalScenario {
  /** `<workflow>/<version>/<path>`: where its history is kept. */
  readonly golden: string;
  /** Runs it to its end; answers the workflow's id. */
  readonly run: (stage: SignalStage) => Promise<string>;
}

const AUTHOR = { actor: 'test', source: 'test', correlationId: 'c1' };

async function toImporter(stage: SignalStage, behaviour?: Behaviour): Promise<string> {
  const pair = await stage.newPair();
  if (behaviour !== undefined) pair.importer.behave(behaviour);
  const signalId = await stage.deliver(pair);
  return signalWorkflowId({ signalId, wlId: pair.dst });
}

/** Answers so for the first `times` calls, and by the rules afterwards. */
export function first(times: number, answer: Awaited<ReturnType<Behaviour>>): Behaviour {
  let left = times;
  return async ({ apply }) => {
    left -= 1;
    return left < 0 ? apply() : answer;
  };
}

/** A delivery that is not taken: what people or newer signals do about it comes in between. */
async function whileOpen(
  stage: SignalStage,
  then: (open: { signalId: string; src: string; dst: string }) => Promise<void>,
  answer: Awaited<ReturnType<Behaviour>> = { status: 500, body: {} },
): Promise<string> {
  const { src, dst, importer } = await stage.newPair();
  importer.behave(async ({ message, apply }) => (message.action === 'DISABLE' ? answer : apply()));
  const signalId = await stage.signal({ src, dst });
  await stage.start();
  await eventually('it was tried', () => importer.calls.length > 0);
  await then({ signalId, src, dst });
  await stage.settled(signalId);
  return signalWorkflowId({ signalId, wlId: dst });
}

/** The two runs of a delivery that waited so long that it went on as another. */
export const CONTINUED_SIGNAL = {
  ended: 'signal-dispatch/v1/CONTINUED.after-failures',
  went: 'signal-dispatch/v1/ACKED.continued',
  /** What the engine is told, so that this takes seconds instead of days. */
  engine: { 'limit.historyCount.suggestContinueAsNew': 30 },
  limits: { ...QUICK, backoffMs: 1 },
  /** The last run's end; the first is known by that run's history. */
  run: (stage: SignalStage): Promise<string> =>
    toImporter(stage, first(6, { status: 500, body: {} })),
} as const;

/** What becomes of a delivery, one scenario a way. */
export const SIGNAL_SCENARIOS: readonly SignalScenario[] = [
  { golden: 'signal-dispatch/v1/ACKED.body', run: (stage) => toImporter(stage) },
  {
    golden: 'signal-dispatch/v1/ACKED.after-failures',
    run: (stage) => toImporter(stage, first(3, { status: 500, body: {} })),
  },
  {
    golden: 'signal-dispatch/v1/ACKED.after-a-pause',
    run: (stage) =>
      toImporter(stage, first(1, { status: 429, body: {}, headers: { 'retry-after': '1' } })),
  },
  {
    golden: 'signal-dispatch/v1/ACKED.explicit',
    run: (stage) =>
      whileOpen(
        stage,
        async ({ signalId, dst: wlId }) => {
          const kind = 'EXPLICIT';
          await ackExplicitly(stage.cp.db, { signalId, wlId, kind }, AUTHOR);
          const id = signalWorkflowId({ signalId, wlId });
          await stage.client.workflow.getHandle(id).signal('look');
        },
        { status: 202, body: {} },
      ),
  },
  {
    golden: 'signal-dispatch/v1/SUPERSEDED.by-a-newer-one',
    run: (stage) =>
      whileOpen(stage, async ({ src, dst }) => void (await stage.deliver({ src, dst }, 'ENABLE'))),
  },
  {
    golden: 'signal-dispatch/v1/CANCELLED.by-a-person',
    run: (stage) =>
      whileOpen(stage, async ({ signalId }) => {
        const author = { ...AUTHOR, correlationId: randomUUID() };
        await cancelSignal(stage.cp.db, { signalId, reason: 'a mistake', author });
      }),
  },
];
