import type { Client } from '@temporalio/client';
import type { EngineClientOptions } from '../engine/client.ts';

type Call = (...args: never[]) => Promise<unknown>;

/** The server's own client, with the same points around each question as the double's. */
export function realClient(
  client: Pick<Client, 'workflow'>,
  { types, pass, onOther }: Omit<EngineClientOptions, 'engine'>,
): Pick<Client, 'workflow'> {
  const around = async <T>(label: string, work: () => Promise<T>): Promise<T> => {
    await pass('engine.ask', label);
    const result = await work();
    await pass('engine.asked', label);
    return result;
  };
  const { workflow } = client as unknown as {
    workflow: Record<'start' | 'signalWithStart', Call> & {
      getHandle: (id: string) => { executeUpdate: Call };
    };
  };
  const starting =
    (verb: string, method: 'start' | 'signalWithStart') =>
    async (type: string, options: object): Promise<unknown> => {
      if (!types.has(type)) return onOther(type);
      return around(`${verb} ${type}`, () => workflow[method](...([type, options] as never[])));
    };
  const asked = {
    start: starting('start', 'start'),
    signalWithStart: starting('signal', 'signalWithStart'),
    getHandle(workflowId: string) {
      const handle = workflow.getHandle(workflowId);
      return {
        executeUpdate: (name: string, options: object) =>
          around(`update ${name}`, () => handle.executeUpdate(...([name, options] as never[]))),
      };
    },
  };
  return { workflow: asked } as unknown as Pick<Client, 'workflow'>;
}
