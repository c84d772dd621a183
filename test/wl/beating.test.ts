import { expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { beating } from '../../activities/beating.ts';

/** A step that waits until it is told to go on, as one does for an answer. */
function waiting() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { steps: beating({ ask: (_name: string) => promise }), resolve, reject };
}

test('a step that only waits tells the engine that it is alive, and stops with its end', async () => {
  const environment = new MockActivityEnvironment();
  const { steps, resolve } = waiting();
  let beats = 0;
  environment.on('heartbeat', () => {
    beats += 1;
    resolve('answered');
  });
  expect(await environment.run(steps.ask, 'a')).toBe('answered');
  expect(beats).toBe(1);
});

test('what a step throws is thrown', async () => {
  const { steps, reject } = waiting();
  const run = new MockActivityEnvironment().run(steps.ask, 'a');
  reject(new Error('refused'));
  await expect(run).rejects.toThrow('refused');
});
