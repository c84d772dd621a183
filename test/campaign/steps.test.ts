import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import proto from '@temporalio/proto';
import { workflowTypes, SCENARIOS } from '../../campaign/server/scenarios.ts';
import { shortened } from '../../campaign/server/short-times.ts';
import { Executioner } from '../../campaign/server/steps/executioner.ts';
import { STEP_SCENARIOS } from '../../campaign/server/steps/list.ts';
import { Moments } from '../../campaign/server/steps/moments.ts';
import type { PointLeft, PointPassed } from '../../runtime/asked-points.ts';

const service = proto.temporal.api.workflowservice.v1;
const NOTHING = Buffer.alloc(0);
const TOKEN = Buffer.from('a task');

const bytes = (message: { finish(): Uint8Array }): Buffer => Buffer.from(message.finish());
const seconds = (count: number) => ({ seconds: count as never });

test('every workflow type has a scenario', async () => {
  const covered = new Set([...SCENARIOS, ...STEP_SCENARIOS].map(({ type }) => type));
  expect((await workflowTypes()).filter((type) => !covered.has(type))).toEqual([]);
});

describe('times on the wire', () => {
  const completion = (attributes: object): Buffer =>
    bytes(
      service.RespondWorkflowTaskCompletedRequest.encode({
        taskToken: TOKEN,
        commands: [{ scheduleActivityTaskCommandAttributes: attributes }],
        stickyAttributes: { scheduleToStartTimeout: seconds(10) },
      }),
    );
  const sent = (attributes: object) => {
    const request = shortened('RespondWorkflowTaskCompleted', completion(attributes));
    const told = service.RespondWorkflowTaskCompletedRequest.decode(request ?? NOTHING);
    const step = told.commands?.[0]?.scheduleActivityTaskCommandAttributes;
    return {
      step: Number(step?.startToCloseTimeout?.seconds),
      beat: Number(step?.heartbeatTimeout?.seconds ?? 0),
      sticky: Number(told.stickyAttributes?.scheduleToStartTimeout?.seconds),
    };
  };

  test.each([
    ['a short step stays as it is', { step: 2, beat: 0 }, { step: 2, beat: 0 }],
    ['a long step is shorter', { step: 30, beat: 0 }, { step: 3, beat: 0 }],
    ['who beats is noticed by its silence', { step: 120, beat: 20 }, { step: 120, beat: 3 }],
    ['what runs on purpose is left alone', { step: 600, beat: 5 }, { step: 600, beat: 3 }],
  ])('%s', (_name, { step, beat }, expected) => {
    const times = { startToCloseTimeout: seconds(step), heartbeatTimeout: seconds(beat) };
    expect(sent(times)).toEqual({ ...expected, sticky: 1 });
  });

  test('no other call is changed', () => {
    expect(shortened('RespondActivityTaskCompleted', NOTHING)).toBeUndefined();
  });
});

describe('moments of a worker', () => {
  const moments = new Moments();
  const call = { method: 'PollActivityTaskQueue', request: NOTHING };
  const given = bytes(
    service.PollActivityTaskQueueResponse.encode({
      taskToken: TOKEN,
      workflowExecution: { workflowId: 'w1' },
      workflowType: { name: 'retention' },
      activityType: { name: 'turnDays' },
    }),
  );
  const done = {
    method: 'RespondActivityTaskCompleted',
    request: bytes(service.RespondActivityTaskCompletedRequest.encode({ taskToken: TOKEN })),
  };

  test('a task is given, done and taken, each under the name of what it is', () => {
    const names = [
      ...moments.answered(call, given),
      moments.asked(done),
      ...moments.answered(done, NOTHING),
    ].map((moment) => moment?.name);
    expect(names).toEqual(['turnDays given', 'turnDays done', 'turnDays taken']);
  });

  test('an empty poll and a task that nobody was given are no moments', () => {
    expect(moments.answered(call, NOTHING)).toEqual([]);
    const request = bytes(
      service.RespondActivityTaskCompletedRequest.encode({ taskToken: Buffer.from('other') }),
    );
    expect(moments.asked({ ...done, request })).toBeUndefined();
  });

  test('the worker of the workflow that is meant dies at its second turn and once', () => {
    const executioner = new Executioner();
    const isMeant = (id: string): boolean => id === 'w1';
    executioner.aim({ type: 'retention', isMeant }, 'turnDays given 2');
    const at = (workflowId: string) =>
      executioner.onMoment({ workflowId, type: 'retention', name: 'turnDays given' });
    expect([at('w1'), at('w2'), at('w1'), at('w1')]).toEqual([false, false, true, false]);
    expect(executioner.diedAt).toBeDefined();
  });
});

test('a process whose points are asked for stands there until its parent lets it go', async () => {
  const child = fork(fileURLToPath(new URL('asked-process.ts', import.meta.url)), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Another Node than the one that runs the tests may not run TypeScript.
    execPath: process.execPath,
  });
  try {
    const [told] = (await once(child, 'message')) as [PointPassed];
    expect(told).toMatchObject({ kind: 'point', point: 'call.send', subject: 'GET /' });
    const left: PointLeft = { kind: 'on', id: told.id };
    child.send(left);
    expect((await once(child, 'message'))[0]).toBe('gone on');
    child.disconnect();
    expect((await once(child, 'exit'))[0]).toBe(1);
  } finally {
    child.kill('SIGKILL');
  }
}, 60_000);
